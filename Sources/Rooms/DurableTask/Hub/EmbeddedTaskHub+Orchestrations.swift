// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import FoundationEssentials
import Telemetry

extension EmbeddedTaskHub {
    /// How many stored messages one episode takes at most.
    static let messageBatch = 1_000

    /// Waits for an instance with news.
    public func nextOrchestration(_ filter: WorkFilter, _ intake: Intake) async throws -> OrchestrationWorkItem? {
        try await nextInstance(.orchestrations(filter), intake) { ready in
            try await self.item(for: ready, intake)
        }
    }

    /// Waits until `item` makes something of an instance with news.
    func nextInstance<Item: Sendable>(
        _ filter: RouteFilter, _ intake: Intake, _ item: (InstanceQueue.Ready) async throws -> Item?
    ) async throws -> Item? {
        serve(filter, intake)
        var wasCalled = false
        while !intake.isClosed, !Task.isCancelled {
            if let ready = state.withLock({ $0.nextInstance(filter, at: clock.now) }) {
                if let item = try await item(ready) { return item }
                continue
            }
            // Somebody else was faster, or it was called for something that it does not take.
            if wasCalled { wake { _ in } }
            wasCalled = try await claimInstances() ? false : await waitForInstance(filter, intake)
        }
        wake { _ in }
        return nil
    }

    /// - Returns: whether the fetch was called for an instance.
    private func waitForInstance(_ filter: RouteFilter, _ intake: Intake) async -> Bool {
        let bell = Bell()
        let mustWait = state.withLock { state in
            guard !state.instances.hasNext(filter), !state.mayClaim, !intake.isClosed else { return false }
            state.waiters.instances.append(HubWaiters.Instance(intake: intake, filter: filter, bell: bell))
            return true
        }
        guard mustWait else { return false }
        await bell.wait()
        return state.withLock { state in
            if Task.isCancelled { state.waiters.remove(bell) }
            return state.waiters.answers(bell)
        }
    }

    private func item(for ready: InstanceQueue.Ready, _ intake: Intake) async throws -> OrchestrationWorkItem? {
        var messages = ready.messages
        var results = ready.results
        var stale: [StoredMessage] = []
        var head: InstanceHead?
        if ready.mustLoad {
            guard let page = try await load(ready) else { return nil }
            messages = page.news
            head = page.head
            stale = page.messages.filter { $0.executionID != nil && $0.executionID != page.head.executionID }
            results = keepResults(of: page.head)
        }
        var events = messages.map(\.event) + results.map(\.event)
        if let start = ready.start {
            events.insert(HistoryEvent(at: clock.now, .executionStarted(start.start.event)), at: 0)
        }
        guard !events.isEmpty else {
            finish(ready.news.id, mustReload: false)
            return nil
        }
        let start = HistoryEvent(at: clock.now, .orchestratorStarted)
        let stored = [start] + events
        var item = OrchestrationWorkItem(
            instanceID: ready.news.id, name: ready.news.name, events: stored,
            messages: (messages + stale).map(\.sequence))
        item.finishedTasks = results.map(\.item.sequence)
        item.runs = Set(messages.compactMap(\.executionID) + results.map(\.item.executionID))
        if let head { item.runs.insert(head.executionID) }
        item.payloads = results.flatMap(\.payloads)
        if let events = try await resolved(stored, of: ready.news.id, knowing: item.payloads) {
            item.events = events
            item.stored = stored
        }
        item.intake = intake
        item.member = ready.member
        item.eventCount = head?.eventCount
        item.deliveries = head?.deliveries ?? 0
        item.newStart = ready.start?.start
        if metrics != nil { item.takenAt = .now }
        return item
    }

    /// The news with their large payloads; nil when there are none.
    private func resolved(
        _ events: [HistoryEvent], of id: String, knowing payloads: [NewPayload]
    ) async throws -> [HistoryEvent]? {
        guard events.payloads.contains(where: { PayloadReference.row(in: $0) != nil }) else { return nil }
        do {
            return try await resolvingPayloads(of: events, knowing: payloads)
        } catch {
            finish(id, mustReload: true)
            throw error
        }
    }

