// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// Why an activity or an orchestration failed, as history keeps it.
///
/// It is what ``OrchestrationContext`` throws for a failed activity and what the status of a failed instance shows.
public struct TaskFailure: Error, Sendable, Equatable {
    /// A stable name to decide by: the code or Swift type of the error, or one of the engine's own.
    public var type: String
    /// A sentence for people.
    public var message: String
    /// Further facts by name.
    public var details: [String: String]
    /// Whether another attempt may succeed; a retry policy stops when not.
    public var isRetriable: Bool
    /// What caused it.
    public var cause: TaskFailure? {
        get { boxedCause?.failure }
        set { boxedCause = newValue.map(Box.cause) }
    }

    private var boxedCause: Box?

    /// Structs cannot hold themselves; an indirect enum can.
    private indirect enum Box: Sendable, Equatable {
        case cause(TaskFailure)

        var failure: TaskFailure {
            switch self {
            case .cause(let failure): failure
            }
        }
    }

    /// A failure with its parts.
    public init(
        type: String, message: String, details: [String: String] = [:], isRetriable: Bool = true,
        cause: TaskFailure? = nil
    ) {
        self.type = type
        self.message = message
        self.details = details
        self.isRetriable = isRetriable
        self.cause = cause
    }

    /// The failure that an error stands for: itself, its own conversion, or its Swift type and description.
    public init(_ error: any Error) {
        switch error {
        case let failure as TaskFailure: self = failure
        case let convertible as any TaskFailureConvertible: self = convertible.taskFailure
        default: self.init(type: String(describing: Swift.type(of: error)), message: String(describing: error))
        }
    }
}

/// An error that says itself what history should keep of it.
public protocol TaskFailureConvertible: Error {
    /// The error's type, message, details and whether another attempt may succeed.
    var taskFailure: TaskFailure { get }
}

extension TaskFailure: CustomStringConvertible {
    /// Type and message, then the causes.
    public var description: String {
        let reason = "\(type): \(message)"
        return cause.map { "\(reason) (caused by \($0))" } ?? reason
    }
}

extension TaskFailure: Codable {
    private enum Key: String, CodingKey {
        case type
        case message
        case details
        case nonRetriable
        case cause
    }

    /// Reads what ``encode(to:)`` wrote; absent members take their defaults.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        self.init(
            type: try container.decode(String.self, forKey: .type),
            message: try container.decode(String.self, forKey: .message),
            details: try container.decodeIfPresent([String: String].self, forKey: .details) ?? [:],
            isRetriable: try container.decodeIfPresent(Bool.self, forKey: .nonRetriable) != true,
            cause: try container.decodeIfPresent(TaskFailure.self, forKey: .cause))
    }

    /// Writes the members that differ from their defaults.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(type, forKey: .type)
        try container.encode(message, forKey: .message)
        if !details.isEmpty { try container.encode(details, forKey: .details) }
        if !isRetriable { try container.encode(true, forKey: .nonRetriable) }
        try container.encodeIfPresent(cause, forKey: .cause)
    }
}

extension TaskFailure {
    /// The types of the failures that the engine itself raises.
    ///
    /// None of them is retriable but a timeout, and a failed child whose failure is.
    public enum EngineType {
        /// The worker that fetched the instance has no orchestration of this name.
        public static let orchestrationNotFound = "OrchestratorTaskNotFound"
        /// The worker that fetched the task has no activity of this name.
        public static let activityNotFound = "ActivityTaskNotFound"
        /// The worker that fetched the requests has no entity of this name.
        public static let entityNotFound = "EntityTaskNotFound"
        /// The entity has no operation of this name.
        public static let operationNotFound = "EntityOperationNotFound"
        /// The orchestrator does something other than its history records.
        public static let nonDeterminism = "NonDeterminism"
        /// The orchestrator awaited something other than its context.
        public static let escapedWork = "EscapedWork"
        /// An input, output or status is larger than the hub allows.
        public static let payloadTooLarge = "PayloadTooLarge"
        /// An input, output or status holds a secret that the hub knows.
        public static let secretInPayload = "SecretInPayload"
        /// The history of an instance is longer than the hub allows.
        public static let historyTooLong = "HistoryTooLong"
        /// A child's id belongs to another instance that runs.
        public static let duplicateInstance = "DuplicateInstance"
        /// An id or a name is empty, too long, or not what it must look like.
        public static let invalidName = "InvalidName"
        /// The instance was ended from outside.
        public static let terminated = "Terminated"
        /// An input or output is not JSON of the expected shape.
        public static let invalidPayload = "InvalidPayload"
        /// Another orchestration, called as a child, failed; the cause says why.
        public static let subOrchestrationFailed = "SubOrchestrationFailed"
        /// The orchestrator broke a rule that holds while it has locks on entities.
        public static let criticalSection = "CriticalSection"
        /// The worker does not run instances of this version.
        public static let versionMismatch = "VersionMismatch"
        /// Something took longer than the orchestrator wanted to wait.
        public static let timeout = "Timeout"
    }
}
