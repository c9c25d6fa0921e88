// Darkroom
// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials

/// One step of an orchestration, as a worker hands it in.
struct Episode: Sendable {
    var item: OrchestrationWorkItem
    var turn: OrchestratorTurn
    /// The history that the orchestrator had seen.
    var position: HistoryPosition
    /// The leases of the turn's tasks, by the action's id, of those that this process queues in memory.
    var leases: [Int: Int64] = [:]
    /// The large payloads that the turn and the results among its news refer to.
    var payloads: [NewPayload] = []
    /// The unfinished children that end with the instance.
    var children: [String] = []
    /// The entities whose locks the instance leaves behind when the engine ends it.
    var lockedEntities: [String] = []
    /// The locks that the instance holds or waits for when its orchestrator did not give them back.
    var openLocks: [EntityLockRequest] = []
    /// Whether the turn is the end of an instance that broke a limit.
    var isEndByLimit = false

    var id: String { item.instanceID }

    /// The rows that the episode is decided over.
    var locks: HubLocks {
        var locks = HubLocks([id], targets: Set(children + lockedEntities + openLocks.flatMap(\.lockSet)))
        if item.newStart != nil { locks.newcomers.insert(id) }
        if turn.completion != nil, let parent = position.parentID { locks.targets.insert(parent) }
        for action in turn.actions where NameFault.of(action.kind) == nil {
            switch action.kind {
            case .createSubOrchestration(let call):
                locks.subjects.insert(call.instanceID)
                locks.newcomers.insert(call.instanceID)
            case .sendEvent(let event): locks.targets.insert(event.instanceID)
            case .signalEntity(let operation), .callEntity(let operation): locks.targets.insert(operation.target)
            case .lockEntities(let request): locks.targets.formUnion(request.lockSet.prefix(1))
            case .unlockEntity(let unlock): locks.targets.insert(unlock.target)
            case .terminateOrchestration(let id, _, _): locks.targets.insert(id)
            case .scheduleTask, .createTimer, .completeOrchestration, .rewindOrchestration: break
            }
        }
        return locks
    }

    /// Whether the instance is to take its unfinished children with it.
    var endsChildren: Bool {
        item.events.contains { if case .executionTerminated(_, recurse: true) = $0.kind { true } else { false } }
    }
}

extension HubDraft {
    /// Decides an episode.
    ///
    /// - Throws: ``LimitBroken``; `leaseLost` when the history is not where the episode begins or where it was when the
    ///   news were read, since another process may have heard them meanwhile; or when this process has become another
    ///   member since: others have what it had in hand, and its old leases are nobody's.
    mutating func complete(_ episode: Episode, _ limits: HubConfiguration) throws -> EpisodeOutcome {
        guard episode.item.member == owner else { throw TaskHubError.staleEpisode(episode.id) }
        var episode = episode
        episode.turn = limits.bounded(episode.turn)
        let after = EpisodeRecord(episode, at: time)
        if let failure = limits.failure(of: episode.turn) ?? limits.failure(of: after.position), !episode.isEndByLimit {
            throw LimitBroken(failure: failure)
        }
        if let start = episode.item.newStart { try create(start) }
        guard var head = self[episode.id], head.executionID == episode.position.executionID,
            head.eventCount == episode.position.eventCount, !head.status.isFinal,
            head.eventCount == episode.item.eventCount ?? head.eventCount,
            episode.item.runs.allSatisfy({ $0 == head.executionID }),
            // What was in memory and names no run must not be heard by one that has not begun.
            head.eventCount > 0 || episode.item.eventCount != nil
                || episode.item.start?.executionID == head.executionID
        else { throw TaskHubError.staleEpisode(episode.id) }
        keep(episode.payloads, for: episode.id)
        if episode.item.deliveries > 0 {
            clearDeliveries(of: head.id)
            head.deliveries = 0
        }
        changes.consumed += episode.item.messages
        changes.finishedTasks += episode.item.finishedTasks
        if let completion = episode.turn.completion, completion.status == .continuedAsNew {
            perform(episode)
            continueAsNew(head, completion, episode)
        } else {
            move(head, episode, after)
        }
        return EpisodeOutcome(position: after.position, completion: episode.turn.completion)
    }

    private mutating func move(_ head: InstanceHead, _ episode: Episode, _ record: EpisodeRecord) {
        var head = head
        let completion = episode.turn.completion
        let former = head.status
        head.status = completion?.status ?? head.status.after(episode.item.events)
        head.eventCount = record.position.eventCount
        head.byteCount = record.position.byteCount
        changes.moves.append(
            InstanceMove(
                id: head.id, status: head.status, keepsStatus: head.status == former, time: time,
                position: record.position,
                customStatus: episode.turn.customStatus, completion: completion))
        changes.history.append(
            HistoryChunk(id: head.id, position: episode.position.eventCount, events: record.text))
        perform(episode)
        if let completion { end(head, completion, episode) }
        update(head)
    }

