// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import FoundationEssentials

extension EmbeddedTaskHub {
    /// How many tasks are claimed from the store at once.
    private static let claimBatch = 256

    /// Waits for an activity to run, and leases it.
    public func nextActivity(_ filter: ActivityFilter, _ intake: Intake) async throws -> ActivityWorkItem? {
        while !intake.isClosed, !Task.isCancelled {
            let deadline = clock.now.adding(leaseDuration)
            switch state.withLock({ $0.activities.next(filter, leasedUntil: deadline) }) {
            case .take(let item):
                setLeaseAlarm(deadline)
                return item
            case .claim(let name): try await claim(name)
            case .wait: await waitForActivity(filter, intake)
            }
        }
        passOn(filter)
        return nil
    }

    private func claim(_ name: String) async throws {
        let lease = state.withLock { state in
            state.nextLease += 1
            return state.nextLease
        }
        do {
            let items = try await store.claimTasks(named: name, limit: Self.claimBatch, lease: lease)
            if items.count == Self.claimBatch { offerStored(name) }
            for item in items { wakeActivityWaiter(for: name) { $0.activities.append(item) } }
            if items.isEmpty { noteIdleness() }
        } catch {
            offerStored(name)
            throw error
        }
    }

    private func waitForActivity(_ filter: ActivityFilter, _ intake: Intake) async {
        let bell = Bell()
        let mustWait = state.withLock { state in
            guard !state.activities.hasWork(filter), !intake.isClosed else { return false }
            state.activityWaiters.append((intake, filter, bell))
            return true
        }
        guard mustWait else { return }
        await bell.wait()
        if Task.isCancelled { state.withLock { $0.activityWaiters.removeAll { $0.bell === bell } } }
    }

    /// A fetch that ends may have been woken for work that it leaves to others.
    private func passOn(_ filter: ActivityFilter) {
        let bells = state.withLock { state in
            let others = state.activityWaiters.filter { state.activities.hasWork($0.filter) }.map(\.bell)
            state.activityWaiters.removeAll { waiter in others.contains { $0 === waiter.bell } }
            return others
        }
        for bell in bells { bell.ring() }
    }

    /// Stores the result of an activity and hands the instance out.
    public func complete(_ item: ActivityWorkItem, with result: Result<String?, TaskFailure>) async throws {
        guard state.withLock({ $0.activities.holds(item) }) else { throw TaskHubError.leaseLost(item) }
        let event = HistoryEvent(at: clock.now, kind(of: item, result))
        let message: StoredMessage?
        do {
            message = try await store.finish(item, with: event)
        } catch {
            state.withLock { $0.activities.removeLease(item) }
            if (error as? TaskHubError)?.code != .leaseLost { try await returnToStore(item) }
            throw error
        }
        wakeInstanceWaiter { state in
            state.activities.removeLease(item)
            if let message { state.instances.arrived(message, for: item.instanceID) }
        }
        if message == nil { noteIdleness() }
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

    /// Extends leases from now.
    ///
    /// - Returns: the items whose lease was lost.
    public func renew(_ items: [ActivityWorkItem]) -> [ActivityWorkItem] {
        let deadline = clock.now.adding(leaseDuration)
        return state.withLock { state in items.filter { !state.activities.renew($0, until: deadline) } }
    }

    /// Gives the item back; it is handed out again.
    public func abandon(_ item: ActivityWorkItem) async throws {
        let isHeld = state.withLock { state in
            defer { state.activities.removeLease(item) }
            return state.activities.holds(item)
        }
        if isHeld { try await returnToStore(item) }
    }

    private func returnToStore(_ item: ActivityWorkItem) async throws {
        try await store.giveBack(item)
        offerStored(item.call.name)
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

extension TaskHubError {
    /// A task was given to somebody else.
    package static func leaseLost(_ item: ActivityWorkItem) -> TaskHubError {
        TaskHubError(
            .leaseLost,
            "task \(item.taskID) of \"\(item.instanceID)\" was given to somebody else; its result is dropped")
    }
}
