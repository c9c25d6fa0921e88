// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
public import FoundationEssentials

/// The time a task hub lives by.
public protocol HubClock: Sendable {
    /// The current time, to the millisecond.
    var now: Date { get }

    /// Waits until a time.
    ///
    /// - Throws: `CancellationError`.
    func sleep(until time: Date) async throws

    /// The hub has nothing to do before `time`; a clock that need not pass by itself may jump there.
    func idle(until time: Date)
}

/// The system's clock.
public struct SystemHubClock: HubClock {
    /// The system's clock.
    public init() {}

    /// The current time, to the millisecond.
    public var now: Date { Date(millisecondsSince1970: Date().millisecondsSince1970) }

    /// The system's timers count nanoseconds in 64 bits; centuries overflow that, and end at once.
    private static let longestSleep: Int64 = 24 * 3_600 * 1_000

    /// Waits until a time.
    ///
    /// - Throws: `CancellationError`.
    public func sleep(until time: Date) async throws {
        while true {
            let rest = max(0, time.millisecondsSince1970 - now.millisecondsSince1970)
            try await Task.sleep(for: .milliseconds(min(rest, Self.longestSleep)))
            if rest <= Self.longestSleep { return }
        }
    }

    /// Does nothing: real time passes by itself.
    public func idle(until time: Date) {}
}

/// A clock for tests that moves only when told, or when the hub has nothing else to do.
public final class VirtualHubClock: HubClock {
    private struct State {
        var now: Date
        var sleepers: [(time: Date, bell: Bell)] = []
    }

    private let state: Lock<State>
    private let skipsIdleTime: Bool

    /// A clock that stands at `start`.
    ///
    /// - Parameter skipsIdleTime: Whether it jumps to the next timer when the hub is idle, so that a test of a
    ///   thirty-day wait takes milliseconds.
    public init(startingAt start: Date = Date(timeIntervalSince1970: 1_750_000_000), skipsIdleTime: Bool = true) {
        state = Lock(State(now: start))
        self.skipsIdleTime = skipsIdleTime
    }

    /// The time it stands at.
    public var now: Date { state.withLock { $0.now } }

    /// Moves the clock and wakes who slept until then.
    public func advance(by duration: Duration) { advance(to: now.adding(duration)) }

    /// How many tasks sleep on this clock.
    public var sleeperCount: Int { state.withLock { $0.sleepers.count } }

    /// Waits until the clock has been moved to a time.
    ///
    /// - Throws: `CancellationError`.
    public func sleep(until time: Date) async throws {
        let bell = Bell()
        let mustWait = state.withLock { state in
            guard state.now < time else { return false }
            state.sleepers.append((time, bell))
            return true
        }
        if mustWait { await bell.wait() }
        state.withLock { $0.sleepers.removeAll { $0.bell === bell } }
        try Task.checkCancellation()
    }

    /// Jumps to `time` if the clock skips idle time.
    public func idle(until time: Date) {
        if skipsIdleTime { advance(to: time) }
    }

    private func advance(to time: Date) {
        let due = state.withLock { state in
            state.now = max(state.now, time)
            let due = state.sleepers.filter { $0.time <= state.now }
            // At once, not when they get to run: whoever counts sleepers must not count those that are woken.
            state.sleepers.removeAll { $0.time <= state.now }
            return due.map(\.bell)
        }
        for bell in due { bell.ring() }
    }
}