    /// What the actions do outside of the instance.
    private mutating func perform(_ episode: Episode) {
        guard episode.turn.completion?.status != .terminated else { return }
        let execution = ExecutionKey(instanceID: episode.id, executionID: episode.position.executionID)
        for action in episode.turn.actions {
            switch action.kind {
            case .scheduleTask(let call): queue(call, action.id, execution, episode)
            case .createTimer(let fireAt):
                guard episode.turn.completion == nil else { break }
                let event = HistoryEvent(at: fireAt, .timerFired(timerID: action.id, fireAt: fireAt))
                deliver(NewMessage(event, to: episode.id, run: execution.executionID, .at(fireAt)))
            case .createSubOrchestration(let call):
                startChild(call, action.id, execution)
            case .callEntity(let operation): self.call(operation, execution)
            case .completeOrchestration, .rewindOrchestration: break
            default: send(action.kind)
            }
        }
    }

    private mutating func queue(_ call: TaskCall, _ id: Int, _ execution: ExecutionKey, _ episode: Episode) {
        if let fault = NameFault.of(.scheduleTask(call)) {
            return answer(execution, .taskFailed(taskID: id, failure: fault.failure))
        }
        let lease = episode.leases[id]
        changes.tasks.append(
            NewTask(
                execution: execution, orchestration: episode.item.name, id: id, call: call, lease: lease, time: time,
                joins: episode.item.intake?.isImmediate == true ? episode.item.intake : nil))
        if lease == nil, isShared { changes.signals.append(.tasks(call.workName, priority: call.priority)) }
    }

    /// Tells a run at once what became of something that it asks for.
    private mutating func answer(_ execution: ExecutionKey, _ kind: HistoryEvent.Kind) {
        deliver(NewMessage(HistoryEvent(at: time, kind), to: execution.instanceID, run: execution.executionID))
    }

    private mutating func call(_ operation: EntityOperation, _ execution: ExecutionKey) {
        if let fault = NameFault.of(.callEntity(operation)) {
            return answer(
                execution, .entityOperationFailed(requestID: operation.requestID, failure: fault.failure))
        }
        deliver(NewMessage(HistoryEvent(at: time, .entityOperationCalled(operation)), to: operation.target))
    }

    /// Starts a child; one that is there already and has not ended fails the call.
    mutating func startChild(_ call: SubOrchestrationCall, _ id: Int, _ execution: ExecutionKey) {
        if let fault = NameFault.of(.createSubOrchestration(call)) {
            return answer(execution, .subOrchestrationFailed(taskID: id, failure: fault.failure))
        }
        let existing = self[call.instanceID]
        if let existing, !existing.status.isFinal, !existing.isExpected {
            return answer(execution, .subOrchestrationFailed(taskID: id, failure: .duplicate(call)))
        }
        var start = ExecutionStarted(
            name: call.name, version: call.version, input: call.input, instanceID: call.instanceID,
            executionID: UUID.random().uuidString)
        start.parent = ParentInstance(
            instanceID: execution.instanceID, executionID: execution.executionID, taskID: id,
            name: self[execution.instanceID]?.name)
        start.tags = call.tags ?? [:]
        start.traceContext = call.traceContext
        begin(NewStart(event: start), isNew: existing == nil)
    }

    private mutating func send(_ action: OrchestratorAction.Kind) {
        switch action {
        case .sendEvent(let sent):
            let event = HistoryEvent(at: time, .eventRaised(name: sent.name, input: sent.input))
            deliver(NewMessage(event, to: sent.instanceID))
        case .signalEntity(let operation):
            let visibility = operation.scheduledTime.map { NewMessage.Visibility.at($0) } ?? .now
            deliver(
                NewMessage(
                    HistoryEvent(at: time, .entityOperationSignaled(operation)), to: operation.target, visibility))
        case .lockEntities(let request):
            guard let first = request.lockSet.first else { break }
            deliver(NewMessage(HistoryEvent(at: time, .entityLockRequested(request)), to: first))
        case .unlockEntity(let unlock):
            deliver(NewMessage(HistoryEvent(at: time, .entityUnlockSent(unlock)), to: unlock.target))
        case .terminateOrchestration(let id, let reason, let recurse):
            let event = HistoryEvent(at: time, .executionTerminated(reason: reason, recurse: recurse))
            deliver(NewMessage(event, to: id))
        default: break
        }
    }
}

// Ends.
extension HubDraft {
    /// Ends an instance that no worker has in hand, by an episode that the hub made up.
    ///
    /// - Returns: false when it has moved on meanwhile.
    mutating func endUnattended(_ episode: Episode) -> Bool {
        guard var head = self[episode.id], head.executionID == episode.position.executionID,
            head.eventCount == episode.position.eventCount, !head.status.isFinal
        else { return false }
        if head.isParked { changes.flags.append(InstanceFlag(id: head.id, kind: .parked(nil))) }
        clearDeliveries(of: head.id)
        head.isParked = false
        head.deliveries = 0
        changes.consumed += episode.item.messages
        move(head, episode, EpisodeRecord(episode, at: time))
        news.dropped.append(head.id)
        return true
    }

