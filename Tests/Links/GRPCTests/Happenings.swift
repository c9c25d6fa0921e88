// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics

/// What tests wait for: each name happens once.
final class Happenings: Sendable {
    private struct State {
        var happened: Set<String> = []
        var waiters: [String: [CheckedContinuation<Void, Never>]] = [:]
    }

    private let state = Lock(State())

    func happen(_ name: String) {
        let waiters = state.withLock { state in
            state.happened.insert(name)
            return state.waiters.removeValue(forKey: name) ?? []
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Returns when it has happened.
    func wait(for name: String) async {
        await withCheckedContinuation { continuation in
            let isOver = state.withLock { state in
                if state.happened.contains(name) { return true }
                state.waiters[name, default: []].append(continuation)
                return false
            }
            if isOver { continuation.resume() }
        }
    }

    /// Whether it has happened.
    func has(_ name: String) -> Bool { state.withLock { $0.happened.contains(name) } }
}

/// A number that tasks count together.
final class Counter: Sendable {
    private let state = Lock(0)

    /// Adds one and returns the sum.
    @discardableResult
    func add() -> Int {
        state.withLock { state in
            state += 1
            return state
        }
    }

    var value: Int { state.withLock { $0 } }
}
