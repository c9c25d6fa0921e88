// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import FoundationEssentials
public import Telemetry

/// A task hub inside this process: a store that is true, and queues in memory that are fast.
///
/// Nothing polls. What a commit makes ready is handed out from memory; timers and leases are one sleep until the
/// first of them is due. After a start the queues are filled from the store.
public final class EmbeddedTaskHub: TaskHub {
    struct State {
        var instances = InstanceQueue()
        var activities = ActivityQueue()
        var instanceWaiters: [(intake: Intake, bell: Bell)] = []
        var activityWaiters: [(intake: Intake, filter: ActivityFilter, bell: Bell)] = []
        var completionWaiters: [String: [Bell]] = [:]
        var nextLease: Int64
        /// The earliest timer that was committed since the timers were last looked at.
        var newTimer: Date?
        /// What the sleep of ``run()`` ends at.
        var alarm = Date.distantFuture
    }

    /// The time the hub lives by.
    public let clock: any HubClock
    let store: any HubStore
    let configuration: HubConfiguration
    let log: Log
    let state: Lock<State>
    let alarmBell = Bell()

    /// How long an activity may run without being renewed.
    public var leaseDuration: Duration { configuration.leaseDuration }

    /// Takes a store over and fills the queues from it.
    package init(
        store: any HubStore, clock: any HubClock, configuration: HubConfiguration, log: Log
    ) async throws {
        self.store = store
        self.clock = clock
        self.configuration = configuration
        self.log = log
        let owner = try await store.takeOver()
        state = Lock(State(nextLease: owner << 32))
        try await recover()
    }

    /// A hub without a file, for tests and tools; everything is gone when it is.
    public static func inMemory(
        clock: any HubClock = SystemHubClock(), configuration: HubConfiguration = HubConfiguration(),
        log: Log = .silent
    ) async throws -> EmbeddedTaskHub {
        try await EmbeddedTaskHub(store: memoryStore(), clock: clock, configuration: configuration, log: log)
    }

    /// The store of ``inMemory(clock:configuration:log:)``, which may outlive its hub.
    package static func memoryStore() -> any HubStore { MemoryHubStore() }

    private func recover() async throws {
        let names = try await store.waitingTaskNames()
        state.withLock { state in
            for name in names { state.activities.markInStore(name) }
        }
        let page = 1_000
        var last: Int64 = -1
        while true {
            let ready = try await store.readyInstances(after: last, limit: page)
            state.withLock { state in
                for instance in ready { state.instances.mustLoad(instance.id) }
            }
            guard ready.count == page, let end = ready.last else { return }
            last = end.sequence
        }
    }
}

// Timers, leases, idleness.
extension EmbeddedTaskHub {
    /// Wakes instances whose timers are due and takes back leases that ended, until the task is cancelled.
    ///
    /// - Throws: the store's errors.
    public func run() async throws {
        var lookedAt = Date(millisecondsSince1970: 0)
        while !Task.isCancelled {
            let now = clock.now
            state.withLock { state in
                state.newTimer = nil
                state.alarm = .distantFuture
            }
            let due = try await store.dueInstances(after: lookedAt, until: now)
            let next = try await store.nextTimer(after: now)
            lookedAt = now
            for id in due { wakeStored(id) }
            try await takeBackLeases(at: now)
            await sleep(until: next)
        }
    }

    private func takeBackLeases(at now: Date) async throws {
        let expired = state.withLock { $0.activities.takeExpired(at: now) }
        for item in expired {
            log(.warning, "an activity outlived its lease", ["instance": item.instanceID, "name": item.call.name])
            try await store.giveBack(item)
            offerStored(item.call.name)
        }
    }

    /// Sleeps until the next timer or lease is due, or an earlier one comes in.
    private func sleep(until timer: Date?) async {
        let alarm = state.withLock { state in
            state.alarm =
                [timer, state.newTimer, state.activities.firstDeadline].compactMap(\.self).min()
                ?? .distantFuture
            return state.alarm
        }
        noteIdleness()
        guard alarm < .distantFuture else { return await alarmBell.wait() }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { [clock] in try? await clock.sleep(until: alarm) }
            group.addTask { [alarmBell] in await alarmBell.wait() }
            await group.next()
            group.cancelAll()
        }
    }

    /// Makes ``run()`` look again no later than `time`.
    func setAlarm(_ time: Date) {
        let isEarlier = state.withLock { state in
            state.newTimer = min(state.newTimer ?? time, time)
            guard time < state.alarm else { return false }
            state.alarm = time
            return true
        }
        if isEarlier { alarmBell.ring() }
    }

    /// Tells the clock when there is nothing to do until the alarm.
    func noteIdleness() {
        let idleUntil = state.withLock { state in
            state.instances.isIdle && state.activities.isIdle ? state.alarm : .distantFuture
        }
        if idleUntil < .distantFuture { clock.idle(until: idleUntil) }
    }

    /// Hands an instance out again, read from the store.
    func wakeStored(_ id: String) {
        wakeInstanceWaiter { $0.instances.mustLoad(id) }
    }

    /// Lets tasks of a name be claimed from the store.
    func offerStored(_ name: String) {
        wakeActivityWaiter(for: name) { $0.activities.markInStore(name) }
    }

    /// Changes the state, then wakes a waiter if an instance is ready.
    func wakeInstanceWaiter(_ change: (inout State) -> Void) {
        let bell = state.withLock { state -> Bell? in
            change(&state)
            guard state.instances.hasNext, !state.instanceWaiters.isEmpty else { return nil }
            return state.instanceWaiters.removeLast().bell
        }
        bell?.ring()
    }

    /// Changes the state, then wakes a waiter for activities of this name.
    func wakeActivityWaiter(for name: String, _ change: (inout State) -> Void) {
        let bell = state.withLock { state -> Bell? in
            change(&state)
            guard let index = state.activityWaiters.lastIndex(where: { $0.filter.admits(name) }) else { return nil }
            return state.activityWaiters.remove(at: index).bell
        }
        bell?.ring()
    }
}
