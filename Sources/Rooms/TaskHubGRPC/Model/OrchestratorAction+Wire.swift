// Darkroom
// SPDX-License-Identifier: Apache-2.0

import DurableTask
import Telemetry

extension OrchestratorAction {
    /// An action that a worker asks for in a run.
    ///
    /// Ids and names that are none are for the hub to answer: the call fails, not the worker.
    ///
    /// - Throws: ``ProtocolError`` for a kind that is not known here.
    init(_ action: Wire.OrchestratorAction, of run: ExecutionKey) throws {
        self.init(id: Int(action.id), try Kind(action, of: run))
    }
}

extension OrchestratorAction.Kind {
    fileprivate init(_ action: Wire.OrchestratorAction, of run: ExecutionKey) throws {
        switch action.kind {
        case .scheduleTask(let task):
            var call = TaskCall(
                name: task.name, version: task.version, input: task.input, tags: try task.tags.checkedTags().ifAny)
            call.traceContext = TraceContext(task.parentTraceContext)
            self = .scheduleTask(call)
        case .createTimer(let timer): self = .createTimer(fireAt: timer.fireAt.orBeginning)
        case .createSubOrchestration(let child):
            // A worker that names no id leaves it to the hub.
            let id =
                child.instanceID.isEmpty
                ? "\(run.instanceID):\(run.executionID):\(action.id)" : child.instanceID
            var call = SubOrchestrationCall(
                instanceID: id, name: child.name, version: child.version, input: child.input,
                tags: try child.tags.checkedTags().ifAny)
            call.traceContext = TraceContext(child.parentTraceContext)
            self = .createSubOrchestration(call)
        case .sendEvent(let event):
            self = .sendEvent(
                SentEvent(
                    instanceID: event.instance?.instanceID ?? "", name: event.name, input: event.data))
        case .sendEntityMessage(let message): self = try Self(message, of: run)
        case .terminateOrchestration(let end):
            self = .terminateOrchestration(
                instanceID: end.instanceID, reason: end.reason, recurse: end.recurse)
        case .rewindOrchestration(let rewinding):
            self = .rewindOrchestration(newHistory: rewinding.newHistory.compactMap(HistoryEvent.init))
        case .completeOrchestration(let end): self = .completeOrchestration(try Completion(end))
        case nil: throw ProtocolError("action \(action.id) is of a kind that is not known here")
        }
    }

    private init(_ message: Wire.SendEntityMessage, of run: ExecutionKey) throws {
        switch message.kind {
        case .entityOperationSignaled(let operation): self = .signalEntity(try EntityOperation(operation).checked())
        case .entityOperationCalled(let operation):
            var operation = try EntityOperation(operation).checked()
            operation.parentInstanceID = run.instanceID
            operation.parentExecutionID = run.executionID
            self = .callEntity(operation)
        case .entityLockRequested(let request):
            var request = try EntityLockRequest(request).checked()
            // Whatever the worker says: the first is asked first.
            request.position = 0
            request.parentInstanceID = run.instanceID
            request.parentExecutionID = run.executionID
            self = .lockEntities(request)
        case .entityUnlockSent(let unlock):
            var unlock = EntityUnlock(unlock)
            unlock.parentInstanceID = run.instanceID
            self = .unlockEntity(unlock)
        case nil: throw ProtocolError("a message to an entity is of a kind that is not known here")
        }
    }
}

extension EntityOperation {
    fileprivate func checked() throws -> EntityOperation {
        _ = try requestID.checked("a request's id")
        return self
    }
}

extension EntityLockRequest {
    fileprivate func checked() throws -> EntityLockRequest {
        _ = try criticalSectionID.checked("a critical section's id")
        // Twice the same would wait for itself.
        guard !lockSet.isEmpty, Set(lockSet).count == lockSet.count else {
            throw ProtocolError("a lock is of one entity at least, and of each once")
        }
        return self
    }
}

extension Completion {
    fileprivate init(_ end: Wire.CompleteOrchestration) throws {
        let status = end.orchestrationStatus.status
        guard status.isFinal || status == .continuedAsNew else {
            throw ProtocolError("an instance does not end as \(status)")
        }
        self.init(
            status, result: end.result,
            failure: status == .failed ? TaskFailure(end.failureDetails) : end.failureDetails?.failure)
        newVersion = try end.newVersion.checkedVersion()
        carryover = end.carryoverEvents.compactMap(HistoryEvent.init).filter(\.mayBeCarriedOver)
    }
}

extension HistoryEvent {
    /// Whether it means something to the run that comes next; answers are for the run that asked.
    fileprivate var mayBeCarriedOver: Bool {
        switch kind {
        case .eventRaised, .executionSuspended, .executionResumed, .executionTerminated, .genericEvent: true
        default: false
        }
    }
}

extension Wire.OrchestratorAction {
    init(_ action: OrchestratorAction) {
        id = Int32(truncatingIfNeeded: action.id)
        kind = Kind(action.kind)
    }
}

extension Wire.OrchestratorAction.Kind {
    fileprivate init(_ kind: OrchestratorAction.Kind) {
        switch kind {
        case .scheduleTask(let call):
            self = .scheduleTask(
                Wire.ScheduleTask(
                    name: call.name, version: call.version, input: call.input, tags: call.plainTags ?? [:],
                    parentTraceContext: call.traceContext.map(Wire.TraceContext.init)))
        case .createTimer(let time): self = .createTimer(Wire.CreateTimer(fireAt: time))
        case .createSubOrchestration(let call):
            self = .createSubOrchestration(
                Wire.CreateSubOrchestration(
                    instanceID: call.instanceID, name: call.name, version: call.version, input: call.input,
                    parentTraceContext: call.traceContext.map(Wire.TraceContext.init), tags: call.tags ?? [:]))
        case .sendEvent(let event):
            self = .sendEvent(
                Wire.SendEvent(
                    instance: Wire.OrchestrationInstance(instanceID: event.instanceID), name: event.name,
                    data: event.input))
        case .signalEntity(let operation):
            self = .message(.entityOperationSignaled(Wire.EntityOperationSignaled(operation)))
        case .callEntity(let operation):
            self = .message(.entityOperationCalled(Wire.EntityOperationCalled(operation)))
        case .lockEntities(let request): self = .message(.entityLockRequested(Wire.EntityLockRequested(request)))
        case .unlockEntity(let unlock): self = .message(.entityUnlockSent(Wire.EntityUnlockSent(unlock)))
        case .terminateOrchestration(let id, let reason, let recurse):
            self = .terminateOrchestration(
                Wire.TerminateOrchestration(instanceID: id, reason: reason, recurse: recurse))
        case .rewindOrchestration(let history):
            self = .rewindOrchestration(
                Wire.RewindOrchestration(newHistory: history.map(Wire.HistoryEvent.init)))
        case .completeOrchestration(let end): self = .completeOrchestration(Wire.CompleteOrchestration(end))
        }
    }

    private static func message(_ kind: Wire.SendEntityMessage.Kind) -> Self {
        .sendEntityMessage(Wire.SendEntityMessage(kind: kind))
    }
}

extension Wire.CompleteOrchestration {
    fileprivate init(_ end: Completion) {
        orchestrationStatus = Wire.OrchestrationStatus(end.status)
        result = end.result
        newVersion = end.newVersion
        carryoverEvents = end.carryover.map(Wire.HistoryEvent.init)
        failureDetails = end.failure.map(Wire.TaskFailureDetails.init)
    }
}
