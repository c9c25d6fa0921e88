// Darkroom
// SPDX-License-Identifier: Apache-2.0

public import FoundationEssentials

/// What a program asks of a task hub: start orchestrations and see what became of them.
///
/// Errors are ``TaskHubError`` unless said otherwise, or the store's own.
public protocol TaskHubClient: Sendable {
    /// Creates an instance, or finds the one that has the id already, in one atomic step.
    ///
    /// - Returns: whether the instance is new. It is durable when the call returns.
    /// - Throws: `payloadTooLarge`, `full`.
    func start(_ request: StartRequest) async throws -> StartOutcome

    /// What is known of an instance, with input and output; nil when there is none of this id.
    func status(of id: String) async throws -> InstanceStatus?

    /// Instances that match, newest first, without their inputs and outputs.
    func list(_ query: InstanceQuery) async throws -> InstancePage

    /// Waits until an instance has ended, woken by the commit that ends it.
    ///
    /// - Throws: `notFound`; `CancellationError`.
    func waitForCompletion(of id: String) async throws -> InstanceStatus

    /// What happened in an instance so far, oldest first.
    ///
    /// - Throws: `notFound`.
    func history(of id: String) async throws -> [HistoryEvent]

    /// Ends an instance as terminated once the hub gets to it. Activities that run are not interrupted, their
    /// results are dropped. An instance that has ended stays as it is.
    ///
    /// - Throws: `notFound`.
    func terminate(_ id: String, reason: String) async throws

    /// Runs an instance that has ended again from its beginning, with the same id and input; its history is
    /// cleared.
    ///
    /// - Throws: `notFound`; `running` when it has not ended.
    func restart(_ id: String) async throws

    /// Deletes instances that ended before a time, with their histories, in small transactions.
    ///
    /// - Parameter statuses: Which ended instances; others are never deleted.
    /// - Returns: how many were deleted.
    func purge(endedBefore time: Date, statuses: Set<RuntimeStatus>) async throws -> Int
}

extension TaskHubClient {
    /// Starts an orchestration with its typed input.
    ///
    /// - Parameter id: The instance's id: the same id is the same instance, so take one that the thing to be done
    ///   implies (a hash of container, name and ETag).
    public func start<Workflow: Orchestration>(
        _ workflow: Workflow.Type, _ input: Workflow.Input, id: String
    ) async throws -> StartOutcome {
        try await start(StartRequest(id: id, name: Workflow.name, input: try Payload.encode(input)))
    }

    /// Waits for an instance and returns its typed output.
    ///
    /// - Throws: the instance's ``TaskFailure`` when it ended otherwise than completed; what
    ///   ``waitForCompletion(of:)`` throws.
    public func output<Workflow: Orchestration>(
        of workflow: Workflow.Type, id: String
    ) async throws -> Workflow.Output {
        let status = try await waitForCompletion(of: id)
        guard status.status == .completed else {
            throw status.failure
                ?? TaskFailure(type: "Terminated", message: "instance \(id) was terminated", isRetriable: false)
        }
        return try Payload.decode(Workflow.Output.self, from: status.output, what: "the output of \(id)")
    }
}

/// What an instance is started with.
public struct StartRequest: Sendable, Equatable {
    /// The instance's id, chosen by the caller.
    public var id: String
    /// The orchestration's name.
    public var name: String
    /// The input as JSON text.
    public var input: String?

    /// A request with its parts.
    public init(id: String, name: String, input: String? = nil) {
        self.id = id
        self.name = name
        self.input = input
    }
}

/// Whether a start created its instance.
public enum StartOutcome: Sendable, Equatable {
    /// It is new.
    case created
    /// There was one of this id, whatever its state; nothing changed.
    case existing
}

/// A state in an instance's life.
public enum RuntimeStatus: String, Sendable, Codable, CaseIterable {
    /// Created; no worker has run it yet.
    case pending
    /// On its way.
    case running
    /// Ended with a result.
    case completed
    /// Ended with a failure.
    case failed
    /// Ended from outside.
    case terminated

    /// Whether the instance has ended.
    public var isFinal: Bool { self != .pending && self != .running }
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
    /// Its input as JSON text; nil in lists.
    public var input: String?
    /// Its output as JSON text, or the reason of a termination; nil in lists.
    public var output: String?
    /// What the orchestrator last said about itself, as JSON text.
    public var customStatus: String?
    /// Why it failed.
    public var failure: TaskFailure?

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
