// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import FoundationEssentials
import Telemetry

extension EmbeddedTaskHub {
    /// How many tasks are claimed from the store at once.
    private static let claimBatch = 256
    /// How long another process may take to fail the tasks that it has claimed for that.
    private static let overduePause = Duration.seconds(1)

    /// Waits for an activity to run, and leases it.
    public func nextActivity(_ filter: WorkFilter, _ intake: Intake) async throws -> ActivityWorkItem? {
        serve(.activities(filter), intake)
        while !intake.isClosed, !Task.isCancelled {
            let now = clock.now
            let deadline = now.adding(leaseDuration)
            let step = state.withLock { state in
                let step = state.activities.next(filter, intake, leasedUntil: deadline)
                if case .take = step { state.activityPace.note(at: now) }
                return step
            }
            switch step {
            case .take(let item):
                setLeaseAlarm(deadline)
                return try await resolved(metrics?.taken(item, at: now) ?? item)
            case .claim(let claim): try await carryOut(claim)
            case .wait: await waitForActivity(filter, intake)
            }
        }
        // A fetch that ends may have been woken for work that it leaves to others.
        wake { _ in }
        return nil
    }

    /// The item with its large input.
    private func resolved(_ item: ActivityWorkItem) async throws -> ActivityWorkItem {
        var resolved = item
        do {
            resolved.call.input = try await resolvingPayload(item.call.input)
            return resolved
        } catch {
            try await abandon(item)
            throw error
        }
    }

    private func carryOut(_ claim: ActivityQueue.Claim) async throws {
        let (owner, task) = state.withLock { state in
            state.nextLease += 1
            let room = state.activityPace.room(at: clock.now, least: configuration.sharedQueue)
            let limit = store.isShared ? room : Self.claimBatch
            return (state.owner, state.activities.taskClaim(for: claim, limit: limit, lease: state.nextLease))
        }
        do {
            let items = try await store.claimTasks(task)
            let worn = items.filter { $0.deliveries > configuration.maximumDeliveries }
            let fresh = items.filter { $0.deliveries <= configuration.maximumDeliveries }
            wake { state in
                state.activities.settle(claim, fresh, limit: task.limit)
                if !worn.isEmpty { state.activities.markInStore(claim.name, upTo: claim.bound) }
            }
            for item in worn { await park(item) }
            if let limit = fresh.compactMap(\.startLimit).min() { setAlarm(limit) }
            if items.isEmpty { noteIdleness() }
        } catch {
            wake { $0.activities.fail(claim) }
            if await beginAgain(after: error, as: owner) { return }
            doubt { $0.leases[task.lease] = [claim.name] }
            throw error
        }
    }

    /// Sets a task aside that was handed out time and again and never answered.
    private func park(_ item: ActivityWorkItem) async {
        let reason = "it was handed out \(item.deliveries - 1) times and never answered; does it end its process?"
        do {
            try await store.giveBack([item], .parked(reason))
            metrics?.setAside(.activity)
            log(.error, "an activity was set aside", ["instance": item.instanceID, "name": item.call.name])
        } catch {
            doubt { $0.give(back: [item], .inOrder) }
        }
    }

    private func waitForActivity(_ filter: WorkFilter, _ intake: Intake) async {
        let bell = Bell()
        let mustWait = state.withLock { state in
            guard !state.activities.hasWork(filter), !intake.isClosed else { return false }
            state.waiters.activities.append(HubWaiters.Activity(intake: intake, filter: filter, bell: bell))
            return true
        }
        guard mustWait else { return }
        await bell.wait()
        if Task.isCancelled { state.withLock { $0.waiters.remove(bell) } }
    }

