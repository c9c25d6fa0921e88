// Darkroom
// SPDX-License-Identifier: Apache-2.0

package import FoundationEssentials

/// All that one episode changes in the store: computed from values alone, written in one transaction.
package struct Checkpoint: Sendable {
    /// Whose episode it is.
    package var execution: ExecutionKey
    /// Where the history must stand.
    package var before: HistoryPosition
    /// Where it stands then.
    package var after: HistoryPosition
    /// The inbox rows that the episode consumes.
    package var messages: [Int64]
    /// The events to append, as the JSON text of an array.
    package var events: String
    /// When it happens.
    package var time: Date
    /// What the orchestrator says about itself; nil leaves it as it was.
    package var customStatus: String?
    /// How the instance ends, if it does.
    package var completion: Completion?
    /// The activities to queue.
    package var tasks: [QueuedTask] = []
    /// The timers to set.
    package var timers: [Timer] = []

    /// An activity to queue.
    package struct QueuedTask: Sendable {
        /// The action's id.
        package var id: Int
        /// What to call.
        package var call: TaskCall
        /// The lease under which the owner queues it in memory at once; nil when it stays in the store.
        package var lease: Int64?
    }

    /// A timer to set.
    package struct Timer: Sendable {
        /// The action's id.
        package var id: Int
        /// When it fires.
        package var fireAt: Date

        /// The message that it becomes.
        package var event: HistoryEvent {
            HistoryEvent(at: fireAt, .timerFired(timerID: id, fireAt: fireAt))
        }
    }
}

extension Checkpoint {
    /// Computes what an episode changes.
    ///
    /// One that breaks a limit ends the instance as failed instead.
    init(
        _ item: OrchestrationWorkItem, _ turn: OrchestratorTurn, from position: HistoryPosition, at time: Date,
        _ limits: HubConfiguration
    ) {
        let turn = limits.bounded(turn)
        self.init(unbounded: item, turn, from: position, at: time)
        guard let failure = limits.failure(of: turn) ?? limits.failure(of: after) else { return }
        let end = OrchestratorAction(id: -1, .completeOrchestration(Completion(.failed, failure: failure)))
        self.init(unbounded: item, OrchestratorTurn(actions: [end]), from: position, at: time)
    }

    private init(
        unbounded item: OrchestrationWorkItem, _ turn: OrchestratorTurn, from position: HistoryPosition, at time: Date
    ) {
        execution = ExecutionKey(instanceID: item.instanceID, executionID: position.executionID)
        before = position
        messages = item.messages
        self.time = time
        customStatus = turn.customStatus
        completion = turn.completion
        let recorded = item.events + turn.actions.compactMap { HistoryEvent(recording: $0, at: time) }
        events = HistoryText.encode(recorded)
        after = position
        after.eventCount += recorded.count
        after.byteCount += events.utf8.count
        guard completion?.status != .terminated else { return }
        for action in turn.actions {
            switch action.kind {
            case .scheduleTask(let call): tasks.append(QueuedTask(id: action.id, call: call))
            case .createTimer(let fireAt) where completion == nil: timers.append(Timer(id: action.id, fireAt: fireAt))
            default: break
            }
        }
    }
}

extension HistoryEvent {
    /// The event that records an action.
    ///
    /// Nil for actions that history does not record.
    package init?(recording action: OrchestratorAction, at time: Date) {
        guard let kind = Kind(recording: action.kind) else { return nil }
        self.init(id: action.id, at: time, kind)
    }
}

extension HistoryEvent.Kind {
    fileprivate init?(recording action: OrchestratorAction.Kind) {
        switch action {
        case .scheduleTask(let call): self = .taskScheduled(call)
        case .createTimer(let fireAt): self = .timerCreated(fireAt: fireAt)
        case .createSubOrchestration(let call): self = .subOrchestrationCreated(call)
        case .sendEvent(let event): self = .eventSent(event)
        case .signalEntity(let operation): self = .entityOperationSignaled(operation)
        case .callEntity(let operation): self = .entityOperationCalled(operation)
        case .lockEntities(let request): self = .entityLockRequested(request)
        case .unlockEntity(let unlock): self = .entityUnlockSent(unlock)
        case .completeOrchestration(let completion): self = .executionCompleted(completion)
        case .terminateOrchestration, .rewindOrchestration: return nil
        }
    }
}

extension HubConfiguration {
    fileprivate func bounded(_ turn: OrchestratorTurn) -> OrchestratorTurn {
        guard var completion = turn.completion, let failure = completion.failure else { return turn }
        completion.failure = bounded(failure)
        var turn = turn
        turn.actions[turn.actions.count - 1].kind = .completeOrchestration(completion)
        return turn
    }

    fileprivate func failure(of turn: OrchestratorTurn) -> TaskFailure? {
        if let failure = failure(ofPayload: turn.customStatus, "the custom status") { return failure }
        for action in turn.actions {
            switch action.kind {
            case .scheduleTask(let call):
                if let failure = failure(ofPayload: call.input, "the input of activity \"\(call.name)\"") {
                    return failure
                }
            case .completeOrchestration(let completion):
                if let failure = failure(ofPayload: completion.result, "the output") { return failure }
            default: break
            }
        }
        return nil
    }

    fileprivate func failure(of position: HistoryPosition) -> TaskFailure? {
        guard position.eventCount > maximumHistoryEvents || position.byteCount > maximumHistoryBytes else {
            return nil
        }
        return TaskFailure(
            type: TaskFailure.EngineType.historyTooLong,
            message: """
                the history would grow to \(position.eventCount) events and \(position.byteCount) bytes, the limits \
                are \(maximumHistoryEvents) and \(maximumHistoryBytes): split the work into several instances
                """,
            isRetriable: false)
    }
}
