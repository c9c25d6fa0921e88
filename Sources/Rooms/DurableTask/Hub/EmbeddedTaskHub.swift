// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import FoundationEssentials
public import Telemetry

/// A task hub inside this process: a store that is true, and queues in memory that are fast.
///
/// Nothing polls while a store belongs to one process. What a commit makes ready is handed out from memory; timers
/// and leases are one sleep until the first of them is due. After a start the queues are filled from the store.
/// Several processes may share a store that can tell them of each other's commits; each keeps the instances that it
/// works on in memory.
public final class EmbeddedTaskHub: TaskHub {
    struct State {
        var instances = InstanceQueue()
        var activities: ActivityQueue
        var waiters = HubWaiters()
        /// Who can tell what histories do not.
        var waitReaders: [WaitReader] = []
        /// This process's number in the store.
        var owner: Int64
        var nextLease: Int64
        /// The earliest timer that was committed since the timers were last looked at.
        var newTimer: Date?
        /// What the sleep of ``run()`` ends at.
        var alarm = Date.distantFuture
        /// Whether it ends at once, because the store may hold what this process has not heard of, however old.
        var mustLook = false
        /// What the store may hold under this process's leases although nobody works on it.
        var doubts = LeaseDoubts()
        /// The instance that may be what ends its processes, and those that may be and wait for it.
        var lonely = LonelyInstances()
        /// How often an instance could not be processed in a row.
        var troubles = TroubleCount()
        /// Instances that were claimed of late.
        var claims: [String: ContinuousClock.Instant] = [:]
        /// Instances that were told to end, and that no worker may hear.
        var terminations: [String] = []
        /// What makes this process another member.
        var beginning: Task<Void, Never>?
        /// What the workers of this process take.
        var served = ServedWork()
        /// What was claimed and is for others, by ``InstanceNews/kindName``.
        var strangers: Set<String> = []
        /// Whether what waits here is for others, and is to be given back.
        var mustGiveBack = false
        /// Whether instances may wait in the store that no process keeps in memory.
        var mayClaim = false
        /// How fast instances are taken up here.
        var instancePace = WorkPace()
        /// How fast activities are.
        var activityPace = WorkPace()

        init(owner: Int64, _ configuration: HubConfiguration) {
            self.owner = owner
            activities = ActivityQueue(suspicion: configuration.suspicion)
            nextLease = owner << 32
        }

        mutating func nextInstance(_ filter: RouteFilter, at time: Date) -> InstanceQueue.Ready? {
            guard var ready = instances.next(filter) else { return nil }
            instancePace.note(at: time)
            ready.member = owner
            return ready
        }
    }

    /// The time the hub lives by.
    public let clock: any HubClock
    let store: any HubStore
    let configuration: HubConfiguration
    let log: Log
    let metrics: HubMetrics?
    let state: Lock<State>
    let alarmBell = Bell()
    private let openJournal = Lock<HubJournal?>(nil)

    /// How long an activity may run without being renewed.
    public var leaseDuration: Duration { configuration.leaseDuration }

    /// Joins a store and fills the queues from it.
    ///
    /// - Parameter metrics: Where the hub's measurements go; nil for nowhere.
    package init(
        store: any HubStore, clock: any HubClock, configuration: HubConfiguration, log: Log,
        metrics: MetricRegistry? = nil
    ) async throws {
        self.store = store
        self.clock = clock
        self.configuration = configuration
        self.log = log
        self.metrics = metrics.map(HubMetrics.init)
        state = Lock(State(owner: try await store.join(for: configuration.membershipDuration), configuration))
        openJournal.withLock { $0 = HubJournal { [unowned self] in await self.commit($0) } }
        try await recover()
        if let metrics { HubMetrics.observe(self, in: metrics) }
    }

    /// Where everything that changes goes through.
    var journal: HubJournal {
        guard let journal = openJournal.withLock({ $0 }) else { preconditionFailure("a hub has a journal") }
        return journal
    }

    /// A hub without a file, for tests and tools; everything is gone when it is.
    public static func inMemory(
        clock: any HubClock = SystemHubClock(), configuration: HubConfiguration = HubConfiguration(),
        log: Log = .silent, metrics: MetricRegistry? = nil
    ) async throws -> EmbeddedTaskHub {
        try await EmbeddedTaskHub(
            store: memoryStore(), clock: clock, configuration: configuration, log: log, metrics: metrics)
    }

    /// The store of ``inMemory(clock:configuration:log:metrics:)``, which may outlive its hub.
    package static func memoryStore() -> any HubStore { MemoryHubStore() }

