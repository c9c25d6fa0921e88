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
