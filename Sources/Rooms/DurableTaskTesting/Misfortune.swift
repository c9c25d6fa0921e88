// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics

/// Draws from a seed what goes wrong and when, and no more of it than a budget.
package final class Misfortune: Sendable {
    private struct State {
        var generator: SeededGenerator
        var budget: Int
    }

    private let state: Lock<State>

    /// What goes wrong with a seed, at most `budget` times.
    package init(seed: UInt64, budget: Int) {
        state = Lock(State(generator: SeededGenerator(seed: ~seed), budget: budget))
    }

    /// Whether something happens that happens once in `chance` times; never when that is 0.
    package func strikes(oneIn chance: Int) -> Bool {
        state.withLock { state in
            guard chance > 0, state.budget > 0, Int.random(in: 0..<chance, using: &state.generator) == 0 else {
                return false
            }
            state.budget -= 1
            return true
        }
    }

    /// Nothing goes wrong from now on.
    package func end() { state.withLock { $0.budget = 0 } }

    /// A number that has nothing to do with misfortune.
    package func number(in range: Range<Int>) -> Int {
        state.withLock { Int.random(in: range, using: &$0.generator) }
    }
}
