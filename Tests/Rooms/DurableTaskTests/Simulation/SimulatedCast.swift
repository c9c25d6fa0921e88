// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import DurableTaskTesting

/// Who plays in a simulation: the main instance, and beside it one that fails and is mended, or one that is replaced.
struct SimulatedCast: Sendable {
    /// How far the numbers of the plans are apart.
    static let distance = 1_000_000

    let main: SimulatedPlan
    let mended: SimulatedPlan
    let replaced: SimulatedPlan
    /// What of the mended one's work fails.
    let breakage: Breakage

    init(seed: UInt64) {
        main = SimulatedPlan(seed: seed)
        mended = SimulatedPlan(seed: seed &+ 0x5EED, isAside: true)
        replaced = SimulatedPlan(seed: seed &+ 0xFEED, isAside: true)
        breakage = Breakage(of: mended, seed: seed)
    }

    /// What the numbers of the mended instance's steps begin with, each time that it is started.
    static func mendedOffset(_ start: Int) -> Int { distance + start * SimulatedPlan.stride }

    /// What the numbers of the replaced instance's steps begin with, each time that it is started.
    static func replacedOffset(_ start: Int) -> Int { 2 * distance + start * SimulatedPlan.stride }

    /// Whose number it is.
    func plan(of offset: Int) -> SimulatedPlan { [main, mended, replaced][offset / Self.distance] }
}

/// Work that fails until it was repaired often enough.
final class Breakage: Sendable {
    /// How many repairs each needs still.
    private let wanting: Lock<[Int: Int]>

    init(of plan: SimulatedPlan, seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var wanting: [Int: Int] = [:]
        plan.root.visit { step in
            for number in step.effects.map(\.number) where Int.random(in: 0..<3, using: &generator) == 0 {
                wanting[number] = Int.random(in: 1...2, using: &generator)
            }
        }
        self.wanting = Lock(wanting)
    }

    /// The most repairs that any of it needs.
    static let mostRepairs = 2

    /// Whether the work of a step's number fails now.
    func isBroken(_ number: Int) -> Bool {
        guard number / SimulatedCast.distance == 1 else { return false }
        return wanting.withLock { $0[number % SimulatedPlan.stride, default: 0] } > 0
    }

    func repair() { wanting.withLock { $0 = $0.mapValues { $0 - 1 } } }
}