    /// Stores the result of an activity and hands the instance out.
    ///
    /// When the instance goes on in this process at once, the result is stored with the episode that it causes.
    public func complete(_ item: ActivityWorkItem, with result: Result<String?, TaskFailure>) async throws {
        guard state.withLock({ $0.activities.beginEnd(of: item) }) else { throw TaskHubError.leaseLost(item) }
        let result = await referring(to: HistoryEvent(at: clock.now, kind(of: item, result)))
        if item.joins != nil, await store(result, withEpisodeOf: item) {
            metrics?.ended(item, result.carrier.kind)
            return
        }
        guard state.withLock({ $0.activities.holds(item) }) else { throw TaskHubError.leaseLost(item) }
        do {
            try await journal.perform(HubLocks(targets: [item.instanceID])) { try $0.finish(item, with: result) }
        } catch {
            endLease(of: item)
            await returnToStore(item, .inOrder)
            throw error
        }
        endLease(of: item)
        metrics?.ended(item, result.carrier.kind)
        noteIdleness()
    }

    /// Lets a result wait for the episode that it causes.
    ///
    /// - Returns: whether it was stored.
    private func store(_ result: Referring<HistoryEvent>, withEpisodeOf item: ActivityWorkItem) async -> Bool {
        await withCheckedContinuation { waiter in
            let result = PendingResult(event: result.carrier, payloads: result.payloads, item: item, waiter: waiter)
            var isAccepted = false
            wake { state in
                guard item.joins?.isClosed == false, state.activities.holds(item) else { return }
                isAccepted = true
                state.instances.arrived(result, for: item.caller)
            }
            if !isAccepted { waiter.resume(returning: false) }
        }
    }

    private func kind(of item: ActivityWorkItem, _ result: Result<String?, TaskFailure>) -> HistoryEvent.Kind {
        switch result {
        case .success(let text):
            guard let failure = configuration.failure(ofPayload: text, "the output of activity \"\(item.call.name)\"")
            else { return .taskCompleted(taskID: item.taskID, result: text) }
            return .taskFailed(taskID: item.taskID, failure: failure)
        case .failure(let failure):
            return .taskFailed(taskID: item.taskID, failure: configuration.bounded(failure))
        }
    }

    /// Extends leases from now, and stores what is new of the items' progress.
    ///
    /// - Returns: the items whose lease was lost.
    public func renew(_ items: [ActivityWorkItem]) async -> [ActivityWorkItem] {
        let deadline = clock.now.adding(leaseDuration)
        let (lost, progress) = state.withLock { state in
            let lost = items.filter { !state.activities.renew($0, until: deadline) }
            return (lost, state.activities.unstoredProgress(of: items))
        }
        let storable = progress.filter { !configuration.secrets.occur(in: $0.text) }
        if !storable.isEmpty { await store(storable) }
        return lost
    }

    /// Stores how far tasks are, so that it outlives this process; the next renewal makes up for a store that fails.
    private func store(_ progress: [TaskProgress]) async {
        do {
            try await journal.perform(HubLocks()) { $0.changes.progress += progress }
            state.withLock { $0.activities.noteStored(progress) }
        } catch {
            log(.warning, "the progress of activities could not be stored", ["error": "\(error)"])
        }
    }

    /// Waits for a running activity whose result nobody wants any more.
    public func nextCancellation(_ intake: Intake) async -> ActivityWorkItem? {
        while !intake.isClosed, !Task.isCancelled {
            let bell = Bell()
            let item = state.withLock { state -> ActivityWorkItem? in
                if let item = state.activities.nextCancellation(intake) { return item }
                if !intake.isClosed {
                    state.waiters.cancellations.append(HubWaiters.Cancellation(intake: intake, bell: bell))
                }
                return nil
            }
            if let item { return item }
            if !intake.isClosed { await bell.wait() }
            state.withLock { $0.waiters.remove(bell) }
        }
        return nil
    }

    /// Gives the item back; it is handed out again.
    public func abandon(_ item: ActivityWorkItem) async throws { await giveBack(item, .inOrder) }

    /// Takes back what its holder has left behind without a word; it is handed out again.
    public func lose(_ item: ActivityWorkItem) async throws { await giveBack(item, .unanswered) }

