// Darkroom
// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Telemetry

extension TraceSpan {
    /// The span of an activity that has run.
    init(of item: ActivityWorkItem, _ context: TraceContext, from begin: Date, to end: Date) {
        self.init(
            spanName("activity", item.call.name, item.call.version), .server, context: context, from: begin, to: end)
        parent = item.call.traceContext?.spanID
        describe("activity", item.call.name, item.execution)
        attributes["durabletask.task.version"] = item.call.version.map { .text($0) }
        attributes["durabletask.task.task_id"] = .number(item.taskID)
        attributes["durabletask.task.attempt"] = .number(item.call.attempt)
    }

    /// The span of an operation of an entity that has run.
    init(of operation: EntityOperation, isCall: Bool, _ context: TraceContext, from begin: Date, to end: Date) {
        let name = EntityName(id: operation.target)?.text ?? operation.target
        self.init(
            "entity:\(name):\(operation.operation)", isCall ? .server : .consumer, context: context, from: begin,
            to: end)
        parent = operation.traceContext?.spanID
        describe("entity", name, operation.execution)
        attributes["durabletask.task.operation"] = .text(operation.operation)
        attributes["durabletask.task.execution_id"] = nil
    }

    /// Says what it is of.
    mutating func describe(_ type: String, _ name: String, _ run: ExecutionKey) {
        attributes["durabletask.type"] = .text(type)
        attributes["durabletask.task.name"] = .text(name)
        attributes["durabletask.task.instance_id"] = .text(run.instanceID)
        attributes["durabletask.task.execution_id"] = .text(run.executionID)
    }

    /// Says that it failed, and how.
    mutating func fail(_ failure: TaskFailure?) {
        status = .error(failure?.message ?? "")
        attributes["error.type"] = failure.map { .text($0.type) }
    }
}

extension ActivityWorkItem {
    /// The run that asked for it.
    fileprivate var execution: ExecutionKey { ExecutionKey(instanceID: instanceID, executionID: executionID) }

    /// The span of this run of the activity; another delivery has another.
    ///
    /// An activity that nobody traced is the root of a trace of its own.
    ///
    /// - Returns: nil when nobody records its trace.
    var span: TraceContext? {
        guard call.traceContext?.isSampled ?? true else { return nil }
        return execution.span(
            of: "task \(taskID) \(deliveries)", under: call.traceContext ?? execution.span(under: nil))
    }
}

extension EntityOperation {
    /// What stands for the run of an operation: its request.
    fileprivate var execution: ExecutionKey { ExecutionKey(instanceID: target, executionID: requestID) }

    /// The span of the operation; nil when nobody records its trace.
    ///
    /// An operation that nobody traced is the root of a trace of its own.
    var span: TraceContext? {
        guard traceContext?.isSampled ?? true else { return nil }
        return execution.span(under: traceContext)
    }
}

extension RuntimeStatus {
    /// The state as the other engines write it: `ContinuedAsNew`.
    var name: String { rawValue.prefix(1).uppercased() + rawValue.dropFirst() }
}

/// The name of a span: what it is of, as the other engines write it.
func spanName(_ type: String, _ name: String, _ version: String?) -> String {
    version.map { "\(type):\(name)@(\($0))" } ?? "\(type):\(name)"
}
