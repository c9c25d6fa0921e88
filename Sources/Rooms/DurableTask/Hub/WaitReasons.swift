// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import FoundationEssentials

extension EmbeddedTaskHub {
    /// What an unfinished instance waits for.
    public func waits(of id: String) async throws -> [String] {
        guard let status = try await store.status(of: id) else { throw TaskHubError.notFound(id) }
        if status.status.isFinal { return [] }
        if let reason = status.parked { return ["set aside: \(reason); retry it when the cause is gone"] }
        if let start = status.scheduledStart, start > clock.now { return ["to be started at \(start.text)"] }
        if status.status == .pending {
            return ["on a worker that runs \"\(status.name)\", since \(status.createdAt.text)"]
        }
        var tasks = try await store.tasks(of: id)
        let running = state.withLock { $0.activities.running }.filter { $0.instanceID == id }
        for index in tasks.indices {
            tasks[index].progress =
                running.first { $0.lease == tasks[index].lease && $0.taskID == tasks[index].id }?.progress
        }
        let history = try await store.history(of: id)?.events ?? []
        var reasons = OpenWaits(history).sentences(tasks)
        if status.status == .suspended { reasons.insert("suspended since \(status.updatedAt.text)", at: 0) }
        return reasons.isEmpty ? ["on an event, since \(status.updatedAt.text)"] : reasons
    }
}

/// What a history has asked for and not been answered.
struct OpenWaits {
    private var open: [Int: HistoryEvent] = [:]
    private var requests: [String: HistoryEvent] = [:]

    init(_ history: [HistoryEvent]) {
        for event in history { note(event) }
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

    /// One line for each wait, oldest first.
    func sentences(_ tasks: [QueuedTask]) -> [String] {
        let waits = open.values.sorted { $0.id < $1.id } + requests.values.sorted { $0.id < $1.id }
        return waits.compactMap { event in sentence(event, tasks.first { $0.id == event.id }) }
    }

    private func sentence(_ event: HistoryEvent, _ task: QueuedTask?) -> String? {
        let since = "since \(event.timestamp.text)"
        switch event.kind {
        case .taskScheduled(let call):
            return "on activity \"\(call.name)\" (\(task.map(state) ?? "its result is on its way")), \(since)"
        case .timerCreated(let time): return "on a timer until \(time.text)"
        case .subOrchestrationCreated(let call): return "on \"\(call.name)\" as \(call.instanceID), \(since)"
        case .entityOperationCalled(let operation):
            return "on entity \(operation.target) to \(operation.operation), \(since)"
        case .entityLockRequested(let request):
            return "on the locks of \(request.lockSet.joined(separator: ", ")), \(since)"
        default: return nil
        }
    }

    private func state(_ task: QueuedTask) -> String {
        if let reason = task.parked { return "set aside: \(reason); retry the instance when the cause is gone" }
        if task.lease == 0 { return "no worker has taken it" }
        let progress = task.progress.map { ", progress \($0.prefix(200))" } ?? ""
        return "leased to process \(task.lease >> 32), attempt \(task.deliveries)\(progress)"
    }
}

extension Date {
    fileprivate var text: String { formatted(.iso8601) }
}
