// Darkroom
// SPDX-License-Identifier: Apache-2.0

public import FoundationEssentials

/// One thing that happened in an instance: the event model of the Durable Task protocol, as far as it has work here.
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
    public enum Kind: Sendable, Equatable {
        /// An episode began; the event's time is the orchestrator's clock until the next one.
        case orchestratorStarted
        /// The instance began.
        case executionStarted(ExecutionStarted)
        /// The instance ended.
        case executionCompleted(Completion)
        /// Somebody asked to end the instance.
        case executionTerminated(reason: String)
        /// Recorded: an activity was called.
        case taskScheduled(TaskCall)
        /// An activity answered.
        case taskCompleted(taskID: Int, result: String?)
        /// An activity failed.
        case taskFailed(taskID: Int, failure: TaskFailure)
        /// Recorded: a timer was set.
        case timerCreated(fireAt: Date)
        /// A timer fired.
        case timerFired(timerID: Int, fireAt: Date)
        /// A note to the engine that orchestrators do not see.
        case genericEvent(String)
    }
}

/// How an instance began.
public struct ExecutionStarted: Sendable, Equatable, Decodable {
    /// The orchestration's name.
    public var name: String
    /// Its input as JSON text.
    public var input: String?
    /// The instance's id.
    public var instanceID: String
    /// Tells the runs of an instance that was restarted apart.
    public var executionID: String

    /// A beginning with its parts.
    public init(name: String, input: String?, instanceID: String, executionID: String) {
        self.name = name
        self.input = input
        self.instanceID = instanceID
        self.executionID = executionID
    }
}

/// How an instance ended.
public struct Completion: Sendable, Equatable, Decodable {
    /// Completed, failed or terminated.
    public var status: RuntimeStatus
    /// The output as JSON text; the reason of a termination.
    public var result: String?
    /// Why it failed.
    public var failure: TaskFailure?

    /// An end with its parts.
    public init(_ status: RuntimeStatus, result: String? = nil, failure: TaskFailure? = nil) {
        self.status = status
        self.result = result
        self.failure = failure
    }
}

/// A call of an activity.
public struct TaskCall: Sendable, Equatable, Decodable {
    /// The activity's name.
    public var name: String
    /// The input as JSON text.
    public var input: String?
    /// What travels beside the input.
    public var tags: [String: String]?

    /// A call with its parts.
    public init(name: String, input: String?, tags: [String: String]? = nil) {
        self.name = name
        self.input = input
        self.tags = tags
    }

    /// A call that is one of several attempts.
    init(name: String, input: String?, attempt: Int, firstTaskID: Int?) {
        self.init(name: name, input: input)
        if let firstTaskID, attempt > 1 { tags = [Tag.attempt: "\(attempt)", Tag.firstTask: "\(firstTaskID)"] }
    }

    /// Which attempt of a retry policy it is, from 1.
    package var attempt: Int { tags?[Tag.attempt].flatMap(Int.init) ?? 1 }

    /// The action id of the first attempt; nil when this is the first.
    package var firstTaskID: Int? { tags?[Tag.firstTask].flatMap(Int.init) }

    private enum Tag {
        static let attempt = "attempt"
        static let firstTask = "first"
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