    /// The results that were handed out with an instance and meant for its current run; the others are refused.
    private func keepResults(of head: InstanceHead) -> [PendingResult] {
        let (kept, refused) = state.withLock { $0.instances.keepResultsInFlight(head.id, of: head.executionID) }
        for result in refused { result.waiter.resume(returning: false) }
        return kept
    }

    /// The inbox of an instance that may be handed out; nil, and the instance rests, when it may not.
    func load(_ ready: InstanceQueue.Ready) async throws -> InboxPage? {
        let news = ready.news
        do {
            let limit = InstanceHead.isEntity(news.id) ? EntityPlan.limit : Self.messageBatch
            guard let page = try await inbox(of: news.id, limit), page.head.isAwake else {
                finish(news.id, mustReload: false)
                return nil
            }
            guard page.head.route == news.route else {
                // It is of another version by now, and perhaps for another worker.
                wake { $0.instances.mustLoad(page.head.news) }
                finish(news.id, mustReload: false)
                return nil
            }
            state.withLock { $0.instances.loaded(page.messages, of: news.id) }
            // Whether an entity must look again is for its plan to say.
            let isFull = page.messages.count == limit && !page.head.isEntity
            // What has not begun has nothing to do with a page of events, and rests until its beginning comes.
            if isFull, !page.news.isEmpty { wake { $0.instances.mustLoad(news) } }
            return try await counted(page, mayBeLost: ready.mayBeLost)
        } catch {
            finish(news.id, mustReload: true, mayBeLost: ready.mayBeLost)
            throw error
        }
    }

    private func inbox(of id: String, _ limit: Int) async throws -> InboxPage? {
        do {
            return try await store.inbox(of: id, at: clock.now, limit: limit)
        } catch let error as TaskHubError where error.code == .invalid {
            // What the store does not take as an id is none in it: it refused the start that waited in memory.
            return nil
        }
    }

    func finish(_ id: String, mustReload: Bool, mayBeLost: Bool = false) {
        settle(id, areStored: false)
        wake { state in
            state.instances.finished(id, mustReload: mustReload, mayBeLost: mayBeLost)
            state.endLonely(id)
        }
        noteIdleness()
    }

    /// Tells those who brought the results or the start that were handed out with an instance what became of it.
    func settle(_ id: String, areStored: Bool) {
        let results = state.withLock { state in
            let results = state.instances.takeResultsInFlight(id)
            if areStored { for result in results { state.activities.removeLease(result.item) } }
            return results
        }
        if areStored, !results.isEmpty { wakeIfSuspect(results.map(\.item)) }
        for result in results { result.waiter.resume(returning: areStored) }
        let start = state.withLock { $0.instances.takeStartInFlight(id) }
        start?.waiter.resume(returning: areStored)
    }

    /// The history of an instance whose news were fetched.
    public func history(for item: OrchestrationWorkItem) async throws -> StoredHistory {
        guard var history = try await store.history(of: item.instanceID) else {
            throw TaskHubError.notFound(item.instanceID)
        }
        history.events = try await resolvingPayloads(of: history.events)
        return history
    }

    /// Stores an episode in one transaction, then hands its activities out from memory.
    public func complete(
        _ item: OrchestrationWorkItem, with turn: OrchestratorTurn, from position: HistoryPosition
    ) async throws -> EpisodeOutcome {
        let episode = try await episode(item, turn, position)
        do {
            let outcome = try await store(episode)
            settle(item.instanceID, areStored: true)
            state.withLock { $0.troubles.forget(item.instanceID) }
            metrics?.ended(item)
            return outcome
        } catch {
            if (error as? TaskHubError)?.code == .leaseLost { metrics?.lostLease(of: .orchestration) }
            for (name, priority) in episode.taskNames { offerStored(name, upTo: priority) }
            settle(item.instanceID, areStored: false)
            throw error
        }
    }

    /// Stores an episode, or the end of an instance that breaks a limit with it.
    private func store(_ episode: Episode) async throws -> EpisodeOutcome {
        do {
            return try await commit(episode)
        } catch let broken as LimitBroken {
            // What else ends with the instance was not read for a turn that goes on.
            var end = try await self.episode(episode.item, broken.turn, episode.position)
            end.isEndByLimit = true
            return try await commit(end)
        }
    }

