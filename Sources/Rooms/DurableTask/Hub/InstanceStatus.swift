// Darkroom
// SPDX-License-Identifier: Apache-2.0

public import FoundationEssentials
public import Telemetry

/// What an instance is started with.
public struct StartRequest: Sendable, Equatable {
    /// The instance's id, chosen by the caller.
    public var id: String
    /// The orchestration's name.
    public var name: String
    /// The input as JSON text.
    public var input: String?
    /// The version that is wanted; nil for the workers' own.
    public var version: String?
    /// What the instance is to be found again by.
    public var tags: [String: String] = [:]
    /// When it is to begin; nil for at once.
    public var scheduledStart: Date?
    /// An instance of the same id in one of these states is replaced; in any other it stays, and the start finds it.
    public var replaces: Set<RuntimeStatus> = []
    /// The span that the instance is part of: that of the task that makes the request, unless said otherwise.
    public var traceContext: TraceContext? = .current

    /// A request with its parts.
    public init(id: String, name: String, input: String? = nil) {
        self.id = id
        self.name = name
        self.input = input
    }
}

/// Whether a start created its instance.
public enum StartOutcome: Sendable, Equatable {
    /// It is new, or has replaced an older one.
    case created
    /// There was one of this id in a state that the request does not replace; nothing changed.
    case existing
}

/// A state in an instance's life.
public enum RuntimeStatus: String, Sendable, Codable, CaseIterable {
    /// Created; no worker has run it yet.
    case pending
    /// On its way.
    case running
    /// Holding still until it is resumed.
    case suspended
    /// Ended with a result.
    case completed
    /// Ended with a failure.
    case failed
    /// Ended from outside.
    case terminated
    /// Ended by being cancelled, on hubs that know that.
    case canceled
    /// The run ended and the instance began anew; never the state of an instance.
    case continuedAsNew

    /// Whether the instance has ended.
    public var isFinal: Bool {
        switch self {
        case .pending, .running, .suspended, .continuedAsNew: false
        case .completed, .failed, .terminated, .canceled: true
        }
    }
}

/// What is known of an instance.
public struct InstanceStatus: Sendable, Equatable {
    /// Its id.
    public var id: String
    /// The orchestration's name.
    public var name: String
    /// Where it is in its life.
    public var status: RuntimeStatus
    /// When it was started.
    public var createdAt: Date
    /// When it last changed.
    public var updatedAt: Date
    /// When it ended.
    public var endedAt: Date?
    /// Its input as JSON text; nil in lists that leave payloads out.
    public var input: String?
    /// Its output as JSON text, or the reason of a termination; nil in lists that leave payloads out.
    public var output: String?
    /// What the orchestrator last said about itself, as JSON text.
    public var customStatus: String?
    /// Why it failed.
    public var failure: TaskFailure?
    /// Tells its runs apart.
    public var executionID = ""
    /// The version it was started with.
    public var version: String?
    /// What it can be found again by.
    public var tags: [String: String] = [:]
    /// The instance that waits for it.
    public var parentID: String?
    /// When it was to begin; nil for at once.
    public var scheduledStart: Date?
    /// Why the hub set it aside, until ``TaskHubClient/retry(_:)``; nil for nearly all.
    public var parked: String?

    /// An instance of which no more is known.
    public init(id: String, name: String, status: RuntimeStatus, createdAt: Date, updatedAt: Date) {
        self.id = id
        self.name = name
        self.status = status
        self.createdAt = createdAt
        self.updatedAt = updatedAt
    }
}

/// Which instances to list.
public struct InstanceQuery: Sendable, Equatable {
    /// In one of these states; empty means any.
    public var statuses: Set<RuntimeStatus>
    /// Of this orchestration.
    public var name: String?
    /// With an id that begins so.
    public var idPrefix: String?
    /// With these tags.
    public var tags: [String: String] = [:]
    /// Started then or later.
    public var createdFrom: Date?
    /// Started then or earlier.
    public var createdTo: Date?
    /// Ended then or later.
    public var endedFrom: Date?
    /// Ended then or earlier.
    public var endedTo: Date?
    /// Whether the page has inputs and outputs.
    public var includesPayloads = false
    /// How many at most.
    public var limit: Int
    /// ``InstancePage/next`` of the page before.
    public var after: String?

    /// A query with its parts; by default the newest 100 of all.
    public init(
        statuses: Set<RuntimeStatus> = [], name: String? = nil, idPrefix: String? = nil, limit: Int = 100,
        after: String? = nil
    ) {
        self.statuses = statuses
        self.name = name
        self.idPrefix = idPrefix
        self.limit = limit
        self.after = after
    }
}

/// A part of a list.
///
/// Instances that start meanwhile do not move it.
public struct InstancePage: Sendable, Equatable {
    /// The instances, newest first.
    public var instances: [InstanceStatus]
    /// Where the next page begins; nil at the end.
    public var next: String?

    /// A page with its parts.
    public init(instances: [InstanceStatus], next: String?) {
        self.instances = instances
        self.next = next
    }
}
