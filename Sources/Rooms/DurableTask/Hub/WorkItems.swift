// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
package import FoundationEssentials

/// An instance with news to process.
public struct OrchestrationWorkItem: Sendable, Equatable {
    /// The instance's id.
    public var instanceID: String
    /// The orchestration's name.
    public var name: String
    /// The news in order, an `orchestratorStarted` first.
    public var events: [HistoryEvent]
    /// The news as they are stored, when large payloads have rows of their own there.
    var stored: [HistoryEvent]?
    /// The large payloads that the news refer to and that are stored with the episode.
    var payloads: [NewPayload] = []
    /// The inbox rows that the news come from.
    package var messages: [Int64]
    /// The queue rows of the activities whose results are among the news and stored with the episode.
    package var finishedTasks: [Int64] = []
    /// The runs that the news are meant for, as far as they name one; another run must not hear them.
    package var runs: Set<String> = []
    /// What it was fetched through.
    package var intake: Intake?
    /// The number under which the hub's process handed it out, as a member of its store.
    var member: Int64 = 0
    /// How many events the history had when the news were read from the store; nil when they were in memory.
    var eventCount: Int?
    /// The instance that is stored with the episode.
    var newStart: NewStart?
    /// When it was handed out, if somebody measures that.
    var takenAt: ContinuousClock.Instant?
    /// How often it was handed out, this time included, as the store counts; 0 when it does not.
    var deliveries = 0

    /// An item with its parts.
    package init(instanceID: String, name: String, events: [HistoryEvent], messages: [Int64]) {
        self.instanceID = instanceID
        self.name = name
        self.events = events
        self.messages = messages
    }

    /// The item with less of its news, for a worker that cannot take them all; the others stay in the inbox.
    ///
    /// Whoever completes it has to give it back instead of releasing it, so that the others are read.
    ///
    /// - Parameter count: How many of its ``events`` to keep, the `orchestratorStarted` included.
    /// - Returns: nil when some of the news are not in the inbox, so that they cannot be left there.
    package func keepingFirst(_ count: Int) -> OrchestrationWorkItem? {
        guard newStart == nil, finishedTasks.isEmpty, count > 1, count < events.count else { return nil }
        var item = self
        item.events = Array(events.prefix(count))
        item.stored = stored.map { Array($0.prefix(count)) }
        item.messages = Array(messages.prefix(count - 1))
        return item
    }

    /// Set when the news begin a new run of the instance, so that it has no history yet.
    public var beginsExecution: ExecutionKey? {
        start.map { ExecutionKey(instanceID: $0.instanceID, executionID: $0.executionID) }
    }

    /// How the run begins, when the news begin it.
    package var start: ExecutionStarted? { events.start }
}

extension [HistoryEvent] {
    /// How the run began.
    package var start: ExecutionStarted? {
        for case .executionStarted(let start) in lazy.map(\.kind) { return start }
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
    /// The instance that waits for the end of this one.
    package var parentID: String?

    /// The beginning of a run.
    public static func beginning(of executionID: String) -> HistoryPosition {
        HistoryPosition(executionID: executionID, eventCount: 0, byteCount: 0)
    }

    /// A position in a history of which nobody says how it is stored, on hubs elsewhere.
    package static func unknown(of executionID: String) -> HistoryPosition {
        HistoryPosition(executionID: executionID, eventCount: -1, byteCount: 0)
    }

    /// Whether an episode may be stored behind it.
    var isKnown: Bool { eventCount >= 0 }

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

    /// An outcome with its parts.
    public init(position: HistoryPosition, completion: Completion?) {
        self.position = position
        self.completion = completion
    }
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
    /// What the last attempt said about its progress, as JSON text.
    public var progress: String?
    /// The name of the instance's orchestration, where it is known.
    package var orchestration = ""
    /// The version of the instance's orchestration, where it is known.
    var orchestrationVersion: String?
    /// When it was asked for.
    package var queuedAt = Date.distantPast
    /// The worker that answers episodes of the instance at once, so that a result may wait for the one it causes.
    package var joins: Intake?
    /// When it was handed out, if somebody measures that.
    var takenAt: ContinuousClock.Instant?

    /// Word of a result for the instance.
    var caller: InstanceNews { InstanceNews(id: instanceID, name: orchestration, version: orchestrationVersion) }

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

/// Which names a fetch is for, and which versions of them.
///
/// The case of names does not count.
public struct WorkFilter: Sendable, Equatable {
    /// All in lower case: a hub asks for each name that waits, under its lock.
    private enum Names: Sendable, Equatable {
        case only(Set<String>)
        case except(Set<String>)
        case versions([String: Set<String>])
    }

    private let names: Names

    /// These.
    public static func only(_ names: Set<String>) -> WorkFilter {
        WorkFilter(names: .only(Set(names.map { $0.lowercased() })))
    }

    /// All but these.
    public static func except(_ names: Set<String>) -> WorkFilter {
        WorkFilter(names: .except(Set(names.map { $0.lowercased() })))
    }

    /// These, of each only the versions that are named; none means any, an empty text means what has no version.
    ///
    /// Entities have no versions.
    public static func versions(_ versions: [String: Set<String>]) -> WorkFilter {
        // Of names that differ in case alone, the versions of all; any version is more than some.
        WorkFilter(
            names: .versions(
                Dictionary(versions.map { ($0.key.lowercased(), $0.value) }) {
                    $0.isEmpty || $1.isEmpty ? [] : $0.union($1)
                }))
    }

    /// All names.
    public static let all = WorkFilter.except([])

    /// Whether the filter lets a name through.
    package func admits(_ name: String, version: String? = nil) -> Bool {
        let name = name.lowercased()
        switch names {
        case .only(let names): return names.contains(name)
        case .except(let names): return !names.contains(name)
        case .versions(let versions):
            guard let wanted = versions[name] else { return false }
            return wanted.isEmpty || wanted.contains(version ?? "")
        }
    }
}

/// What a worker fetches through; closing it ends the fetches and leaves everything else alone.
public final class Intake: Sendable, Equatable {
    private let closed = Lock(false)
    /// Whether what is fetched is answered at once, by this process.
    package let isImmediate: Bool

    /// An open intake.
    public init() { isImmediate = false }

    /// An open intake of a worker that answers episodes at once.
    package init(isImmediate: Bool) { self.isImmediate = isImmediate }

    /// Whether it was closed.
    public var isClosed: Bool { closed.withLock { $0 } }

    /// Whether they are one and the same.
    public static func == (left: Intake, right: Intake) -> Bool { left === right }

    /// Ends the fetches that wait, and refuses further ones.
    package func close() { closed.withLock { $0 = true } }
}
