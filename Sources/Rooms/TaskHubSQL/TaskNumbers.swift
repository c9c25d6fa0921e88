// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import SQL

/// Numbers for tasks that are to be inserted, known before what they are for is decided.
///
/// So nobody waits for the database to tell them, and what was written is known even if its answer is lost. No number
/// is given out twice.
final class TaskNumbers: Sendable {
    private let free = Lock<[ClosedRange<Int64>]>([])

    /// How many are drawn at once, where they are drawn.
    static let drawing = 1_024

    /// Goes on behind the tasks that there are, in a store that one process owns.
    func begin(after number: Int64) { free.withLock { $0 = [number + 1...Int64.max] } }

    /// Adds numbers that were drawn for this process.
    func add(_ numbers: some Sequence<Int64>) {
        free.withLock { ranges in
            for number in numbers {
                if let last = ranges.last, last.upperBound == number - 1 {
                    ranges[ranges.count - 1] = last.lowerBound...number
                } else {
                    ranges.append(number...number)
                }
            }
        }
    }

    /// Takes numbers; nil when there are too few.
    func take(_ count: Int) -> [Int64]? {
        free.withLock { ranges in
            var taken: [Int64] = []
            var rest = ranges[...]
            while taken.count < count, let first = rest.popFirst() {
                let last = min(first.upperBound, first.lowerBound + Int64(count - taken.count) - 1)
                taken += first.lowerBound...last
                if last < first.upperBound { rest = [last + 1...first.upperBound] + rest }
            }
            guard taken.count == count else { return nil }
            ranges = Array(rest)
            return taken
        }
    }
}
