// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import SQL

/// Numbers of rows that are to be inserted, drawn before what they are for was decided.
///
/// So nobody waits for the server to tell them, and what was written is known even if the answer is lost.
struct RowNumbers {
    private var messages: ArraySlice<Int64> = []
    private var tasks: ArraySlice<Int64> = []
    private var counter: TaskCounter?

    /// None.
    init() {}

    /// The numbers in the answer to a drawing.
    init(_ rows: [SQLRow]) {
        messages = ArraySlice(rows.map { $0.int(0) })
        tasks = ArraySlice(rows.map { $0.int(1) })
    }

    /// Numbers for tasks as they are needed.
    init(_ counter: TaskCounter?) { self.counter = counter }

    /// Takes numbers for messages; nil when there are too few.
    mutating func takeMessages(_ count: Int) -> [Int64]? { Self.take(count, from: &messages) }

    /// Takes numbers for tasks; nil when there are too few.
    mutating func takeTasks(_ count: Int) -> [Int64]? { counter?.take(count) ?? Self.take(count, from: &tasks) }

    private static func take(_ count: Int, from numbers: inout ArraySlice<Int64>) -> [Int64]? {
        guard numbers.count >= count else { return nil }
        defer { numbers = numbers.dropFirst(count) }
        return Array(numbers.prefix(count))
    }
}

/// Numbers the tasks of a store that one process owns, so that the database need not look for the last number.
///
/// No number comes twice in the life of a process.
final class TaskCounter: Sendable {
    private let last = Lock<Int64>(0)

    /// Goes on behind the tasks that there are.
    func begin(after number: Int64) { last.withLock { $0 = number } }

    func take(_ count: Int) -> [Int64] {
        let end = last.withLock { last in
            last += Int64(count)
            return last
        }
        return Array(end - Int64(count) + 1..<end + 1)
    }
}
