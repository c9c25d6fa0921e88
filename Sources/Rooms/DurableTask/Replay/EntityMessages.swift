// Darkroom
// SPDX-License-Identifier: Apache-2.0

public import FoundationEssentials
public import Telemetry

/// An operation that somebody asks of an entity.
public struct EntityOperation: Sendable, Equatable {
    /// Names the request, so that the answer finds it.
    public var requestID: String
    /// The operation's name.
    public var operation: String
    /// When it is to run; nil for at once.
    public var scheduledTime: Date?
    /// The argument as JSON text.
    public var input: String?
    /// The entity's instance id, `@name@key`.
    public var target: String
    /// The instance that waits for the answer, or that holds a lock; nil for a signal from outside.
    public var parentInstanceID: String?
    /// The run of that instance.
    public var parentExecutionID: String?
    /// The span that the operation is part of: that of the task that asks for it, unless said otherwise.
    public var traceContext: TraceContext? = .current

    /// A request with its parts.
    public init(requestID: String, operation: String, input: String?, target: String) {
        self.requestID = requestID
        self.operation = operation
        self.input = input
        self.target = target
    }
}

/// A request for locks on several entities, handed from one to the next in the order of their ids.
public struct EntityLockRequest: Sendable, Equatable, Codable {
    /// Names the critical section.
    public var criticalSectionID: String
    /// The instance ids of the entities, sorted, without repetitions.
    public var lockSet: [String]
    /// Which of them is asked now.
    public var position: Int
    /// The instance that will hold the locks.
    public var parentInstanceID: String
    /// The run of that instance; nil when a hub does not tell.
    public var parentExecutionID: String?

    /// Which of them is asked next; there are none left at the end of the set.
    ///
    /// What was stored may come from elsewhere, with a position that is none.
    var nextPosition: Int { min(max(position, 0), lockSet.count - 1) + 1 }

    /// A request with its parts.
    public init(
        criticalSectionID: String, lockSet: [String], position: Int = 0, parentInstanceID: String,
        parentExecutionID: String? = nil
    ) {
        self.criticalSectionID = criticalSectionID
        self.lockSet = lockSet
        self.position = position
        self.parentInstanceID = parentInstanceID
        self.parentExecutionID = parentExecutionID
    }
}

/// A lock is given back.
public struct EntityUnlock: Sendable, Equatable, Codable {
    /// Names the critical section.
    public var criticalSectionID: String
    /// The instance that held the lock.
    public var parentInstanceID: String
    /// The entity's instance id.
    public var target: String

    /// A message with its parts.
    public init(criticalSectionID: String, parentInstanceID: String, target: String) {
        self.criticalSectionID = criticalSectionID
        self.parentInstanceID = parentInstanceID
        self.target = target
    }
}
