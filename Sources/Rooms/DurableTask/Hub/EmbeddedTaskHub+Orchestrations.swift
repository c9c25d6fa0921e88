// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import FoundationEssentials

extension EmbeddedTaskHub {
    /// How many stored messages one episode takes at most.
    private static let messageBatch = 1_000

    /// Waits for an instance with news.
    public func nextOrchestration(_ intake: Intake) async throws -> OrchestrationWorkItem? {
        while !intake.isClosed, !Task.isCancelled {
            if let ready = state.withLock({ $0.instances.next() }) {
                if let item = try await item(for: ready) { return item }
            } else {
                await waitForInstance(intake)
            }
        }
        wakeInstanceWaiter { _ in }
        return nil
    }

    private func waitForInstance(_ intake: Intake) async {
        let bell = Bell()
        let mustWait = state.withLock { state in
            guard !state.instances.hasNext, !intake.isClosed else { return false }
            state.instanceWaiters.append((intake, bell))
            return true
        }
        guard mustWait else { return }
        await bell.wait()
        if Task.isCancelled { state.withLock { $0.instanceWaiters.removeAll { $0.bell === bell } } }
    }

    private func item(for ready: InstanceQueue.Ready) async throws -> OrchestrationWorkItem? {
        let now = clock.now
        var messages = ready.messages
        if ready.mustLoad {
            do {
                messages = try await store.messages(for: ready.id, at: now, limit: Self.messageBatch)
            } catch {
                finish(ready.id, mustReload: true)
                throw error
            }
            if messages.count == Self.messageBatch { state.withLock { $0.instances.mustLoad(ready.id) } }
        }
        guard !messages.isEmpty else {
            finish(ready.id, mustReload: false)
            return nil
        }
        let start = HistoryEvent(at: now, .orchestratorStarted)
        return OrchestrationWorkItem(
            instanceID: ready.id, events: [start] + messages.map(\.event), messages: messages.map(\.sequence))
    }

    private func finish(_ id: String, mustReload: Bool) {
        wakeInstanceWaiter { $0.instances.finished(id, mustReload: mustReload) }
        noteIdleness()
    }

    /// The history of an instance whose news were fetched.
    public func history(for item: OrchestrationWorkItem) async throws -> StoredHistory {
        guard let history = try await store.history(of: item.instanceID) else {
            throw TaskHubError.notFound(item.instanceID)
        }
        return history
    }

    /// Stores an episode in one transaction, then hands its activities out from memory.
    public func complete(
        _ item: OrchestrationWorkItem, with turn: OrchestratorTurn, from position: HistoryPosition
    ) async throws -> EpisodeOutcome {
        var checkpoint = Checkpoint(item, turn, from: position, at: clock.now, configuration)
        leaseTasks(of: &checkpoint)
        let sequences: [Int64]
        do {
            sequences = try await store.commit(checkpoint)
        } catch {
            for task in checkpoint.tasks { offerStored(task.call.name) }
            throw error
        }
        for (task, sequence) in zip(checkpoint.tasks, sequences) { offer(task, sequence, checkpoint.execution) }
        for timer in checkpoint.timers { schedule(timer, for: item.instanceID) }
        if checkpoint.completion != nil { announceEnd(of: item.instanceID) }
        return EpisodeOutcome(position: checkpoint.after, completion: checkpoint.completion)
    }

    /// Leases the tasks that this process will queue in memory.
    private func leaseTasks(of checkpoint: inout Checkpoint) {
        guard !checkpoint.tasks.isEmpty else { return }
        let limit = configuration.maximumQueuedActivities
        let names = checkpoint.tasks.map(\.call.name)
        let leases = state.withLock { state in
            state.nextLease += 1
            return names.map { name -> Int64? in
                if state.activities.admits(name, limit: limit) { return state.nextLease }
                state.activities.markInStore(name)
                return nil
            }
        }
        for (index, lease) in leases.enumerated() { checkpoint.tasks[index].lease = lease }
    }

    private func offer(_ task: Checkpoint.QueuedTask, _ sequence: Int64, _ execution: ExecutionKey) {
        guard let lease = task.lease else { return offerStored(task.call.name) }
        let item = ActivityWorkItem(
            sequence: sequence, lease: lease, deliveries: 1, execution: execution, (task.id, task.call))
        wakeActivityWaiter(for: task.call.name) { $0.activities.append(item) }
    }

    private func schedule(_ timer: Checkpoint.Timer, for id: String) {
        if timer.fireAt <= clock.now {
            wakeStored(id)
        } else {
            setAlarm(timer.fireAt)
        }
    }

    private func announceEnd(of id: String) {
        let bells = state.withLock { $0.completionWaiters.removeValue(forKey: id) }
        for bell in bells ?? [] { bell.ring() }
    }

    /// Lets the next news of the instance be fetched.
    public func release(_ item: OrchestrationWorkItem) { finish(item.instanceID, mustReload: false) }

    /// Gives the item back; its news are read again from the store.
    public func abandon(_ item: OrchestrationWorkItem) { finish(item.instanceID, mustReload: true) }

    /// Makes the hub hand the instance out although nothing happened to it.
    public func wake(_ instanceID: String, note: String) async throws {
        let event = HistoryEvent(at: clock.now, .genericEvent(note))
        if case .stored(let message) = try await store.post(event, to: instanceID) {
            wakeInstanceWaiter { $0.instances.arrived(message, for: instanceID) }
        }
    }

    /// Ends the waiting fetches of an intake and all its later ones.
    public func close(_ intake: Intake) {
        intake.close()
        let bells = state.withLock { state in
            let instances = state.instanceWaiters.filter { $0.intake === intake }.map(\.bell)
            let activities = state.activityWaiters.filter { $0.intake === intake }.map(\.bell)
            state.instanceWaiters.removeAll { $0.intake === intake }
            state.activityWaiters.removeAll { $0.intake === intake }
            return instances + activities
        }
        for bell in bells { bell.ring() }
    }
}
