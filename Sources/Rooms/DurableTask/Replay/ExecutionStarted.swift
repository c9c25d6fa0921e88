// Darkroom
// SPDX-License-Identifier: Apache-2.0

public import FoundationEssentials
public import Telemetry

/// How an instance began.
public struct ExecutionStarted: Sendable, Equatable {
    /// The orchestration's name.
    public var name: String
    /// The version that the starter asked for.
    public var version: String?
    /// Its input as JSON text.
    public var input: String?
    /// The instance's id.
    public var instanceID: String
    /// Tells the runs of an instance that was restarted or continued as new apart.
    public var executionID: String
    /// Who waits for the instance's end.
    public var parent: ParentInstance?
    /// When the instance was to begin; nil for at once.
    public var scheduledStart: Date?
    /// What the starter wrote on the instance, to be found again by.
    public var tags: [String: String]
    /// The span that the instance is part of.
    public var traceContext: TraceContext?

    /// A beginning with its parts.
    public init(
        name: String, version: String? = nil, input: String?, instanceID: String, executionID: String
    ) {
        self.name = name
        self.version = version
        self.input = input
        self.instanceID = instanceID
        self.executionID = executionID
        tags = [:]
    }
}

/// The orchestration that started a child, and waits for it.
public struct ParentInstance: Sendable, Equatable, Codable {
    /// Its id.
    public var instanceID: String
    /// Its run; nil when a hub does not tell.
    public var executionID: String?
    /// The action that started the child.
    public var taskID: Int
    /// The parent's orchestration.
    public var name: String?

    /// A parent with its parts.
    public init(instanceID: String, executionID: String?, taskID: Int, name: String? = nil) {
        self.instanceID = instanceID
        self.executionID = executionID
        self.taskID = taskID
        self.name = name
    }
}

/// A failed instance is to try again what failed.
public struct Rewinding: Sendable, Equatable, Codable {
    /// Why.
    public var reason: String?
    /// The run that begins; nil when the worker is to choose it.
    public var executionID: String?
    /// The parent's new run, when the parent was rewound, too.
    public var parentExecutionID: String?

    private static let separator = UInt8(ascii: "~")

    /// The run that the first of a series of rewindings began with.
    static func root(of executionID: String) -> String {
        executionID.utf8.firstIndex(of: separator).map { String(executionID[..<$0]) } ?? executionID
    }

    /// A run that goes on where another failed.
    static func successor(of executionID: String) -> String {
        "\(root(of: executionID))\(Unicode.Scalar(separator))\(UUID.random().uuidString)"
    }

    /// A rewinding with its parts.
    public init(reason: String?, executionID: String? = nil, parentExecutionID: String? = nil) {
        self.reason = reason
        self.executionID = executionID
        self.parentExecutionID = parentExecutionID
    }
}

/// How a run ended.
public struct Completion: Sendable, Equatable {
    /// Completed, failed, terminated, or continued as new.
    public var status: RuntimeStatus
    /// The output as JSON text; the reason of a termination; the input of the next run.
    public var result: String?
    /// Why it failed.
    public var failure: TaskFailure?
    /// The version of the next run; nil leaves it as it is.
    public var newVersion: String?
    /// What the next run still has to hear: events that were raised and not yet consumed.
    public var carryover: [HistoryEvent]
    /// The span that the next run is part of; histories do not keep it.
    package var traceContext: TraceContext?

    /// An end with its parts.
    public init(_ status: RuntimeStatus, result: String? = nil, failure: TaskFailure? = nil) {
        self.status = status
        self.result = result
        self.failure = failure
        carryover = []
    }
}
