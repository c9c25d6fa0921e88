// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import FoundationEssentials

/// A store that lives as long as the process: the reference for what every store does.
final class MemoryHubStore: HubStore {
    private struct Instance {
        var sequence: Int64
        var status: InstanceStatus
        var position: HistoryPosition
        var chunks: [String] = []
        var inbox: [Letter] = []

        var timers: [Date] { inbox.compactMap(\.visibleAt) }
    }

    private struct Letter {
        var message: StoredMessage
        /// When a timer fires; nil for what is visible at once.
        var visibleAt: Date?
    }

    private struct State {
        var owner: Int64 = 0
        var lastSequence: Int64 = 0
        var instances: [String: Instance] = [:]
        var tasks: [Int64: ActivityWorkItem] = [:]
        /// The tasks that nobody holds.
        var free: Set<Int64> = []

        mutating func nextSequence() -> Int64 {
            lastSequence += 1
            return lastSequence
        }
    }

    private let state = Lock(State())

    func takeOver() async throws -> Int64 {
        state.withLock { state in
            state.owner += 1
            state.free = Set(state.tasks.keys)
            return state.owner
        }
    }

    func create(_ start: ExecutionStarted, at time: Date) async throws -> StoredMessage? {
        state.withLock { state in
            guard state.instances[start.instanceID] == nil else { return nil }
            var status = InstanceStatus(
                id: start.instanceID, name: start.name, status: .pending, createdAt: time, updatedAt: time)
            status.input = start.input
            let message = StoredMessage(
                sequence: state.nextSequence(), event: HistoryEvent(at: time, .executionStarted(start)))
            state.instances[start.instanceID] = Instance(
                sequence: state.nextSequence(), status: status, position: .beginning(of: start.executionID),
                inbox: [Letter(message: message)])
            return message
        }
    }

    func status(of id: String) async throws -> InstanceStatus? {
        state.withLock { $0.instances[id]?.status }
    }

    func list(_ query: InstanceQuery) async throws -> InstancePage {
        let before = query.after.flatMap(Int64.init) ?? .max
        let found = state.withLock { state in
            state.instances.values.filter { $0.sequence < before && query.admits($0.status) }
                .sorted { $0.sequence > $1.sequence }.prefix(query.limit + 1).map { ($0.sequence, $0.status) }
        }
        let page = found.prefix(query.limit)
        let instances = page.map { _, status in
            var status = status
            status.input = nil
            status.output = nil
            return status
        }
        return InstancePage(instances: instances, next: found.count > query.limit ? page.last.map { "\($0.0)" } : nil)
    }

    func history(of id: String) async throws -> StoredHistory? {
        guard let instance = state.withLock({ $0.instances[id] }) else { return nil }
        return StoredHistory(
            position: instance.position, events: try instance.chunks.flatMap { try HistoryText.decode($0) })
    }

    func post(_ event: HistoryEvent, to id: String) async throws -> PostOutcome {
        state.withLock { state in
            guard let instance = state.instances[id] else { return .notFound }
            if instance.status.status.isFinal { return .ended }
            return .stored(Self.deliver(event, to: id, in: &state))
        }
    }

    private static func deliver(
        _ event: HistoryEvent, to id: String, visibleAt: Date? = nil, in state: inout State
    ) -> StoredMessage {
        let message = StoredMessage(sequence: state.nextSequence(), event: event)
        state.instances[id]?.inbox.append(Letter(message: message, visibleAt: visibleAt))
        return message
    }

    func messages(for id: String, at time: Date, limit: Int) async throws -> [StoredMessage] {
        state.withLock { state in
            let visible = state.instances[id]?.inbox.filter { ($0.visibleAt ?? .distantPast) <= time } ?? []
            let ordered = visible.sorted {
                ($0.visibleAt ?? .distantPast, $0.message.sequence) < (
                    $1.visibleAt ?? .distantPast, $1.message.sequence
                )
            }
            return ordered.prefix(limit).map(\.message)
        }
    }

    func readyInstances(after sequence: Int64, limit: Int) async throws -> [(sequence: Int64, id: String)] {
        state.withLock { state in
            let ready = state.instances.flatMap { id, instance in
                instance.inbox.filter { $0.visibleAt == nil && $0.message.sequence > sequence }
                    .map { (sequence: $0.message.sequence, id: id) }
            }
            return Array(ready.sorted { $0.sequence < $1.sequence }.prefix(limit))
        }
    }

    func dueInstances(after begin: Date, until end: Date) async throws -> Set<String> {
        state.withLock { state in
            Set(state.instances.filter { $0.value.timers.contains { $0 > begin && $0 <= end } }.keys)
        }
    }

    func nextTimer(after time: Date) async throws -> Date? {
        state.withLock { state in state.instances.values.flatMap(\.timers).filter { $0 > time }.min() }
    }

    func restart(_ id: String, as executionID: String, at time: Date) async throws -> StoredMessage {
        try state.withLock { state in
            guard var instance = state.instances[id] else { throw TaskHubError.notFound(id) }
            guard instance.status.status.isFinal else { throw TaskHubError.running(id) }
            let old = instance.status
            instance.status = InstanceStatus(
                id: id, name: old.name, status: .pending, createdAt: old.createdAt, updatedAt: time)
            instance.status.input = old.input
            instance.position = .beginning(of: executionID)
            instance.chunks = []
            instance.inbox = []
            state.instances[id] = instance
            Self.deleteTasks(of: id, in: &state)
            let start = ExecutionStarted(
                name: old.name, input: old.input, instanceID: id, executionID: executionID)
            return Self.deliver(HistoryEvent(at: time, .executionStarted(start)), to: id, in: &state)
        }
    }

