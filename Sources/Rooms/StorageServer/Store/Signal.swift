// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics

/// Wakes whoever waits, however many they are.
///
/// Raised ten times while somebody is busy, it wakes them once.
final class Signal: Sendable {
    private struct State {
        var isFinished = false
        var next = 0
        var waiters: [Int: AsyncStream<Void>.Continuation] = [:]
    }

    private let state = Lock(State())

    /// A stream with an element for each time there may be something new; it starts with one.
    func subscribe() -> AsyncStream<Void> {
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let key: Int? = state.withLock { state in
            if state.isFinished { return nil }
            state.next += 1
            state.waiters[state.next] = continuation
            return state.next
        }
        guard let key else {
            continuation.finish()
            return stream
        }
        continuation.onTermination = { [weak self] _ in
            _ = self?.state.withLock { $0.waiters.removeValue(forKey: key) }
        }
        continuation.yield()
        return stream
    }

    func raise() {
        let waiters = state.withLock { Array($0.waiters.values) }
        for waiter in waiters { waiter.yield() }
    }

    /// Ends all streams, also those that are asked for later.
    func finish() {
        let waiters = state.withLock { state in
            state.isFinished = true
            return Array(state.waiters.values)
        }
        for waiter in waiters { waiter.finish() }
    }
}
