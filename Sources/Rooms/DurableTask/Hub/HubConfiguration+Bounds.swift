// Darkroom
// SPDX-License-Identifier: Apache-2.0

extension HubConfiguration {
    /// The turn with a failure that can be stored.
    func bounded(_ turn: OrchestratorTurn) -> OrchestratorTurn {
        guard var completion = turn.completion, let failure = completion.failure else { return turn }
        completion.failure = bounded(failure)
        var turn = turn
        turn.actions[turn.actions.count - 1].kind = .completeOrchestration(completion)
        return turn
    }

    /// Why a turn may not be stored; nil when it may.
    func failure(of turn: OrchestratorTurn) -> TaskFailure? {
        if let failure = failure(ofPayload: turn.customStatus, "the custom status") { return failure }
        for action in turn.actions {
            let (text, what) = action.kind.payload
            if let failure = failure(ofPayload: text, what) { return failure }
            // Nobody waits for an answer that could say so.
            if !action.kind.isAnswered, let fault = NameFault.of(action.kind) { return fault.failure }
        }
        return nil
    }

    /// Why a history may not grow so long; nil when it may.
    func failure(of position: HistoryPosition) -> TaskFailure? {
        guard position.eventCount > maximumHistoryEvents || position.byteCount > maximumHistoryBytes else {
            return nil
        }
        return TaskFailure(
            type: TaskFailure.EngineType.historyTooLong,
            message: """
                the history would grow to \(position.eventCount) events and \(position.byteCount) bytes, the limits \
                are \(maximumHistoryEvents) and \(maximumHistoryBytes): continue as new from time to time, or split \
                the work into several instances
                """,
            isRetriable: false)
    }
}

extension OrchestratorAction.Kind {
    /// Whether a failure of the action alone can be told.
    fileprivate var isAnswered: Bool {
        switch self {
        case .scheduleTask, .createSubOrchestration, .callEntity: true
        default: false
        }
    }

    /// The text that the action carries, and what it is.
    fileprivate var payload: (text: String?, what: String) {
        switch self {
        case .scheduleTask(let call): (call.input, "the input of activity \"\(call.name)\"")
        case .createSubOrchestration(let call): (call.input, "the input of orchestration \"\(call.name)\"")
        case .sendEvent(let event): (event.input, "event \"\(event.name)\"")
        case .signalEntity(let operation), .callEntity(let operation):
            (operation.input, "the input of operation \"\(operation.operation)\"")
        case .terminateOrchestration(_, let reason, _): (reason, "the reason")
        case .completeOrchestration(let completion): (completion.result, "the output")
        case .createTimer, .lockEntities, .unlockEntity, .rewindOrchestration: (nil, "")
        }
    }
}
