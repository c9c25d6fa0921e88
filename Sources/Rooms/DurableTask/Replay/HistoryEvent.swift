// Darkroom
// SPDX-License-Identifier: Apache-2.0

public import FoundationEssentials

/// One thing that happened in an instance: the event model of the Durable Task protocol.
///
/// `historyState` and `continueAsNew` events of other hubs mean nothing to an orchestrator and are not kept.
public struct HistoryEvent: Sendable, Equatable {
    /// The number of the action that the event records; -1 for every other event.
    public var id: Int
    /// When it happened, to the millisecond.
    public var timestamp: Date
    /// What happened.
    public var kind: Kind

    /// An event with its parts.
    public init(id: Int = -1, at timestamp: Date, _ kind: Kind) {
        self.id = id
        self.timestamp = timestamp
        self.kind = kind
    }

    /// What happened.
    ///
    /// The large and rare ones are boxed, so that the frequent ones are cheap to pass on.
    public enum Kind: Sendable, Equatable {
        /// An episode began; the event's time is the orchestrator's clock until the next one.
        case orchestratorStarted
        /// An episode ended; some hubs write it, none needs it.
        case orchestratorCompleted
        /// The instance began.
        indirect case executionStarted(ExecutionStarted)
        /// The instance ended.
        indirect case executionCompleted(Completion)
        /// Somebody asked to end the instance, and its unfinished children with it if `recurse` is set.
        case executionTerminated(reason: String?, recurse: Bool)
        /// Somebody asked the instance to hold still.
        case executionSuspended(reason: String?)
        /// Somebody asked the instance to go on.
        case executionResumed(reason: String?)
        /// Somebody asked a failed instance to try again what failed.
        indirect case executionRewound(Rewinding)
        /// Recorded: an activity was called.
        case taskScheduled(TaskCall)
        /// An activity answered.
        case taskCompleted(taskID: Int, result: String?)
        /// An activity failed.
        indirect case taskFailed(taskID: Int, failure: TaskFailure)
        /// Recorded: another orchestration was started as a child.
        indirect case subOrchestrationCreated(SubOrchestrationCall)
        /// A child answered.
        case subOrchestrationCompleted(taskID: Int, result: String?)
        /// A child failed or was terminated.
        indirect case subOrchestrationFailed(taskID: Int, failure: TaskFailure)
        /// Recorded: a timer was set.
        case timerCreated(fireAt: Date)
        /// A timer fired.
        case timerFired(timerID: Int, fireAt: Date)
        /// Recorded: an event was sent to another instance.
        indirect case eventSent(SentEvent)
        /// An event came from outside.
        case eventRaised(name: String, input: String?)
        /// Recorded, and in an entity's inbox: an operation was requested without waiting for an answer.
        indirect case entityOperationSignaled(EntityOperation)
        /// Recorded, and in an entity's inbox: an operation was requested.
        indirect case entityOperationCalled(EntityOperation)
        /// An entity answered.
        case entityOperationCompleted(requestID: String, output: String?)
        /// An entity failed.
        indirect case entityOperationFailed(requestID: String, failure: TaskFailure)
        /// Recorded, and in an entity's inbox: locks were requested.
        indirect case entityLockRequested(EntityLockRequest)
        /// All the requested locks are held.
        case entityLockGranted(criticalSectionID: String)
        /// Recorded, and in an entity's inbox: a lock was given back.
        indirect case entityUnlockSent(EntityUnlock)
        /// A note to the engine that orchestrators do not see.
        case genericEvent(String)
    }
}

extension HistoryEvent.Kind {
    /// Whether the event records what the orchestrator asked for, so that a replay confirms it.
    package var recordsAction: Bool {
        if case .executionCompleted = self { return true }
        return OrchestratorAction.Kind(recordedAs: self) != nil
    }
}

/// Which run of which instance.
public struct ExecutionKey: Sendable, Hashable {
    /// The instance's id.
    public var instanceID: String
    /// Tells the runs of a restarted instance apart.
    public var executionID: String

    /// A key with its parts.
    public init(instanceID: String, executionID: String) {
        self.instanceID = instanceID
        self.executionID = executionID
    }
}
