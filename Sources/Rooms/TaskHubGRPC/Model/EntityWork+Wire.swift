// Darkroom
// SPDX-License-Identifier: Apache-2.0

import DurableTask
import FoundationEssentials
import Telemetry

extension Wire.EntityBatchRequest {
    init(_ item: EntityWorkItem) {
        instanceID = item.instanceID
        entityState = item.state
        operations = item.operations.map {
            Wire.OperationRequest(
                operation: $0.operation, requestID: $0.requestID, input: $0.input,
                traceContext: $0.traceContext.map(Wire.TraceContext.init))
        }
    }
}

extension EntityTurn {
    /// What a worker answers to an item.
    ///
    /// - Throws: ``ProtocolError`` when the answer is not one to the item.
    init(_ answer: Wire.EntityBatchResult, to item: EntityWorkItem) throws {
        guard answer.results.count == item.operations.count else {
            throw ProtocolError("\(answer.results.count) results for \(item.operations.count) operations")
        }
        self.init(
            results: try answer.results.map(Self.result), state: answer.entityState,
            effects: try answer.actions.map(EntityEffect.init))
    }

    private static func result(_ result: Wire.OperationResult) throws -> Result<String?, TaskFailure> {
        switch result.kind {
        case .success(let success): return .success(success.result)
        case .failure(let failure): return .failure(TaskFailure(failure.failureDetails))
        case nil: throw ProtocolError("an operation's result says neither success nor failure")
        }
    }
}

extension EntityEffect {
    fileprivate init(_ action: Wire.OperationAction) throws {
        switch action.kind {
        case .sendSignal(let signal):
            var operation = EntityOperation(
                requestID: UUID().uuidString.lowercased(), operation: try signal.name.checked("an operation's name"),
                input: signal.input, target: try signal.instanceID.checkedEntity())
            operation.scheduledTime = signal.scheduledTime
            operation.traceContext = TraceContext(signal.parentTraceContext)
            self = .signal(operation)
        case .startNewOrchestration(let start):
            let id = start.instanceID.isEmpty ? UUID().uuidString.lowercased() : start.instanceID
            var request = StartRequest(
                id: try id.checkedNewInstance(), name: try start.name.checkedName("an orchestration's name"),
                input: start.input)
            request.version = try start.version.checkedVersion()
            request.scheduledStart = start.scheduledTime
            request.traceContext = TraceContext(start.parentTraceContext)
            self = .start(request)
        case nil: throw ProtocolError("an entity asks for something of a kind that is not known here")
        }
    }
}

// MARK: The worker's side

extension EntityWorkItem {
    init(_ request: Wire.EntityBatchRequest) {
        self.init(
            instanceID: request.instanceID, state: request.entityState,
            operations: request.operations.map {
                var operation = EntityOperation(
                    requestID: $0.requestID, operation: $0.operation, input: $0.input, target: request.instanceID)
                operation.traceContext = TraceContext($0.traceContext)
                return operation
            })
    }

    /// The later form: operations as events; whatever else is among them is for the hub alone.
    init(_ request: Wire.EntityRequest) {
        self.init(
            instanceID: request.instanceID, state: request.entityState,
            operations: request.operationRequests.compactMap { event in
                switch event.kind {
                case .entityOperationSignaled(let operation): EntityOperation(operation)
                case .entityOperationCalled(let operation): EntityOperation(operation)
                default: nil
                }
            })
    }
}

extension Wire.EntityBatchResult {
    /// - Parameter item: What the turn answers, so that a hub which does not remember the callers finds them.
    init(_ turn: EntityTurn, to item: EntityWorkItem, from start: Date, to end: Date) {
        results = turn.results.map { result in
            switch result {
            case .success(let output):
                Wire.OperationResult(
                    kind: .success(.init(result: output, startTimeUtc: start, endTimeUtc: end)))
            case .failure(let failure):
                Wire.OperationResult(
                    kind: .failure(.init(failureDetails: .init(failure), startTimeUtc: start, endTimeUtc: end)))
            }
        }
        actions = turn.effects.enumerated().map { Wire.OperationAction($1, id: Int32($0)) }
        entityState = turn.state
        operationInfos = item.operations.map { operation in
            Wire.OperationInfo(
                requestID: operation.requestID,
                responseDestination: operation.parentInstanceID.map {
                    .init(instanceID: $0, executionID: operation.parentExecutionID)
                })
        }
    }
}

extension Wire.OperationAction {
    fileprivate init(_ effect: EntityEffect, id: Int32) {
        self.id = id
        switch effect {
        case .signal(let operation):
            kind = .sendSignal(
                .init(
                    instanceID: operation.target, name: operation.operation, input: operation.input,
                    scheduledTime: operation.scheduledTime,
                    parentTraceContext: operation.traceContext.map(Wire.TraceContext.init)))
        case .start(let request):
            kind = .startNewOrchestration(
                .init(
                    instanceID: request.id, name: request.name, version: request.version, input: request.input,
                    scheduledTime: request.scheduledStart,
                    parentTraceContext: request.traceContext.map(Wire.TraceContext.init)))
        }
    }
}
