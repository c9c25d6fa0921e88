// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import FoundationEssentials

/// Lets the fetches of a lane through, one at a time and no faster than a rate.
///
/// A token is taken when work was fetched, not before: a lane that waits long for work has saved nothing up, and work
/// that may not begin yet stays in the hub, where other workers find it.
final class RateGate: Sendable {
    private struct State {
        var bucket: TokenBucket
        var isTaken = false
        var isClosed = false
        var waiters: [Bell] = []
    }

    private let state: Lock<State>
    private let clock: any HubClock
    private let closeBell = Bell()

    init(_ rate: ActivityRate, clock: any HubClock) {
        state = Lock(State(bucket: TokenBucket(rate)))
        self.clock = clock
    }

    /// Waits for its turn and for a token, then fetches.
    ///
    /// - Returns: nil when the gate was closed, too.
    /// - Throws: `CancellationError`; what `fetch` throws.
    func pass<Item>(_ fetch: () async throws -> Item?) async throws -> Item? {
        guard await enter() else { return nil }
        defer { leave() }
        let time = state.withLock { $0.bucket.nextToken(at: clock.now) }
        if time > clock.now { await sleep(until: time) }
        try Task.checkCancellation()
        guard !isClosed, let item = try await fetch() else { return nil }
        state.withLock { $0.bucket.take(at: clock.now) }
        return item
    }

    /// Lets nobody through any more.
    func close() {
        let waiters = state.withLock { state in
            state.isClosed = true
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.ring() }
        closeBell.ring()
    }

    private var isClosed: Bool { state.withLock { $0.isClosed } }

    /// - Returns: whether the turn has come; false when the gate was closed or the task cancelled before.
    private func enter() async -> Bool {
        let bell = state.withLock { state -> Bell? in
            guard state.isTaken, !state.isClosed else {
                state.isTaken = true
                return nil
            }
            let bell = Bell()
            state.waiters.append(bell)
            return bell
        }
        guard let bell else { return !isClosed }
        await bell.wait()
        return state.withLock { state in
            guard let index = state.waiters.firstIndex(where: { $0 === bell }) else { return !state.isClosed }
            state.waiters.remove(at: index)
            return false
        }
    }

    private func leave() {
        let next = state.withLock { state -> Bell? in
            guard !state.waiters.isEmpty else {
                state.isTaken = false
                return nil
            }
            return state.waiters.removeFirst()
        }
        next?.ring()
    }

    private func sleep(until time: Date) async {
        await closeBell.wait { [clock] in try? await clock.sleep(until: time) }
    }
}
