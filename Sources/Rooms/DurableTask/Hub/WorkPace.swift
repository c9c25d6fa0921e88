// Darkroom
// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials

/// How much work a process gets through, so that it keeps no more in memory than it will soon do.
struct WorkPace: Sendable {
    /// The time in which another process may be idle although there is work.
    private static let span = 0.25

    private var begin = Date.distantPast
    private var count = 0
    private var former = 0

    /// Something is taken up.
    mutating func note(at time: Date) {
        turn(to: time)
        count += 1
    }

    /// How much may wait in memory: what was taken up in about a quarter of a second, and no less than `least`.
    mutating func room(at time: Date, least: Int) -> Int {
        turn(to: time)
        return max(least, former, count)
    }

    private mutating func turn(to time: Date) {
        let age = time.timeIntervalSince(begin)
        if age >= 0, age < Self.span { return }
        former = age < 2 * Self.span ? count : 0
        count = 0
        begin = time
    }
}
