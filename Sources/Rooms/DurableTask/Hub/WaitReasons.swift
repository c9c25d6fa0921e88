// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import FoundationEssentials

/// Tells what histories do not: a worker in the hub's own process, as long as it takes work.
struct WaitReader: Sendable {
    let intake: Intake
    /// The names of the events that a run with a history waits for; nil when the worker does not run it.
    let awaitedEvents: @Sendable (ExecutionKey, [HistoryEvent]) -> [String]?
}

extension EmbeddedTaskHub {
    /// Lets a worker be asked, until its intake is closed.
    func addReader(_ reader: WaitReader) {
        guard !reader.intake.isClosed else { return }
        state.withLock { $0.waitReaders.append(reader) }
    }

    /// What an unfinished instance waits for.
    public func waits(of id: String) async throws -> [String] {
        guard let status = try await store.status(of: id) else { throw TaskHubError.notFound(id) }
        if status.status.isFinal { return [] }
        if let reason = status.parked { return ["set aside: \(reason); retry it when the cause is gone"] }
        if let start = status.scheduledStart, start > clock.now { return ["to be started at \(start.text)"] }
        if status.status == .pending {
            return ["on a worker that runs \"\(status.name)\", since \(status.createdAt.text)"]
        }
        let history = try await store.history(of: id)
        var open = OpenWaits(history?.events ?? [])
        open.holders = try await holders(of: open.entities)
        var reasons = open.sentences(try await heldTasks(of: id), for: id)
        let since = "since \(status.updatedAt.text)"
        let events = try await awaitedEvents(of: id, history)
        reasons += (events ?? []).map { "on event \"\($0)\", \(since)" }
        if reasons.isEmpty { reasons = [events == nil ? "on an event, \(since)" : "on its worker, \(since)"] }
        if status.status == .suspended { reasons.insert("suspended \(since)", at: 0) }
        return reasons
    }

    /// The names of the events that an instance waits for; nil when no worker here can tell.
    ///
    /// A history does not record such waits, and must not grow with them: whoever asks pays for a replay.
    private func awaitedEvents(of id: String, _ history: StoredHistory?) async throws -> [String]? {
        let readers = state.withLock { $0.waitReaders }
        guard !readers.isEmpty, let history else { return nil }
        let key = ExecutionKey(instanceID: id, executionID: history.position.executionID)
        let events = try await resolvingPayloads(of: history.events)
        for reader in readers {
            if let names = reader.awaitedEvents(key, events) { return names }
        }
        return nil
    }

    /// The tasks of an instance, with what is known of those that this process holds.
    private func heldTasks(of id: String) async throws -> [QueuedTask] {
        let tasks = try await store.tasks(of: id)
        let (owner, running) = state.withLock { ($0.owner, $0.activities.running) }
        return tasks.map { task in
            var task = task
            let run = running.first { $0.instanceID == id && $0.lease == task.lease && $0.taskID == task.id }
            task.progress = run?.progress
            task.isRunning = task.lease >> 32 == owner ? run != nil : nil
            return task
        }
    }

    /// Who holds the locks of entities, by their ids.
    private func holders(of entities: Set<String>) async throws -> [String: String] {
        var holders: [String: String] = [:]
        for id in entities { holders[id] = try await store.entity(id)?.head.lock?.holder }
        return holders
    }
}

/// What a history has asked for and not been answered.
struct OpenWaits {
    /// Who holds the locks of ``entities``.
    var holders: [String: String] = [:]
    private var open: [Int: HistoryEvent] = [:]
    private var requests: [String: HistoryEvent] = [:]

    init(_ history: [HistoryEvent]) {
        for event in history { note(event) }
    }

    /// The entities that are waited for.
    var entities: Set<String> {
        Set(
            requests.values.flatMap { event in
                switch event.kind {
                case .entityOperationCalled(let operation): [operation.target]
                case .entityLockRequested(let request): request.lockSet
                default: [String]()
                }
            })
    }

    private mutating func note(_ event: HistoryEvent) {
        switch event.kind {
        case .taskScheduled, .timerCreated, .subOrchestrationCreated: open[event.id] = event
        case .taskCompleted(let id, _), .taskFailed(let id, _), .timerFired(let id, _),
            .subOrchestrationCompleted(let id, _), .subOrchestrationFailed(let id, _):
            open[id] = nil
        case .entityOperationCalled(let operation): requests[operation.requestID] = event
        case .entityOperationCompleted(let id, _), .entityOperationFailed(let id, _): requests[id] = nil
        case .entityLockRequested(let request): requests[request.criticalSectionID] = event
        case .entityLockGranted(let id): requests[id] = nil
        default: break
        }
    }

    /// One line for each wait of an instance, oldest first.
    func sentences(_ tasks: [QueuedTask], for id: String) -> [String] {
        let waits = open.values.sorted { $0.id < $1.id } + requests.values.sorted { $0.id < $1.id }
        return waits.compactMap { event in sentence(event, tasks.first { $0.id == event.id }, for: id) }
    }

    private func sentence(_ event: HistoryEvent, _ task: QueuedTask?, for id: String) -> String? {
        let since = "since \(event.timestamp.text)"
        switch event.kind {
        case .taskScheduled(let call):
            return "on activity \"\(call.name)\" (\(task.map(state) ?? "its result is on its way")), \(since)"
        case .timerCreated(let time): return "on a timer until \(time.text)"
        case .subOrchestrationCreated(let call): return "on \"\(call.name)\" as \(call.instanceID), \(since)"
        case .entityOperationCalled(let operation):
            return "on entity \(described(operation.target, for: id)) to \(operation.operation), \(since)"
        case .entityLockRequested(let request):
            let locks = request.lockSet.map { described($0, for: id) }.joined(separator: ", ")
            return "on the locks of \(locks), \(since)"
        default: return nil
        }
    }

    private func described(_ entity: String, for id: String) -> String {
        guard let holder = holders[entity] else { return entity }
        return holder == id ? "\(entity) (held)" : "\(entity) (held by \(holder))"
    }

    private func state(_ task: QueuedTask) -> String {
        if let reason = task.parked { return "set aside: \(reason); retry the instance when the cause is gone" }
        if task.lease == 0 { return "no worker has taken it" }
        let process = "process \(task.lease >> 32)"
        switch task.isRunning {
        case true?:
            let progress = task.progress.map { ", progress \($0.prefix(200))" } ?? ""
            return "running in \(process), attempt \(task.deliveries)\(progress)"
        case false?: return "queued in \(process), no worker has taken it"
        case nil: return "queued or running in \(process), attempt \(task.deliveries)"
        }
    }
}

extension Date {
    fileprivate var text: String { formatted(.iso8601) }
}