    func recover() async throws {
        _ = try await shared?.expireMembers()
        let names = try await store.waitingTaskNames()
        state.withLock { state in
            for (name, priority) in names { state.activities.markInStore(name, upTo: priority) }
            state.mayClaim = store.isShared
        }
        guard !store.isShared else { return }
        let page = 1_000
        var last = Int64.min
        while true {
            let ready = try await store.readyInstances(after: last, limit: page)
            state.withLock { state in
                for instance in ready { state.instances.mustLoad(instance.news, mayBeLost: true) }
            }
            guard ready.count == page, let end = ready.last else { return }
            last = end.sequence
        }
    }
}

// Timers, leases, idleness.
extension EmbeddedTaskHub {
    private static let pauseAfterFailure = Duration.seconds(1)

    /// Wakes instances whose timers are due, takes back leases that ended and keeps house, until the task is
    /// cancelled.
    ///
    /// - Throws: the store's errors.
    public func run() async throws {
        let end: Result<Void, any Error>
        do { end = .success(try await keepHouse()) } catch { end = .failure(error) }
        if !store.isShared { await returnQueued() }
        try end.get()
    }

    private func keepHouse() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await self.keepTime() }
            if let retention = configuration.retention { group.addTask { await self.keepRetention(retention) } }
            if let shared {
                group.addTask { try await self.keepMembership(shared) }
                group.addTask { await self.hear(shared.signals()) }
            }
            // The first error ends the others; `waitForAll` would wait for them.
            for try await _ in group {}
        }
    }

    private func keepTime() async throws {
        var lookedAt = Date.epoch
        while !Task.isCancelled {
            do {
                await sleep(until: try await look(after: &lookedAt))
            } catch let error as TaskHubError where error.code == .ownerChanged && !store.isShared {
                throw error
            } catch {
                if Task.isCancelled { return }
                log(.error, "the task hub's store failed", ["error": "\(error)"])
                await sleep(until: clock.now.adding(Self.pauseAfterFailure))
            }
        }
    }

    /// Hands out what is due, and takes back what is nobody's.
    ///
    /// - Returns: when the next timer is due.
    private func look(after lookedAt: inout Date) async throws -> Date? {
        let now = clock.now
        // What became due before this process began may have been in the hands of the one before.
        let isFirst = !store.isShared && lookedAt == .epoch
        state.withLock { state in
            // A timer that was committed after its time, while the look was on its way, is behind the look.
            if let new = state.newTimer { lookedAt = min(lookedAt, new.addingTimeInterval(-0.001)) }
            // So may be one that another member committed, when its signal was lost.
            if state.mustLook { lookedAt = .epoch }
            state.mustLook = false
            state.newTimer = nil
            state.alarm = .distantFuture
        }
        let due = try await store.dueInstances(after: lookedAt, until: now)
        var next = try await store.nextTimer(after: now)
        lookedAt = now
        wake { state in for news in due { state.instances.mustLoad(news, mayBeLost: isFirst) } }
        if store.isShared { offerClaims() }
        if let shared, state.withLock({ $0.mustGiveBack }) { try await giveUnservedBack(shared) }
        for item in state.withLock({ $0.activities.takeExpired(at: now) }) {
            metrics?.lostLease(of: .activity)
            log(.warning, "an activity outlived its lease", ["instance": item.instanceID, "name": item.call.name])
            state.withLock { $0.doubts.give(back: [item], .unanswered) }
        }
        if let limit = try await failOverdue(at: now) { next = min(next ?? limit, limit) }
        try await settleDoubts()
        await settleTerminations()
        return next
    }

    /// Sleeps until the next timer or lease is due, or somebody wants the store to be looked at.
    ///
    /// What an earlier one changes is known here, without the store.
    private func sleep(until timer: Date?) async {
        while !Task.isCancelled {
            let alarm = state.withLock { state in
                let limits = [state.activities.firstDeadline, state.activities.firstStartLimit]
                state.alarm = ([timer, state.newTimer] + limits).compactMap(\.self).min() ?? .distantFuture
                return state.alarm
            }
            noteIdleness()
            if alarm <= clock.now { return }
            if alarm < .distantFuture {
                await alarmBell.wait { [clock] in try? await clock.sleep(until: alarm) }
            } else {
                await alarmBell.wait()
            }
            if state.withLock({ $0.mustLook || $0.mustGiveBack }) { return }
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

    /// Lets tasks of a name be claimed from the store.
    func offerStored(_ name: WorkName, upTo priority: Int) {
        wake { $0.activities.markInStore(name, upTo: priority) }
    }

    /// Changes the state, then wakes those who wait for what there is now.
    func wake(_ change: (inout State) -> Void) {
        let (bells, isForOthers) = state.withLock { state in
            change(&state)
            state.releaseLonely()
            return (state.takeBells(), store.isShared && state.noteWorkForOthers())
        }
        for bell in bells { bell.ring() }
        if isForOthers { alarmBell.ring() }
    }
}

extension Date {
    fileprivate static let epoch = Date(millisecondsSince1970: 0)
}
