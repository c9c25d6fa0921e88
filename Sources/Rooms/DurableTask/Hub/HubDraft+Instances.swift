// Darkroom
// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials

/// How an instance is to begin.
struct NewStart: Sendable, Equatable {
    var event: ExecutionStarted
    var replaces: Set<RuntimeStatus> = []
    /// The large payloads that it refers to.
    var payloads: [NewPayload] = []

    /// Word of it.
    var news: InstanceNews { InstanceNews(id: event.instanceID, name: event.name, version: event.version) }
}

// Beginnings.
extension HubDraft {
    /// Creates an instance, replaces one, or finds the one that is there.
    mutating func start(_ start: NewStart) -> StartOutcome {
        let id = start.event.instanceID
        if let head = self[id] {
            guard head.isExpected || start.replaces.contains(head.status) else { return .existing }
            begin(start, isNew: false)
            news.mustLoad.append(start.news)
            return .created
        }
        begin(start, isNew: true)
        return .created
    }

    /// Creates an instance whose beginning is part of the episode that is stored with it.
    ///
    /// - Throws: `leaseLost` when there is a row of this id.
    mutating func create(_ start: NewStart) throws {
        guard self[start.event.instanceID] == nil else { throw TaskHubError.staleEpisode(start.event.instanceID) }
        let head = head(of: start)
        changes.newInstances.append(NewInstance(head: head, createdAt: time, input: start.event.input))
        update(head)
    }

    private func head(of start: NewStart) -> InstanceHead {
        let event = start.event
        var head = InstanceHead(
            id: event.instanceID, name: event.name, executionID: event.executionID, status: .pending)
        head.version = event.version
        head.parent = event.parent
        head.tags = event.tags
        head.owner = keeper(of: head)
        return head
    }

    /// Begins a run whose row exists or does not, and tells it so.
    mutating func begin(_ start: NewStart, isNew: Bool, createdAt: Date? = nil) {
        let event = start.event
        let head = head(of: start)
        let instance = NewInstance(
            head: head, createdAt: createdAt ?? time, input: event.input, scheduledStart: event.scheduledStart)
        if isNew {
            changes.newInstances.append(instance)
        } else {
            clear(head.id)
            clearDeliveries(of: head.id)
            changes.newRuns.append(instance)
        }
        update(head)
        changes.payloads += start.payloads
        let visibility = event.scheduledStart.map { NewMessage.Visibility.at($0) } ?? .first
        deliver(
            NewMessage(
                HistoryEvent(at: time, .executionStarted(event)), to: head.id, run: head.executionID, visibility))
    }

    /// Drops what belongs to the run that was.
    mutating func clear(_ id: String) {
        changes.forgetRun(of: id)
        changes.clearedRuns.append(id)
        changes.clearedHistories.append(id)
        changes.clearedTasks.append(id)
        news.endedRuns.append(id)
        news.cancelled.append(id)
        if isShared { changes.signals.append(.cancelled(id: id)) }
    }

    /// Begins an instance that has ended again from its beginning.
    ///
    /// - Parameter status: What was known of it when the run was made up.
    mutating func restart(_ status: InstanceStatus, as event: ExecutionStarted) throws {
        guard let head = self[status.id] else { throw TaskHubError.notFound(status.id) }
        guard head.status.isFinal, head.executionID == status.executionID else {
            throw TaskHubError.running(status.id)
        }
        begin(NewStart(event: event), isNew: false, createdAt: status.createdAt)
    }
}

// Messages from outside.
extension HubDraft {
    /// Tells an instance something.
    ///
    /// - Parameter keeps: Whether a message for an instance that does not exist yet waits for it.
    mutating func post(
        _ event: HistoryEvent, with payloads: [NewPayload] = [], to id: String, keeps: Bool = false
    ) -> PostOutcome {
        if self[id] == nil, keeps { expect(id) }
        guard let head = self[id], keeps || !head.isExpected else { return .notFound }
        if head.status.isFinal { return .ended }
        changes.payloads += payloads
        deliver(NewMessage(event, to: id))
        return .stored
    }

    private mutating func expect(_ id: String) {
        let head = InstanceHead(id: id, name: "", executionID: "", status: .pending)
        changes.newInstances.append(NewInstance(head: head, createdAt: time))
        update(head)
    }

    /// Stores the result of a task whose instance is not in this process's memory.
    ///
    /// - Throws: `leaseLost` when this process has become another member since it leased the task.
    mutating func finish(_ item: ActivityWorkItem, with result: Referring<HistoryEvent>) throws {
        guard item.lease >> 32 == owner else { throw TaskHubError.leaseLost(item) }
        changes.finishedTasks.append(item.sequence)
        changes.payloads += result.payloads
        deliver(NewMessage(result.carrier, to: item.instanceID, run: item.executionID))
    }

    /// Sets an instance aside, or takes it up again.
    mutating func park(_ id: String, because reason: String?) throws {
        guard var head = self[id] else { throw TaskHubError.notFound(id) }
        head.isParked = reason != nil
        update(head)
        changes.flags.append(InstanceFlag(id: id, kind: .parked(reason)))
        if reason == nil {
            clearDeliveries(of: id)
            news.mustLoad.append(head.news)
        } else {
            news.endedRuns.append(id)
        }
    }

    /// Lets the process that ends the instance say so to the others.
    ///
    /// - Returns: the state in which it is still.
    mutating func watch(_ id: String) throws -> RuntimeStatus {
        guard var head = self[id] else { throw TaskHubError.notFound(id) }
        guard !head.isWatched else { return head.status }
        head.isWatched = true
        update(head)
        changes.flags.append(InstanceFlag(id: id, kind: .watched))
        return head.status
    }

    /// Deletes ended instances.
    ///
    /// - Returns: how many were deleted.
    mutating func purge(_ ids: [String]) -> Int { delete(ids) { $0.status.isFinal } }

    /// Deletes what was kept for instances that were not started.
    ///
    /// - Returns: how many ids it was for.
    mutating func purgeExpected(_ ids: [String]) -> Int { delete(ids, where: \.isExpected) }

    private mutating func delete(_ ids: [String], where isMeant: (InstanceHead) -> Bool) -> Int {
        var count = 0
        for id in ids {
            guard let head = self[id], isMeant(head) else { continue }
            changes.forgetRun(of: id)
            changes.newInstances.removeAll { $0.head.id == id }
            changes.payloadUses.removeAll { $0.instanceID == id }
            changes.deletedInstances.append(id)
            remove(id)
            count += 1
        }
        return count
    }
}

extension HubChanges {
    /// Takes back what was to be written about a run that ends in the same transaction: it is written after the rows
    /// are deleted or begin anew, and would be taken for the next run's.
    fileprivate mutating func forgetRun(of id: String) {
        moves.removeAll { $0.id == id }
        rewound.removeAll { $0.id == id }
        continued.removeAll { $0.head.id == id }
        history.removeAll { $0.id == id }
        tasks.removeAll { $0.execution.instanceID == id }
    }
}

/// What became of a message.
enum PostOutcome: Sendable {
    /// It is in the inbox.
    case stored
    /// The instance has ended.
    case ended
    /// There is no such instance.
    case notFound
}
