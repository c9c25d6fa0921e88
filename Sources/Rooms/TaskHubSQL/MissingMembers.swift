// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics

/// The members whose listening sessions this process missed, and since when.
final class MissingMembers: Sendable {
    /// How long a session may be gone: longer than a process takes that connects again.
    static let grace = Duration.seconds(3)

    private let since = Lock<[Int64: ContinuousClock.Instant]>([:])

    /// Takes note of who is missing now; whoever is not was there again.
    ///
    /// - Returns: those who were missing all the time for longer than it may be.
    func note(_ missing: [Int64], at time: ContinuousClock.Instant = .now) -> [Int64] {
        since.withLock { since in
            since = Dictionary(missing.map { ($0, since[$0] ?? time) }) { $1 }
            return missing.filter { time - since[$0, default: time] >= Self.grace }
        }
    }
}
