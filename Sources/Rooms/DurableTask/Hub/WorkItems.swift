// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics

/// An instance with news to process.
public struct OrchestrationWorkItem: Sendable, Equatable {
    /// The instance's id.
    public var instanceID: String
    /// The news in order, an `orchestratorStarted` first.
    public var events: [HistoryEvent]
    /// The inbox rows that the news come from.
    package var messages: [Int64]

    /// Set when the news begin a new run of the instance, so that it has no history yet.
    public var beginsExecution: ExecutionKey? {
        for case .executionStarted(let start) in events.lazy.map(\.kind) {
            return ExecutionKey(instanceID: start.instanceID, executionID: start.executionID)
        }
        return nil
    }
}

/// How far a history goes; an episode is stored only behind the position that it was computed from.
public struct HistoryPosition: Sendable, Equatable {
    /// Which run of the instance.
    public var executionID: String
    /// How many events are stored.
    public var eventCount: Int
    /// How many bytes they take.
    public var byteCount: Int

    /// The beginning of a run.
    public static func beginning(of executionID: String) -> HistoryPosition {
        HistoryPosition(executionID: executionID, eventCount: 0, byteCount: 0)
    }

    /// A position with its parts.
    public init(executionID: String, eventCount: Int, byteCount: Int) {
        self.executionID = executionID
        self.eventCount = eventCount
        self.byteCount = byteCount
    }
}

/// A history as it is stored.
public struct StoredHistory: Sendable, Equatable {
    /// How far it goes.
    public var position: HistoryPosition
    /// The events, oldest first.
    public var events: [HistoryEvent]

    /// A history with its parts.
    public init(position: HistoryPosition, events: [HistoryEvent]) {
        self.position = position
        self.events = events
    }
}

/// What became of an episode.
public struct EpisodeOutcome: Sendable, Equatable {
    /// How far the history goes now.
    public var position: HistoryPosition
    /// How the instance ended, if it did.
    public var completion: Completion?
}

/// An activity to run, under a lease.
public struct ActivityWorkItem: Sendable, Equatable {
    /// The instance that asked for it.
    public var instanceID: String
    /// The run of the instance that asked for it.
    public var executionID: String
    /// The id of the action that asked for it.
    public var taskID: Int
    /// The activity's name, input and tags.
    public var call: TaskCall
    /// How often it was handed out, this time included.
    public var deliveries: Int
    /// The row of the task queue.
    package var sequence: Int64
    /// The fencing token: only its last holder may complete the task.
    package var lease: Int64

    /// An item with its parts.
    package init(
        sequence: Int64, lease: Int64, deliveries: Int, execution: ExecutionKey, _ task: (id: Int, call: TaskCall)
    ) {
        self.sequence = sequence
        self.lease = lease
        self.deliveries = deliveries
        instanceID = execution.instanceID
        executionID = execution.executionID
        taskID = task.id
        call = task.call
    }
}

/// Which activities a fetch is for.
public enum ActivityFilter: Sendable, Equatable {
    /// The one of this name.
    case only(String)
    /// All but those of these names.
    case except(Set<String>)

    func admits(_ name: String) -> Bool {
        switch self {
        case .only(let wanted): name.lowercased() == wanted.lowercased()
        case .except(let names): !names.contains { $0.lowercased() == name.lowercased() }
        }
    }
}

/// What a worker fetches through; closing it ends the fetches and leaves everything else alone.
public final class Intake: Sendable {
    private let closed = Lock(false)

    /// An open intake.
    public init() {}

    /// Whether it was closed.
    public var isClosed: Bool { closed.withLock { $0 } }

    /// Ends the fetches that wait, and refuses further ones.
    package func close() { closed.withLock { $0 = true } }
}
