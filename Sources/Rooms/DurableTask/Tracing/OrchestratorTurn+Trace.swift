// Darkroom
// SPDX-License-Identifier: Apache-2.0

package import Telemetry

extension OrchestratorTurn {
    /// The turn with the trace context handed on to what it asks for, as far as that has none of its own.
    ///
    /// - Parameters:
    ///   - context: The span that activities, children and operations of entities are part of.
    ///   - start: The span that the instance is part of, and its next run if it continues as new.
    package func traced(under context: TraceContext?, from start: TraceContext?) -> OrchestratorTurn {
        guard let context else { return self }
        var turn = self
        for index in turn.actions.indices {
            switch turn.actions[index].kind {
            case .scheduleTask(var call) where call.traceContext == nil:
                call.traceContext = context
                turn.actions[index].kind = .scheduleTask(call)
            case .createSubOrchestration(var call) where call.traceContext == nil:
                call.traceContext = context
                turn.actions[index].kind = .createSubOrchestration(call)
            case .callEntity(var operation) where operation.traceContext == nil:
                operation.traceContext = context
                turn.actions[index].kind = .callEntity(operation)
            case .signalEntity(var operation) where operation.traceContext == nil:
                operation.traceContext = context
                turn.actions[index].kind = .signalEntity(operation)
            case .completeOrchestration(var end) where end.status == .continuedAsNew:
                end.traceContext = start
                turn.actions[index].kind = .completeOrchestration(end)
            default: break
            }
        }
        return turn
    }
}
