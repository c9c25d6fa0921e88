// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// How long a peer may still keep a body waiting.
///
/// Only time in which the peer is waited for counts: a handler that takes its time costs the peer nothing. Each wait
/// ends after the limit for standstill; all waits together end when the average falls below the minimum rate.
package struct RateBudget {
    private let progress: Milliseconds
    private let grace: Milliseconds
    private let bytesPerSecond: Int64
    private var waited: Milliseconds = 0
    private var moved: Int64 = 0

    /// - Parameters:
    ///   - progress: How long nothing may move at all.
    ///   - grace: How long the average may stay too low at the start.
    ///   - bytesPerSecond: The least average.
    package init(progress: Duration, grace: Duration, bytesPerSecond: Int) {
        self.progress = progress.milliseconds
        self.grace = grace.milliseconds
        self.bytesPerSecond = Int64(max(1, bytesPerSecond))
    }

    /// How long the next wait may last; not positive when the peer was too slow.
    package var allowance: Milliseconds { min(progress, grace + moved * 1000 / bytesPerSecond - waited) }

    /// Bytes moved.
    package mutating func move(_ bytes: Int) { moved += Int64(bytes) }

    /// Time passed waiting.
    package mutating func wait(_ time: Milliseconds) { waited += time }
}

extension Duration {
    /// Whole milliseconds, rounded down.
    package var milliseconds: Milliseconds {
        components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
    }
}