    func purge(endedBefore time: Date, statuses: Set<RuntimeStatus>, limit: Int) async throws -> Int {
        state.withLock { state in
            let ended = state.instances.values.map(\.status)
                .filter { statuses.contains($0.status) && ($0.endedAt ?? .distantFuture) < time }.prefix(limit)
            for status in ended {
                state.instances[status.id] = nil
                Self.deleteTasks(of: status.id, in: &state)
            }
            return ended.count
        }
    }

    private static func deleteTasks(of id: String, in state: inout State) {
        for (sequence, task) in state.tasks where task.instanceID == id {
            state.tasks[sequence] = nil
            state.free.remove(sequence)
        }
    }
}

extension MemoryHubStore {
    func commit(_ checkpoint: Checkpoint) async throws -> [Int64] {
        try state.withLock { state in
            let id = checkpoint.execution.instanceID
            guard var instance = state.instances[id], instance.position == checkpoint.before,
                !instance.status.status.isFinal,
                Set(instance.inbox.map(\.message.sequence)).isSuperset(of: checkpoint.messages)
            else { throw TaskHubError.staleEpisode(id) }
            instance.inbox.removeAll { checkpoint.messages.contains($0.message.sequence) }
            instance.chunks.append(checkpoint.events)
            instance.position = checkpoint.after
            instance.status.apply(checkpoint)
            if checkpoint.completion != nil { instance.inbox = [] }
            state.instances[id] = instance
            if checkpoint.completion?.status == .terminated { Self.deleteFreeTasks(of: id, in: &state) }
            for timer in checkpoint.timers {
                _ = Self.deliver(timer.event, to: id, visibleAt: timer.fireAt, in: &state)
            }
            return checkpoint.tasks.map { Self.queue($0, checkpoint.execution, in: &state) }
        }
    }

    private static func queue(
        _ task: Checkpoint.QueuedTask, _ execution: ExecutionKey, in state: inout State
    ) -> Int64 {
        let sequence = state.nextSequence()
        state.tasks[sequence] = ActivityWorkItem(
            sequence: sequence, lease: task.lease ?? 0, deliveries: task.lease == nil ? 0 : 1, execution: execution,
            (task.id, task.call))
        if task.lease == nil { state.free.insert(sequence) }
        return sequence
    }

    private static func deleteFreeTasks(of id: String, in state: inout State) {
        for sequence in state.free where state.tasks[sequence]?.instanceID == id {
            state.tasks[sequence] = nil
            state.free.remove(sequence)
        }
    }

    func finish(_ item: ActivityWorkItem, with event: HistoryEvent) async throws -> StoredMessage? {
        try state.withLock { state in
            guard let task = state.tasks[item.sequence], task.lease == item.lease,
                !state.free.contains(item.sequence)
            else { throw TaskHubError.leaseLost(item) }
            state.tasks[item.sequence] = nil
            guard let instance = state.instances[item.instanceID], !instance.status.status.isFinal,
                instance.position.executionID == item.executionID
            else { return nil }
            return Self.deliver(event, to: item.instanceID, in: &state)
        }
    }

    func giveBack(_ item: ActivityWorkItem) async throws {
        state.withLock { state in
            guard state.tasks[item.sequence]?.lease == item.lease else { return }
            state.free.insert(item.sequence)
        }
    }

    func claimTasks(named name: String, limit: Int, lease: Int64) async throws -> [ActivityWorkItem] {
        state.withLock { state in
            let free = state.free.sorted().filter { state.tasks[$0]?.call.name == name }.prefix(limit)
            return free.compactMap { sequence in
                state.free.remove(sequence)
                state.tasks[sequence]?.lease = lease
                state.tasks[sequence]?.deliveries += 1
                return state.tasks[sequence]
            }
        }
    }

    func waitingTaskNames() async throws -> Set<String> {
        state.withLock { state in Set(state.free.compactMap { state.tasks[$0]?.call.name }) }
    }
}

extension InstanceQuery {
    fileprivate func admits(_ instance: InstanceStatus) -> Bool {
        (statuses.isEmpty || statuses.contains(instance.status)) && (name ?? instance.name) == instance.name
            && instance.id.hasPrefix(idPrefix ?? "")
    }
}

extension InstanceStatus {
    fileprivate mutating func apply(_ checkpoint: Checkpoint) {
        updatedAt = checkpoint.time
        customStatus = checkpoint.customStatus ?? customStatus
        status = checkpoint.completion?.status ?? .running
        guard let completion = checkpoint.completion else { return }
        endedAt = checkpoint.time
        output = completion.result
        failure = completion.failure
    }
}

extension TaskHubError {
    /// An episode was computed from a history that is no longer the stored one.
    package static func staleEpisode(_ id: String) -> TaskHubError {
        TaskHubError(.leaseLost, "the history of \"\(id)\" moved on; the episode is dropped")
    }

    /// An instance has not ended.
    package static func running(_ id: String) -> TaskHubError {
        TaskHubError(.running, "instance \"\(id)\" has not ended; terminate it first")
    }
}
