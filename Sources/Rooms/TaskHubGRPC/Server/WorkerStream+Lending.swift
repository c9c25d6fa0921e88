// Darkroom
// SPDX-License-Identifier: Apache-2.0

import DurableTask
import FoundationEssentials
import Protobuf
import Telemetry

extension WorkerStream {
    func lendOrchestrations() async {
        guard !filters.orchestrations.isEmpty else { return }
        let slots = limits.orchestrations
        await withDiscardingTaskGroup { group in
            await fetch(slots) {
                guard let item = try await hub.nextOrchestration(filters.orchestrations, intake) else {
                    return false
                }
                do {
                    if try await !lend(item, slots) {
                        slots.giveBack()
                        group.addTask { await self.holdBack { await self.hub.abandon(item, because: nil) } }
                    }
                } catch {
                    await hub.abandon(item, because: nil)
                    throw error
                }
                return true
            }
        }
    }

    /// - Returns: false when this worker cannot take the item.
    private func lend(_ item: OrchestrationWorkItem, _ slots: Slots) async throws -> Bool {
        let past = try await past(of: item)
        guard let message = message(for: item, past) else { return false }
        send(.orchestration(item, past), slots, message)
        return true
    }

    private func past(of item: OrchestrationWorkItem) async throws -> StoredHistory {
        if let beginning = item.beginsExecution {
            return StoredHistory(position: .beginning(of: beginning.executionID), events: [])
        }
        var past = try await hub.history(for: item)
        if !isOfTheHouse {
            past.events = Array((past.events + item.events).forOtherEngines().dropLast(item.events.count))
        }
        return past
    }

    /// The episode as a message; nil when it is too large for this worker.
    private func message(for item: OrchestrationWorkItem, _ past: StoredHistory) -> [UInt8]? {
        var request = Wire.OrchestratorRequest()
        request.instanceID = item.instanceID
        request.executionID = past.position.executionID
        request.pastEvents = past.events.map(Wire.HistoryEvent.init)
        request.newEvents = item.events.map(Wire.HistoryEvent.init)
        let run = ExecutionKey(instanceID: item.instanceID, executionID: past.position.executionID)
        request.orchestrationTraceContext = Wire.OrchestrationTraceContext(run, past.events + item.events)
        let message = Wire.WorkItem(kind: .orchestratorRequest(request)).protobuf
        if streamsHistory, message.count > configuration.streamedHistoryBytes {
            request.pastEvents = []
            request.requiresHistoryStreaming = true
            return Wire.WorkItem(kind: .orchestratorRequest(request)).protobuf
        }
        guard message.count > configuration.messageBytes else { return message }
        log(
            .warning, "a history is too long for a worker that does not fetch it in parts",
            ["instance": item.instanceID, "bytes": "\(message.count)"])
        return nil
    }

    func lendActivities() async {
        guard !filters.activities.isEmpty else { return }
        let slots = limits.activities
        await fetch(slots) {
            guard let item = try await hub.nextActivity(filters.activities, intake) else { return false }
            send(.activity(item), slots, Wire.WorkItem(kind: .activityRequest(.init(item))).protobuf)
            return true
        }
    }

    func lendEntities() async {
        guard !filters.entities.isEmpty else { return }
        let slots = limits.entities
        await fetch(slots) {
            guard let item = try await hub.nextEntity(filters.entities, intake) else { return false }
            send(.entity(item), slots, Wire.WorkItem(kind: .entityRequest(.init(item))).protobuf)
            return true
        }
    }

    /// Keeps what this worker cannot take from coming back at once, so that another may get it.
    private func holdBack(_ giveBack: () async -> Void) async {
        try? await Task.sleep(for: configuration.holdBackTime)
        await giveBack()
    }
}

extension Wire.ActivityRequest {
    init(_ item: ActivityWorkItem) {
        name = item.call.name
        version = item.call.version
        input = item.call.input
        orchestrationInstance = .init(instanceID: item.instanceID, executionID: item.executionID)
        taskID = Int32(item.taskID)
        parentTraceContext = item.call.traceContext.map(Wire.TraceContext.init)
        tags = item.call.plainTags ?? [:]
    }
}