    private func commit(_ episode: Episode) async throws -> EpisodeOutcome {
        try await journal.perform(episode.locks) { [configuration] draft in
            try draft.complete(episode, configuration)
        }
    }

    private func episode(
        _ item: OrchestrationWorkItem, _ turn: OrchestratorTurn, _ position: HistoryPosition
    ) async throws -> Episode {
        var episode = Episode(item: item, turn: turn, position: position)
        let referring = await referring(to: turn)
        episode.turn = referring.carrier
        episode.payloads = item.payloads + referring.payloads
        if let start = item.start { episode.position.parentID = start.parent?.instanceID }
        episode.leases = leaseTasks(of: turn)
        if let completion = turn.completion, completion.status != .completed {
            if episode.endsChildren { episode.children = try await store.children(of: item.instanceID) }
            episode.lockedEntities = try await store.entitiesLocked(by: item.instanceID)
            if completion.status == .terminated || turn.isEndByEngine {
                episode.openLocks = try await openLocks(of: item.instanceID)
            }
        }
        return episode
    }

    /// The locks that an instance holds or waits for.
    ///
    /// Entities alone cannot tell: one may be about to give a lock to it.
    func openLocks(of id: String) async throws -> [EntityLockRequest] {
        try await store.history(of: id)?.events.openLocks ?? []
    }

    /// Leases the tasks that this process will queue in memory.
    private func leaseTasks(of turn: OrchestratorTurn) -> [Int: Int64] {
        guard turn.actions.contains(where: { $0.call != nil }) else { return [:] }
        let isShared = store.isShared
        return state.withLock { state in
            state.nextLease += 1
            let limit =
                isShared
                ? state.activityPace.room(at: clock.now, least: configuration.sharedQueue)
                : configuration.maximumQueuedActivities
            var leases: [Int: Int64] = [:]
            for action in turn.actions {
                guard let call = action.call else { continue }
                let isServed = !isShared || state.served.admits(.activity(call.workName))
                if isServed, state.activities.admits(call.workName, limit: limit - leases.count) {
                    leases[action.id] = state.nextLease
                } else {
                    state.activities.markInStore(call.workName, upTo: call.priority)
                }
            }
            return leases
        }
    }

    /// Lets the next news of the instance be fetched.
    public func release(_ item: OrchestrationWorkItem) { finish(item.instanceID, mustReload: false) }

    /// Makes the hub hand the instance out although nothing happened to it.
    public func wake(_ instanceID: String, note: String) async throws {
        let event = HistoryEvent(at: clock.now, .genericEvent(note))
        let outcome = try await ask(HubLocks(targets: [instanceID])) { $0.post(event, to: instanceID) }
        if outcome == .notFound { throw TaskHubError.notFound(instanceID) }
    }

    /// Ends the waiting fetches of an intake and all its later ones.
    public func close(_ intake: Intake) {
        intake.close()
        let (bells, unstored) = state.withLock { state in
            state.served.forget(intake)
            state.waitReaders.removeAll { $0.intake == intake }
            state.activities.forget(intake)
            let starts = intake.isImmediate ? state.instances.takeStarts() : []
            let results = state.instances.takeResults(joining: intake)
            return (state.waiters.take(intake), results.map(\.waiter) + starts.map(\.waiter))
        }
        for waiter in unstored { waiter.resume(returning: false) }
        for bell in bells { bell.ring() }
        // What waits for it may be for others now.
        wake { _ in }
    }
}

extension OrchestratorAction {
    /// The activity that the action calls.
    fileprivate var call: TaskCall? {
        if case .scheduleTask(let call) = kind { call } else { nil }
    }
}

extension Episode {
    /// The names of the activities that the turn calls, with their highest priorities.
    fileprivate var taskNames: [WorkName: Int] {
        Dictionary(turn.actions.compactMap(\.call).map { ($0.workName, $0.priority) }, uniquingKeysWith: max)
    }
}
