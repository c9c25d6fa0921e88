// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Crypto

/// Random numbers that are the same in every replay of a run; ``OrchestrationContext/random`` gives them.
///
/// They are for choices, not for secrets: who knows the instance's ids knows them.
public struct OrchestrationRandom: RandomNumberGenerator, Sendable {
    let core: ReplayCore

    /// The next number of the run; all generators of a run share one sequence.
    public mutating func next() -> UInt64 {
        let digest = Digest.sha1.of(Array("random\u{0}\(core.seed)\u{0}\(core.takeRandomNumber())".utf8))
        return digest.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
    }
}

extension OrchestrationContext {
    /// Random numbers that are the same in every replay.
    ///
    ///     var random = context.random
    ///     let delay = Int.random(in: 1...9, using: &random)
    public var random: OrchestrationRandom { OrchestrationRandom(core: core) }
}
