// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics

/// Closures of which the first to end counts.
///
/// The others are cancelled, but only when the task that waits for them runs again. Whatever they ask for in between
/// is refused here, so that a loser cannot swallow an event that was already there.
final class Race: Sendable {
    @TaskLocal static var current: Race?

    private let outer = Race.current
    private let isDecided = Lock(false)

    /// Whether the running code is part of a race that another part has won.
    static var isLost: Bool {
        var race = current
        while let inner = race {
            if inner.isDecided.withLock({ $0 }) { return true }
            race = inner.outer
        }
        return false
    }

    /// Runs one of the closures.
    func run<Value>(_ branch: @Sendable () async throws -> Value) async throws -> Value {
        defer { isDecided.withLock { $0 = true } }
        return try await Race.$current.withValue(self, operation: branch)
    }
}
