// Darkroom
// SPDX-License-Identifier: Apache-2.0

import DurableTask

extension Wire.HistoryEvent {
    init(_ event: HistoryEvent) {
        eventID = Int32(truncatingIfNeeded: event.id)
        timestamp = event.timestamp
        kind = Kind(event.kind)
    }
}

extension Wire.HistoryEvent.Kind {
    fileprivate init(_ kind: HistoryEvent.Kind) {
        switch kind {
        case .orchestratorStarted: self = .orchestratorStarted(Wire.Empty())
        case .orchestratorCompleted: self = .orchestratorCompleted(Wire.Empty())
        case .executionStarted(let start): self = .executionStarted(Wire.ExecutionStarted(start))
        case .executionCompleted(let end): self = .executionCompleted(Wire.ExecutionCompleted(end))
        case .executionTerminated(let reason, let recurse):
            self = .executionTerminated(Wire.ExecutionTerminated(input: reason, recurse: recurse))
        case .executionSuspended(let reason):
            self = .executionSuspended(Wire.ExecutionSuspended(input: reason))
        case .executionResumed(let reason): self = .executionResumed(Wire.ExecutionResumed(input: reason))
        case .executionRewound(let request): self = .executionRewound(Wire.ExecutionRewound(request))
        case .genericEvent(let data): self = .genericEvent(Wire.GenericEvent(data: data))
        case .taskScheduled, .taskCompleted, .taskFailed, .timerCreated, .timerFired, .eventSent, .eventRaised:
            self = Self(ofTask: kind)
        case .subOrchestrationCreated, .subOrchestrationCompleted, .subOrchestrationFailed:
            self = Self(ofChild: kind)
        case .entityOperationSignaled, .entityOperationCalled, .entityOperationCompleted, .entityOperationFailed,
            .entityLockRequested, .entityLockGranted, .entityUnlockSent:
            self = Self(ofEntity: kind)
        }
    }

    private init(ofTask kind: HistoryEvent.Kind) {
        switch kind {
        case .taskScheduled(let call):
            self = .taskScheduled(
                Wire.TaskScheduled(
                    name: call.name, version: call.version, input: call.input,
                    parentTraceContext: call.traceContext.map(Wire.TraceContext.init),
                    tags: call.plainTags ?? [:]))
        case .taskCompleted(let id, let result):
            self = .taskCompleted(Wire.TaskCompleted(taskScheduledID: Int32(clamping: id), result: result))
        case .taskFailed(let id, let failure):
            self = .taskFailed(
                Wire.TaskFailed(taskScheduledID: Int32(clamping: id), failureDetails: Wire.TaskFailureDetails(failure)))
        case .timerCreated(let time): self = .timerCreated(Wire.TimerCreated(fireAt: time))
        case .timerFired(let id, let time):
            self = .timerFired(Wire.TimerFired(fireAt: time, timerID: Int32(clamping: id)))
        case .eventSent(let event):
            self = .eventSent(
                Wire.EventSent(instanceID: event.instanceID, name: event.name, input: event.input))
        case .eventRaised(let name, let input): self = .eventRaised(Wire.EventRaised(name: name, input: input))
        default: preconditionFailure("not an event of a task")
        }
    }

    private init(ofChild kind: HistoryEvent.Kind) {
        switch kind {
        case .subOrchestrationCreated(let call):
            self = .subOrchestrationCreated(
                Wire.SubOrchestrationCreated(
                    instanceID: call.instanceID, name: call.name, version: call.version, input: call.input,
                    parentTraceContext: call.traceContext.map(Wire.TraceContext.init), tags: call.tags ?? [:]))
        case .subOrchestrationCompleted(let id, let result):
            self = .subOrchestrationCompleted(
                Wire.SubOrchestrationCompleted(taskScheduledID: Int32(clamping: id), result: result))
        case .subOrchestrationFailed(let id, let failure):
            self = .subOrchestrationFailed(
                Wire.SubOrchestrationFailed(
                    taskScheduledID: Int32(clamping: id), failureDetails: Wire.TaskFailureDetails(failure)))
        default: preconditionFailure("not an event of a child")
        }
    }

    private init(ofEntity kind: HistoryEvent.Kind) {
        switch kind {
        case .entityOperationSignaled(let operation):
            self = .entityOperationSignaled(Wire.EntityOperationSignaled(operation))
        case .entityOperationCalled(let operation):
            self = .entityOperationCalled(Wire.EntityOperationCalled(operation))
        case .entityOperationCompleted(let id, let output):
            self = .entityOperationCompleted(Wire.EntityOperationCompleted(requestID: id, output: output))
        case .entityOperationFailed(let id, let failure):
            self = .entityOperationFailed(
                Wire.EntityOperationFailed(requestID: id, failureDetails: Wire.TaskFailureDetails(failure)))
        case .entityLockRequested(let request): self = .entityLockRequested(Wire.EntityLockRequested(request))
        case .entityLockGranted(let id):
            self = .entityLockGranted(Wire.EntityLockGranted(criticalSectionID: id))
        case .entityUnlockSent(let unlock): self = .entityUnlockSent(Wire.EntityUnlockSent(unlock))
        default: preconditionFailure("not an event of an entity")
        }
    }
}

extension Wire.ExecutionStarted {
    init(_ start: ExecutionStarted) {
        name = start.name
        version = start.version
        input = start.input
        orchestrationInstance = Wire.OrchestrationInstance(
            instanceID: start.instanceID, executionID: start.executionID)
        parentInstance = start.parent.map(Wire.ParentInstanceInfo.init)
        scheduledStartTimestamp = start.scheduledStart
        parentTraceContext = start.traceContext.map(Wire.TraceContext.init)
        tags = start.tags
    }
}

extension Wire.ParentInstanceInfo {
    init(_ parent: ParentInstance) {
        taskScheduledID = Int32(clamping: parent.taskID)
        name = parent.name
        orchestrationInstance = Wire.OrchestrationInstance(
            instanceID: parent.instanceID, executionID: parent.executionID)
    }
}

extension Wire.ExecutionCompleted {
    init(_ end: Completion) {
        orchestrationStatus = Wire.OrchestrationStatus(end.status)
        result = end.result
        failureDetails = end.failure.map(Wire.TaskFailureDetails.init)
    }
}

extension Wire.ExecutionRewound {
    init(_ request: Rewinding) {
        reason = request.reason
        parentExecutionID = request.parentExecutionID
    }
}
