// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// Something that carries inputs, outputs or states: texts that may be too large for the rows around them.
protocol PayloadCarrying {
    /// The texts, in a fixed order.
    var payloads: [String] { get }

    /// The same with other texts.
    func mapPayloads(_ change: (String) async throws -> String) async rethrows -> Self
}

extension HistoryEvent: PayloadCarrying {
    var payloads: [String] { kind.payload.map { [$0] } ?? kind.carried.flatMap(\.payloads) }

    func mapPayloads(_ change: (String) async throws -> String) async rethrows -> HistoryEvent {
        var event = self
        if let text = kind.payload { event.kind.payload = try await change(text) }
        if case .executionCompleted(var end) = event.kind {
            end.carryover = try await end.carryover.mapPayloads(change)
            event.kind = .executionCompleted(end)
        }
        return event
    }
}

extension [HistoryEvent]: PayloadCarrying {
    var payloads: [String] { flatMap(\.payloads) }

    func mapPayloads(_ change: (String) async throws -> String) async rethrows -> [HistoryEvent] {
        var events: [HistoryEvent] = []
        for event in self { events.append(try await event.mapPayloads(change)) }
        return events
    }
}

extension OrchestratorTurn: PayloadCarrying {
    var payloads: [String] { actions.flatMap { $0.kind.payload.map { [$0] } ?? [] } }

    func mapPayloads(_ change: (String) async throws -> String) async rethrows -> OrchestratorTurn {
        var turn = self
        for index in actions.indices {
            guard let text = actions[index].kind.payload else { continue }
            turn.actions[index].kind.payload = try await change(text)
        }
        return turn
    }
}

extension EntityTurn: PayloadCarrying {
    var payloads: [String] {
        results.compactMap { try? $0.get() } + (state.map { [$0] } ?? []) + effects.compactMap(\.payload)
    }

    func mapPayloads(_ change: (String) async throws -> String) async rethrows -> EntityTurn {
        var turn = self
        if let state { turn.state = try await change(state) }
        for (index, result) in results.enumerated() {
            if case .success(let output?) = result { turn.results[index] = .success(try await change(output)) }
        }
        for (index, effect) in effects.enumerated() {
            if let text = effect.payload { turn.effects[index].payload = try await change(text) }
        }
        return turn
    }
}

extension HistoryEvent.Kind {
    /// The events that it hands on.
    fileprivate var carried: [HistoryEvent] {
        if case .executionCompleted(let end) = self { end.carryover } else { [] }
    }

    /// The text that it carries.
    fileprivate var payload: String? {
        get {
            switch self {
            case .executionStarted(let start): start.input
            case .executionCompleted(let end): end.result
            case .taskScheduled(let call): call.input
            case .subOrchestrationCreated(let call): call.input
            case .taskCompleted(_, let result), .subOrchestrationCompleted(_, let result): result
            case .eventSent(let event): event.input
            case .eventRaised(_, let input): input
            case .entityOperationSignaled(let operation), .entityOperationCalled(let operation): operation.input
            case .entityOperationCompleted(_, let output): output
            default: nil
            }
        }
        set {
            switch self {
            case .executionStarted(var start):
                start.input = newValue
                self = .executionStarted(start)
            case .executionCompleted(var end):
                end.result = newValue
                self = .executionCompleted(end)
            case .taskScheduled(var call):
                call.input = newValue
                self = .taskScheduled(call)
            case .subOrchestrationCreated(var call):
                call.input = newValue
                self = .subOrchestrationCreated(call)
            case .taskCompleted(let id, _): self = .taskCompleted(taskID: id, result: newValue)
            case .subOrchestrationCompleted(let id, _): self = .subOrchestrationCompleted(taskID: id, result: newValue)
            default: setEventPayload(newValue)
            }
        }
    }

    private mutating func setEventPayload(_ text: String?) {
        switch self {
        case .eventSent(var event):
            event.input = text
            self = .eventSent(event)
        case .eventRaised(let name, _): self = .eventRaised(name: name, input: text)
        case .entityOperationSignaled(var operation):
            operation.input = text
            self = .entityOperationSignaled(operation)
        case .entityOperationCalled(var operation):
            operation.input = text
            self = .entityOperationCalled(operation)
        case .entityOperationCompleted(let id, _): self = .entityOperationCompleted(requestID: id, output: text)
        default: break
        }
    }
}

extension OrchestratorAction.Kind {
    /// The text that it carries.
    fileprivate var payload: String? {
        get {
            switch self {
            case .scheduleTask(let call): call.input
            case .createSubOrchestration(let call): call.input
            case .sendEvent(let event): event.input
            case .signalEntity(let operation), .callEntity(let operation): operation.input
            case .completeOrchestration(let end): end.result
            default: nil
            }
        }
        set {
            switch self {
            case .scheduleTask(var call):
                call.input = newValue
                self = .scheduleTask(call)
            case .createSubOrchestration(var call):
                call.input = newValue
                self = .createSubOrchestration(call)
            case .sendEvent(var event):
                event.input = newValue
                self = .sendEvent(event)
            case .signalEntity(var operation):
                operation.input = newValue
                self = .signalEntity(operation)
            case .callEntity(var operation):
                operation.input = newValue
                self = .callEntity(operation)
            case .completeOrchestration(var end):
                end.result = newValue
                self = .completeOrchestration(end)
            default: break
            }
        }
    }
}

extension EntityEffect {
    /// The text that it carries.
    var payload: String? {
        get {
            switch self {
            case .signal(let operation): operation.input
            case .start(let request): request.input
            }
        }
        set {
            switch self {
            case .signal(var operation):
                operation.input = newValue
                self = .signal(operation)
            case .start(var request):
                request.input = newValue
                self = .start(request)
            }
        }
    }
}
