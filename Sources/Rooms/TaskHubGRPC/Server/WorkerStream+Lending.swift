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
        await fetch(slots) {
            guard let item = try await hub.nextOrchestration(filters.orchestrations, intake) else { return false }
            do {
                try await lend(item, slots)
            } catch {
                await hub.abandon(item, because: nil)
                throw error
            }
            return true
        }
    }

    private func lend(_ item: OrchestrationWorkItem, _ slots: Slots) async throws {
        let past = try await past(of: item)
        guard let (part, message) = message(for: item, past) else {
            try await leave(item, past)
            return slots.giveBack()
        }
        var lent = LentItem(work: .orchestration(part, past), stream: id, slots: slots)
        lent.isCut = part.events.count < item.events.count
        send(lent, message)
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

    /// The episode as a message, with as many of the news as fit; nil when it is too large for this worker.
    private func message(
        for item: OrchestrationWorkItem, _ past: StoredHistory
    ) -> (part: OrchestrationWorkItem, [UInt8])? {
        var request = Wire.OrchestratorRequest()
        request.instanceID = item.instanceID
        request.executionID = past.position.executionID
        request.pastEvents = past.events.map(Wire.HistoryEvent.init)
        request.newEvents = item.events.map(Wire.HistoryEvent.init)
        let run = ExecutionKey(instanceID: item.instanceID, executionID: past.position.executionID)
        request.orchestrationTraceContext = Wire.OrchestrationTraceContext(run, past.events + item.events)
        var message = Wire.WorkItem(kind: .orchestratorRequest(request)).protobuf
        if streamsHistory, message.count > configuration.streamedHistoryBytes {
            request.pastEvents = []
            request.requiresHistoryStreaming = true
            message = Wire.WorkItem(kind: .orchestratorRequest(request)).protobuf
        }
        if message.count + Self.tokenBytes <= configuration.messageBytes { return (item, message) }
        let count = fittingNews(of: request, message.count)
        guard let part = item.keepingFirst(count) else { return nil }
        request.newEvents.removeLast(request.newEvents.count - count)
        return (part, Wire.WorkItem(kind: .orchestratorRequest(request)).protobuf)
    }

    /// What a message may take besides what it is made of here.
    private static let tokenBytes = 1_024

    /// How many of a request's news fit into a message.
    private func fittingNews(of request: Wire.OrchestratorRequest, _ bytes: Int) -> Int {
        var left = configuration.messageBytes - bytes - Self.tokenBytes
        var count = request.newEvents.count
        while left < 0, count > 0 {
            count -= 1
            left += request.newEvents[count].protobuf.count
        }
        return count
    }

    /// How often an instance is offered to workers that cannot take it, before it fails.
    private static let mostOffers = 10

    /// Leaves an instance that this worker cannot take to others; one that nobody takes ends, and says why.
    private func leave(_ item: OrchestrationWorkItem, _ past: StoredHistory) async throws {
        let lent = LentItem(work: .orchestration(item, past), stream: id, slots: Slots(0))
        let count = service.noteSetback(of: lent.key)
        let failure = TaskFailure.doesNotFit(past, limit: configuration.messageBytes)
        log(.warning, "an instance is too large for a worker", ["instance": item.instanceID, "reason": "\(failure)"])
        if count >= Self.mostOffers, !service.streamsHistory(of: item.name) {
            let end = OrchestratorAction(id: -1, .completeOrchestration(Completion(.failed, failure: failure)))
            _ = try await hub.complete(item, with: OrchestratorTurn(actions: [end]), from: past.position)
            service.forgetSetbacks(of: lent.key)
            hub.release(item)
        } else if !rest(lent, for: service.pause(after: count), because: nil) {
            await hub.abandon(item, because: nil)
        }
    }

    func lendActivities() async {
        guard !filters.activities.isEmpty else { return }
        let slots = limits.activities
        await fetch(slots) {
            guard let item = try await hub.nextActivity(filters.activities, intake) else { return false }
            let message = Wire.WorkItem(kind: .activityRequest(.init(item))).protobuf
            if let failure = item.lateness(at: hub.clock.now) ?? oversize(of: item, message.count) {
                await fail(item, failure)
                slots.giveBack()
                return true
            }
            var lent = LentItem(work: .activity(item), stream: id, slots: slots)
            lent.begunAt = hub.clock.now
            lent.isHeard = isOfTheHouse
            send(lent, message)
            watch(lent.deadline)
            return true
        }
    }

    /// What the caller of an activity hears that does not fit into a message.
    private func oversize(of item: ActivityWorkItem, _ bytes: Int) -> TaskFailure? {
        guard bytes + Self.tokenBytes > configuration.messageBytes else { return nil }
        return TaskFailure(
            type: TaskFailure.EngineType.payloadTooLarge,
            message: """
                the call of activity "\(item.call.name)" takes \(bytes) bytes, a message to its worker takes \
                \(configuration.messageBytes): pass a reference to where the bytes are
                """,
            isRetriable: false)
    }

    func lendEntities() async {
        guard !filters.entities.isEmpty else { return }
        let slots = limits.entities
        await fetch(slots) {
            guard let item = try await hub.nextEntity(filters.entities, intake) else { return false }
            var batch = EntityBatch(item)
            guard let message = batch.next(within: configuration.messageBytes) else {
                // Nothing of it fits.
                try await store(batch)
                slots.giveBack()
                return true
            }
            send(LentItem(work: .entity(batch), stream: id, slots: slots), message)
            return true
        }
    }

    private func store(_ batch: EntityBatch) async throws {
        do {
            try await hub.complete(batch.item, with: batch.turn)
        } catch {
            await hub.abandon(batch.item, because: nil)
            throw error
        }
    }
}

extension TaskFailure {
    fileprivate static func doesNotFit(_ past: StoredHistory, limit: Int) -> TaskFailure {
        TaskFailure(
            type: EngineType.historyTooLong,
            message: """
                its \(past.events.count) events and the news do not fit into a message of \(limit) bytes, and none of \
                its workers fetches histories in parts: continue as new from time to time, or pass references instead \
                of large results
                """,
            isRetriable: false)
    }
}

extension Wire.ActivityRequest {
    init(_ item: ActivityWorkItem) {
        name = item.call.name
        version = item.call.version
        input = item.call.input
        orchestrationInstance = .init(instanceID: item.instanceID, executionID: item.executionID)
        taskID = Int32(clamping: item.taskID)
        parentTraceContext = item.call.traceContext.map(Wire.TraceContext.init)
        tags = item.call.plainTags ?? [:]
    }
}