    private mutating func end(_ head: InstanceHead, _ completion: Completion, _ episode: Episode) {
        changes.clearedInboxes.append(head.id)
        news.endedRuns.append(head.id)
        if head.isWatched { changes.signals.append(.ended(id: head.id)) }
        if completion.status == .terminated {
            changes.clearedTasks.append(head.id)
            news.cancelled.append(head.id)
            if isShared { changes.signals.append(.cancelled(id: head.id)) }
        }
        if let parent = head.parent, let run = parent.executionID ?? self[parent.instanceID]?.executionID {
            tell(ExecutionKey(instanceID: parent.instanceID, executionID: run), parent.taskID, completion)
        }
        for child in episode.children {
            let event = HistoryEvent(at: time, .executionTerminated(reason: completion.result, recurse: true))
            deliver(NewMessage(event, to: child))
        }
        release(episode.lockedEntities, heldBy: head.id)
        giveBack(episode.openLocks)
    }

    /// Tells a parent how its child ended.
    mutating func tell(_ parent: ExecutionKey, _ taskID: Int, _ completion: Completion) {
        let kind: HistoryEvent.Kind =
            switch completion.status {
            case .completed: .subOrchestrationCompleted(taskID: taskID, result: completion.result)
            default: .subOrchestrationFailed(taskID: taskID, failure: completion.failure ?? .ended(completion))
            }
        deliver(NewMessage(HistoryEvent(at: time, kind), to: parent.instanceID, run: parent.executionID))
    }

    private mutating func release(_ entities: [String], heldBy id: String) {
        for entity in entities {
            guard let lock = self[entity]?.lock, lock.holder == id else { continue }
            let unlock = EntityUnlock(criticalSectionID: lock.section, parentInstanceID: id, target: entity)
            deliver(NewMessage(HistoryEvent(at: time, .entityUnlockSent(unlock)), to: entity))
        }
    }

    private mutating func continueAsNew(_ old: InstanceHead, _ completion: Completion, _ episode: Episode) {
        var event = ExecutionStarted(
            name: old.name, version: completion.newVersion ?? old.version, input: completion.result,
            instanceID: old.id, executionID: UUID.random().uuidString)
        event.parent = old.parent
        event.tags = old.tags
        event.traceContext = completion.traceContext
        var head = old
        head.executionID = event.executionID
        head.version = event.version
        head.status = .running
        head.eventCount = 0
        head.byteCount = 0
        changes.clearedRuns.append(old.id)
        changes.clearedHistories.append(old.id)
        changes.continued.append(
            NewInstance(head: head, createdAt: time, input: event.input, customStatus: episode.turn.customStatus))
        update(head)
        deliver(
            NewMessage(HistoryEvent(at: time, .executionStarted(event)), to: old.id, run: head.executionID, .first))
        for event in completion.carryover { deliver(NewMessage(event, to: old.id, .early)) }
        news.endedRuns.append(old.id)
        news.mustLoad.append(head.news)
    }
}

/// An episode breaks a limit, so that its instance is to end as failed instead.
struct LimitBroken: Error {
    let failure: TaskFailure

    /// The end.
    var turn: OrchestratorTurn {
        OrchestratorTurn(actions: [
            OrchestratorAction(id: -1, .completeOrchestration(Completion(.failed, failure: failure)))
        ])
    }
}

extension OrchestratorTurn {
    /// Whether the engine ends the instance, so that its orchestrator gives nothing back.
    var isEndByEngine: Bool { completion != nil && actions.last?.id == -1 }
}

/// What an episode adds to the history.
private struct EpisodeRecord {
    let text: String
    let position: HistoryPosition

    init(_ episode: Episode, at time: Date) {
        let patches = episode.turn.patches.map { HistoryEvent(at: time, .genericEvent("patched:\($0)")) }
        let actions = episode.turn.actions.compactMap { HistoryEvent(recording: $0, at: time) }
        let events = (episode.item.stored ?? episode.item.events) + patches + actions
        text = HistoryText.encode(events)
        var position = episode.position
        position.eventCount += events.count
        position.byteCount += text.utf8.count
        self.position = position
    }
}

extension RuntimeStatus {
    /// The state of an unfinished instance that has heard these events.
    fileprivate func after(_ events: [HistoryEvent]) -> RuntimeStatus {
        var status = self == .suspended ? RuntimeStatus.suspended : .running
        for event in events {
            switch event.kind {
            case .executionSuspended: status = .suspended
            case .executionResumed: status = .running
            default: break
            }
        }
        return status
    }
}

extension TaskFailure {
    fileprivate static func duplicate(_ call: SubOrchestrationCall) -> TaskFailure {
        TaskFailure(
            type: EngineType.duplicateInstance,
            message: "instance \"\(call.instanceID)\" runs already; give the child an id that nothing else has",
            isRetriable: false)
    }

    /// A child that ended without a failure of its own.
    fileprivate static func ended(_ completion: Completion) -> TaskFailure {
        TaskFailure(
            type: EngineType.terminated,
            message: "the child was \(completion.status): \(completion.result ?? "no reason given")",
            isRetriable: false)
    }
}
