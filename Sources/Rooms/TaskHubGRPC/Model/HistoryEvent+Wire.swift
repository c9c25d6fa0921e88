// Darkroom
// SPDX-License-Identifier: Apache-2.0

import DurableTask
import FoundationEssentials
import Telemetry

extension HistoryEvent {
    /// An event that came; nil for one that means nothing to an orchestrator or that is not known here.
    init?(_ event: Wire.HistoryEvent) {
        guard let kind = event.kind.flatMap(Kind.init) else { return nil }
        self.init(id: Int(event.eventID), at: event.timestamp ?? Date(timeIntervalSince1970: 0), kind)
    }
}

extension HistoryEvent.Kind {
    fileprivate init?(_ kind: Wire.HistoryEvent.Kind) {
        guard let known = Self(ofExecution: kind) ?? Self(ofTask: kind) ?? Self(ofEntity: kind) else { return nil }
        self = known
    }

    private init?(ofExecution kind: Wire.HistoryEvent.Kind) {
        switch kind {
        case .orchestratorStarted: self = .orchestratorStarted
        case .orchestratorCompleted: self = .orchestratorCompleted
        case .executionStarted(let start): self = .executionStarted(ExecutionStarted(start))
        case .executionCompleted(let end): self = .executionCompleted(Completion(end))
        case .executionTerminated(let end): self = .executionTerminated(reason: end.input, recurse: end.recurse)
        case .executionSuspended(let request): self = .executionSuspended(reason: request.input)
        case .executionResumed(let request): self = .executionResumed(reason: request.input)
        case .executionRewound(let request): self = .executionRewound(Rewinding(request))
        case .genericEvent(let event): self = .genericEvent(event.data ?? "")
        default: return nil
        }
    }

    private init?(ofTask kind: Wire.HistoryEvent.Kind) {
        switch kind {
        case .taskScheduled(let task): self = .taskScheduled(TaskCall(task))
        case .taskCompleted(let task):
            self = .taskCompleted(taskID: Int(task.taskScheduledID), result: task.result)
        case .taskFailed(let task):
            self = .taskFailed(taskID: Int(task.taskScheduledID), failure: TaskFailure(task.failureDetails))
        case .subOrchestrationCreated(let child): self = .subOrchestrationCreated(SubOrchestrationCall(child))
        case .subOrchestrationCompleted(let child):
            self = .subOrchestrationCompleted(taskID: Int(child.taskScheduledID), result: child.result)
        case .subOrchestrationFailed(let child):
            self = .subOrchestrationFailed(
                taskID: Int(child.taskScheduledID), failure: TaskFailure(child.failureDetails))
        case .timerCreated(let timer): self = .timerCreated(fireAt: timer.fireAt.orBeginning)
        case .timerFired(let timer):
            self = .timerFired(timerID: Int(timer.timerID), fireAt: timer.fireAt.orBeginning)
        case .eventSent(let event):
            self = .eventSent(SentEvent(instanceID: event.instanceID, name: event.name, input: event.input))
        case .eventRaised(let event): self = .eventRaised(name: event.name, input: event.input)
        default: return nil
        }
    }

    private init?(ofEntity kind: Wire.HistoryEvent.Kind) {
        switch kind {
        case .entityOperationSignaled(let operation): self = .entityOperationSignaled(EntityOperation(operation))
        case .entityOperationCalled(let operation): self = .entityOperationCalled(EntityOperation(operation))
        case .entityOperationCompleted(let answer):
            self = .entityOperationCompleted(requestID: answer.requestID, output: answer.output)
        case .entityOperationFailed(let answer):
            self = .entityOperationFailed(requestID: answer.requestID, failure: TaskFailure(answer.failureDetails))
        case .entityLockRequested(let request): self = .entityLockRequested(EntityLockRequest(request))
        case .entityLockGranted(let grant):
            self = .entityLockGranted(criticalSectionID: grant.criticalSectionID)
        case .entityUnlockSent(let unlock): self = .entityUnlockSent(EntityUnlock(unlock))
        default: return nil
        }
    }
}

extension Date? {
    /// A time that should be there.
    var orBeginning: Date { self ?? Date(timeIntervalSince1970: 0) }
}

extension ExecutionStarted {
    fileprivate init(_ start: Wire.ExecutionStarted) {
        self.init(
            name: start.name, version: start.version, input: start.input,
            instanceID: start.orchestrationInstance?.instanceID ?? "",
            executionID: start.orchestrationInstance?.executionID ?? "")
        parent = start.parentInstance.map(ParentInstance.init)
        scheduledStart = start.scheduledStartTimestamp
        tags = start.tags
        traceContext = TraceContext(start.parentTraceContext)
    }
}

extension ParentInstance {
    fileprivate init(_ parent: Wire.ParentInstanceInfo) {
        self.init(
            instanceID: parent.orchestrationInstance?.instanceID ?? "",
            executionID: parent.orchestrationInstance?.executionID, taskID: Int(parent.taskScheduledID),
            name: parent.name)
    }
}

extension Completion {
    fileprivate init(_ end: Wire.ExecutionCompleted) {
        self.init(end.orchestrationStatus.status, result: end.result, failure: end.failureDetails?.failure)
    }
}

extension Rewinding {
    fileprivate init(_ request: Wire.ExecutionRewound) {
        self.init(reason: request.reason, parentExecutionID: request.parentExecutionID)
    }
}

extension TaskCall {
    fileprivate init(_ task: Wire.TaskScheduled) {
        self.init(name: task.name, version: task.version, input: task.input, tags: task.tags.ifAny)
        traceContext = TraceContext(task.parentTraceContext)
    }
}

extension SubOrchestrationCall {
    fileprivate init(_ child: Wire.SubOrchestrationCreated) {
        self.init(
            instanceID: child.instanceID, name: child.name, version: child.version, input: child.input,
            tags: child.tags.ifAny)
        traceContext = TraceContext(child.parentTraceContext)
    }
}

extension [String: String] {
    /// Nil for no tags at all, as history keeps them.
    var ifAny: Self? { isEmpty ? nil : self }
}
