// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics

/// Counts what happened, for tests to wait until it has happened often enough.
final class Signal: Sendable {
    private struct State {
        var count = 0
        var waiters: [(goal: Int, continuation: CheckedContinuation<Void, Never>)] = []
    }

    private let state = Lock(State())

    var count: Int { state.withLock(\.count) }

    /// It happened once more.
    func happen() {
        let ready = state.withLock { state in
            state.count += 1
            let ready = state.waiters.filter { $0.goal <= state.count }
            state.waiters.removeAll { $0.goal <= state.count }
            return ready.map(\.continuation)
        }
        for continuation in ready { continuation.resume() }
    }

    /// Returns when it has happened `goal` times.
    func wait(for goal: Int = 1) async {
        await withCheckedContinuation { continuation in
            let isOver = state.withLock { state in
                if state.count >= goal { return true }
                state.waiters.append((goal, continuation))
                return false
            }
            if isOver { continuation.resume() }
        }
    }
}
