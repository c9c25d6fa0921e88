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

    /// Instances that match, newest first.
    func list(_ query: InstanceQuery) async throws -> InstancePage

    /// How many instances match in each state; the query's page does not count.
    func countByStatus(_ query: InstanceQuery) async throws -> [RuntimeStatus: Int]

    /// Waits until a worker has begun with an instance.
    ///
    /// - Throws: `notFound`; `CancellationError`.
    func waitForStart(of id: String) async throws -> InstanceStatus

    /// Waits until an instance has ended, woken by the commit that ends it.
    ///
    /// - Throws: `notFound`; `CancellationError`.
    func waitForCompletion(of id: String) async throws -> InstanceStatus

    /// What happened in an instance's current run so far, oldest first.
    ///
    /// - Throws: `notFound`.
    func history(of id: String) async throws -> [HistoryEvent]

    /// What an unfinished instance waits for, one line each: on what, since when, and in whose hands it is.
    ///
    /// - Throws: `notFound`.
    func waits(of id: String) async throws -> [String]

    /// Tells an instance something. It is durable when the call returns, and waits until the instance asks for it.
    ///
    /// - Throws: `notFound` when there is no such instance and the event is not to be kept for it.
    func raiseEvent(_ event: SentEvent, ifMissing: MissingInstance) async throws

    /// Makes an instance hold still: it takes note of what happens and does nothing until it is resumed.
    ///
    /// - Throws: `notFound`.
    func suspend(_ id: String, reason: String?) async throws

    /// Lets an instance go on that was suspended.
    ///
    /// - Throws: `notFound`.
    func resume(_ id: String, reason: String?) async throws

    /// Ends an instance as terminated once the hub gets to it. Activities that run are cancelled, their results are
    /// dropped. An instance that has ended stays as it is.
    ///
    /// - Parameter isRecursive: Whether its unfinished children end with it.
    /// - Throws: `notFound`.
    func terminate(_ id: String, reason: String, isRecursive: Bool) async throws

    /// Lets a failed instance try again what failed: its history loses the failures, and it goes on from there.
    /// Children that failed are rewound with it.
    ///
    /// - Throws: `notFound`; `running` when it has not failed.
    func rewind(_ id: String, reason: String?) async throws

    /// Runs an instance that has ended again from its beginning, with the same id and input; its history is
    /// cleared.
    ///
    /// - Throws: `notFound`; `running` when it has not ended.
    func restart(_ id: String) async throws

    /// Starts another instance with the name, input and tags of one that has ended.
    ///
    /// - Throws: `notFound`; `running` when it has not ended.
    func restart(_ id: String, as newID: String) async throws -> StartOutcome

    /// Takes up an instance or its activities that the hub has set aside after too many attempts.
    ///
    /// - Returns: whether there was anything to take up.
    /// - Throws: `notFound`.
    @discardableResult
    func retry(_ id: String) async throws -> Bool

    /// Deletes one instance that has ended, with its history.
    ///
    /// - Parameter isRecursive: Whether its children that have ended are deleted, too.
    /// - Returns: how many were deleted; 0 when there is none of this id.
    /// - Throws: `running` when it has not ended.
    func purge(_ id: String, isRecursive: Bool) async throws -> Int

    /// Deletes instances that have ended, with their histories, in small transactions.
    ///
    /// - Returns: how many were deleted.
    func purge(_ filter: PurgeFilter) async throws -> Int

    /// Asks an entity for something, without waiting for it. The request is durable when the call returns; an entity
    /// that does not exist comes into being.
    ///
    /// - Throws: `invalid` when the target is no entity's id.
    func signal(_ operation: EntityOperation) async throws

    /// What is known of an entity; nil when there is none of this id.
    func entity(_ id: String, includesState: Bool) async throws -> EntityStatus?

    /// Entities that match, newest first.
    func entities(_ query: EntityQuery) async throws -> EntityPage

    /// Deletes entities that hold nothing, and gives back locks whose holders are gone.
    func cleanEntities(_ cleaning: EntityCleaning) async throws -> EntityCleaning.Report
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

    /// Ends an instance as terminated, and its unfinished children with it.
    ///
    /// - Throws: `notFound`.
    public func terminate(_ id: String, reason: String) async throws {
        try await terminate(id, reason: reason, isRecursive: true)
    }

    /// Tells an instance something.
    ///
    /// - Parameter name: The event's name; case does not count.
    /// - Throws: what ``raiseEvent(_:ifMissing:)`` throws.
    public func raiseEvent(
        _ name: String, _ value: some Encodable & Sendable, to id: String, ifMissing: MissingInstance = .refuse
    ) async throws {
        let event = SentEvent(instanceID: id, name: name, input: try Payload.encode(value))
        try await raiseEvent(event, ifMissing: ifMissing)
    }

    /// Deletes instances that ended before a time, with their histories.
    ///
    /// - Parameter statuses: Which ended instances; others are never deleted.
    /// - Returns: how many were deleted.
    public func purge(endedBefore time: Date, statuses: Set<RuntimeStatus>) async throws -> Int {
        try await purge(PurgeFilter(endedBefore: time, statuses: statuses))
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