    private func giveBack(_ item: ActivityWorkItem, _ way: TaskReturn) async {
        guard let last = state.withLock({ $0.activities.leased(item) }) else { return }
        await returnToStore(last, way)
        // Only now: a process that leaves its hub waits for what it has in hand.
        endLease(of: item)
    }

    private func returnToStore(_ item: ActivityWorkItem, _ way: TaskReturn) async {
        do {
            try await store.giveBack([item], way)
            offerStored(item.call.workName, upTo: item.call.priority)
        } catch {
            doubt { $0.give(back: [item], way) }
        }
    }

    /// Gives what is queued here back to the store, which then does not take it for lost with this process.
    func returnQueued() async {
        let items = state.withLock { $0.activities.takeQueued { _ in true } }
        if items.isEmpty { return }
        do {
            try await store.giveBack(items, .inOrder)
            wake { state in
                for item in items { state.activities.markInStore(item.call.workName, upTo: item.call.priority) }
            }
        } catch {
            doubt { $0.give(back: items, .inOrder) }
        }
    }

    /// A task is not leased any more; another suspicious one may be.
    private func endLease(of item: ActivityWorkItem) {
        state.withLock { _ = $0.activities.removeLease(item) }
        wakeIfSuspect([item])
    }

    /// Lets those look again who wait for another suspicious task.
    func wakeIfSuspect(_ items: [ActivityWorkItem]) {
        if items.contains(where: { $0.deliveries > configuration.suspicion }) { wake { _ in } }
    }

    /// The alarm need not be exact for leases: it is moved only when none is set before.
    private func setLeaseAlarm(_ deadline: Date) {
        let isFirst = state.withLock { state in
            guard deadline < state.alarm else { return false }
            state.alarm = deadline
            return true
        }
        if isFirst { alarmBell.ring() }
    }
}

// Callers that do not wait any longer.
extension EmbeddedTaskHub {
    /// Fails the tasks that no worker took in time.
    ///
    /// - Returns: when the next caller stops waiting.
    func failOverdue(at now: Date) async throws -> Date? {
        try await fail(state.withLock { $0.activities.takeOverdue(at: now) })
        while let limit = try await store.nextStartLimit() {
            if limit > now { return limit }
            let lease = state.withLock { state in
                state.nextLease += 1
                return state.nextLease
            }
            let items = try await store.claimOverdue(at: now, limit: Self.claimBatch, lease: lease)
            // Another process may have been faster, or not be done yet.
            if items.isEmpty { return now.adding(Self.overduePause) }
            try await fail(items)
        }
        return nil
    }

    private func fail(_ items: [ActivityWorkItem]) async throws {
        if items.isEmpty { return }
        let results = items.map { item in
            (item, HistoryEvent(at: clock.now, .taskFailed(taskID: item.taskID, failure: item.lateness)))
        }
        do {
            try await journal.perform(HubLocks(targets: Set(items.map(\.instanceID)))) { draft in
                for (item, event) in results { try draft.finish(item, with: Referring(carrier: event)) }
            }
        } catch {
            doubt { $0.give(back: items, .inOrder) }
            throw error
        }
        for (item, event) in results { metrics?.ended(item, event.kind) }
    }
}

extension TaskHubError {
    /// A task was given to somebody else.
    package static func leaseLost(_ item: ActivityWorkItem) -> TaskHubError {
        TaskHubError(
            .leaseLost,
            "task \(item.taskID) of \"\(item.instanceID)\" was given to somebody else; its result is dropped")
    }

    /// An episode was computed from a history that is no longer the stored one.
    package static func staleEpisode(_ id: String) -> TaskHubError {
        TaskHubError(.leaseLost, "the history of \"\(id)\" moved on; the episode is dropped")
    }

    /// An instance has not ended.
    package static func running(_ id: String) -> TaskHubError {
        TaskHubError(.running, "instance \"\(id)\" has not ended; terminate it first")
    }
}
