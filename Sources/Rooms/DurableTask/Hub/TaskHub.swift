// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// Where orchestrations live, seen by the worker that runs them.
///
/// A worker loops over *fetch, process, complete or abandon*. Whatever it does not complete is handed out again: at
/// once when abandoned, after the lease when it stops renewing, after the next start when the process dies.
public protocol TaskHub: TaskHubClient {
    /// The time the hub lives by.
    var clock: any HubClock { get }

    /// How long an activity may run without being renewed.
    var leaseDuration: Duration { get }

    /// The hub's own work, as waking instances whose timers are due, until the task is cancelled.
    ///
    /// Exactly one task runs it; a worker does.
    ///
    /// - Throws: the store's errors that it cannot outlive.
    func run() async throws

    /// Waits for an instance with news. No other caller gets the same instance until ``release(_:)`` or
    /// ``abandon(_:because:)-(OrchestrationWorkItem,_)``.
    ///
    /// - Returns: nil once the intake is closed or the task is cancelled.
    func nextOrchestration(_ filter: WorkFilter, _ intake: Intake) async throws -> OrchestrationWorkItem?

    /// The history of an instance whose news were fetched, for a worker that does not hold it live.
    func history(for item: OrchestrationWorkItem) async throws -> StoredHistory

    /// Stores an episode: news, actions and their effects, in one transaction. It is durable when the call returns,
    /// and then its activities may already run.
    ///
    /// - Parameter position: The history that the orchestrator had seen before this item.
    /// - Returns: the position after the episode, and how the instance ended if it did. The hub may end it by
    ///   itself when it breaks a limit.
    /// - Throws: ``TaskHubError`` `leaseLost` when the stored history is another one; then nothing was stored.
    func complete(
        _ item: OrchestrationWorkItem, with turn: OrchestratorTurn, from position: HistoryPosition
    ) async throws -> EpisodeOutcome

    /// Lets the next news of the instance be fetched, after its episode was completed.
    func release(_ item: OrchestrationWorkItem)

    /// Gives the item back undone; its news will be fetched again.
    ///
    /// - Parameter reason: Why it could not be processed; an instance to which that happens time and again is set
    ///   aside. Nil when the item is not to blame.
    func abandon(_ item: OrchestrationWorkItem, because reason: String?) async

    /// Makes the hub hand the instance out although nothing happened to it.
    func wake(_ instanceID: String, note: String) async throws

    /// Waits for an activity to run, and leases it for ``leaseDuration``.
    ///
    /// - Returns: nil once the intake is closed or the task is cancelled.
    func nextActivity(_ filter: WorkFilter, _ intake: Intake) async throws -> ActivityWorkItem?

    /// Waits for a running activity, fetched through this intake, whose result nobody wants any more: its instance was
    /// ended, or its lease was lost.
    ///
    /// - Returns: nil once the intake is closed or the task is cancelled.
    func nextCancellation(_ intake: Intake) async -> ActivityWorkItem?

    /// Stores the result of an activity. It is durable when the call returns.
    ///
    /// - Throws: ``TaskHubError`` `leaseLost` when the activity was given to somebody else; drop the result then.
    func complete(_ item: ActivityWorkItem, with result: Result<String?, TaskFailure>) async throws

    /// Extends leases by ``leaseDuration`` from now, and keeps the items' progress for their next attempts.
    ///
    /// - Returns: the items whose lease was lost.
    func renew(_ items: [ActivityWorkItem]) async -> [ActivityWorkItem]

    /// Gives the item back undone; it will be handed out again.
    func abandon(_ item: ActivityWorkItem) async throws

    /// Takes back what its holder has left behind without a word; it will be handed out again, and alone if it has
    /// happened often.
    func lose(_ item: ActivityWorkItem) async throws

    /// The same of an instance.
    func lose(_ item: OrchestrationWorkItem) async

    /// The same of an entity.
    func lose(_ item: EntityWorkItem) async

    /// Waits for an entity with operations to run. No other caller gets the same entity until the item is completed
    /// or abandoned.
    ///
    /// - Returns: nil once the intake is closed or the task is cancelled.
    func nextEntity(_ filter: WorkFilter, _ intake: Intake) async throws -> EntityWorkItem?

    /// Stores the state of an entity, the answers to its callers and what it asks of others, in one transaction.
    ///
    /// - Throws: ``TaskHubError`` `leaseLost` when the state is another one meanwhile; then nothing was stored.
    func complete(_ item: EntityWorkItem, with turn: EntityTurn) async throws

    /// Gives the item back undone; its operations will be handed out again.
    func abandon(_ item: EntityWorkItem, because reason: String?) async

    /// Ends the waiting fetches of an intake and all its later ones.
    func close(_ intake: Intake)
}

extension TaskHub {
    /// Gives the item back, where nobody counts what is lost.
    public func lose(_ item: ActivityWorkItem) async throws { try await abandon(item) }

    /// Gives the item back, where nobody counts what is lost.
    public func lose(_ item: OrchestrationWorkItem) async { await abandon(item, because: nil) }

    /// Gives the item back, where nobody counts what is lost.
    public func lose(_ item: EntityWorkItem) async { await abandon(item, because: nil) }
}
