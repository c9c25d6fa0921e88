// Darkroom
// SPDX-License-Identifier: Apache-2.0

public import DurableTask

/// As any client, but whoever asks hears nothing of failures and deaths.
extension TestHub: TaskHubClient {
    /// Creates an instance, or finds the one that has the id already, in one atomic step.
    public func start(_ request: StartRequest) async throws -> StartOutcome {
        try await insist { try await $0.start(request) }
    }

    /// What is known of an instance, with input and output; nil when there is none of this id.
    public func status(of id: String) async throws -> InstanceStatus? {
        try await insist { try await $0.status(of: id) }
    }

    /// Instances that match, newest first.
    public func list(_ query: InstanceQuery) async throws -> InstancePage {
        try await insist { try await $0.list(query) }
    }

    /// How many instances match in each state; the query's page does not count.
    public func countByStatus(_ query: InstanceQuery) async throws -> [RuntimeStatus: Int] {
        try await insist { try await $0.countByStatus(query) }
    }

    /// Waits until a worker has begun with an instance.
    public func waitForStart(of id: String) async throws -> InstanceStatus {
        try await insist { try await $0.waitForStart(of: id) }
    }

    /// Waits until an instance has ended, woken by the commit that ends it.
    public func waitForCompletion(of id: String) async throws -> InstanceStatus {
        try await insist { try await $0.waitForCompletion(of: id) }
    }

    /// What happened in an instance's current run so far, oldest first.
    public func history(of id: String) async throws -> [HistoryEvent] {
        try await insist { try await $0.history(of: id) }
    }

    /// What an unfinished instance waits for, one line each: on what, since when, and in whose hands it is.
    public func waits(of id: String) async throws -> [String] { try await insist { try await $0.waits(of: id) } }

    /// Tells an instance something, which waits until the instance asks for it.
    public func raiseEvent(_ event: SentEvent, ifMissing: MissingInstance) async throws {
        try await insist { try await $0.raiseEvent(event, ifMissing: ifMissing) }
    }

    /// Makes an instance hold still: it takes note of what happens and does nothing until it is resumed.
    public func suspend(_ id: String, reason: String?) async throws {
        try await insist { try await $0.suspend(id, reason: reason) }
    }

    /// Lets an instance go on that was suspended.
    public func resume(_ id: String, reason: String?) async throws {
        try await insist { try await $0.resume(id, reason: reason) }
    }

    /// Ends an instance as terminated once the hub gets to it.
    public func terminate(_ id: String, reason: String, isRecursive: Bool) async throws {
        try await insist { try await $0.terminate(id, reason: reason, isRecursive: isRecursive) }
    }

    /// Lets a failed instance try again what failed: its history loses the failures, and it goes on from there.
    public func rewind(_ id: String, reason: String?) async throws {
        try await insist { try await $0.rewind(id, reason: reason) }
    }

    /// Runs an instance that has ended again from its beginning, with the same id and input.
    public func restart(_ id: String) async throws { try await insist { try await $0.restart(id) } }

    /// Starts another instance with the name, input and tags of one that has ended.
    public func restart(_ id: String, as newID: String) async throws -> StartOutcome {
        try await insist { try await $0.restart(id, as: newID) }
    }

    /// Takes up an instance or its activities that the hub has set aside after too many attempts.
    @discardableResult
    public func retry(_ id: String) async throws -> Bool { try await insist { try await $0.retry(id) } }

    /// Deletes one instance that has ended, with its history.
    public func purge(_ id: String, isRecursive: Bool) async throws -> Int {
        try await insist { try await $0.purge(id, isRecursive: isRecursive) }
    }

    /// Deletes instances that have ended, with their histories, in small transactions.
    public func purge(_ filter: PurgeFilter) async throws -> Int { try await insist { try await $0.purge(filter) } }

    /// Asks an entity for something, without waiting for it. The request is durable when the call returns; an entity
    public func signal(_ operation: EntityOperation) async throws {
        try await insist { try await $0.signal(operation) }
    }

    /// What is known of an entity; nil when there is none of this id.
    public func entity(_ id: String, includesState: Bool) async throws -> EntityStatus? {
        try await insist { try await $0.entity(id, includesState: includesState) }
    }

    /// Entities that match, newest first.
    public func entities(_ query: EntityQuery) async throws -> EntityPage {
        try await insist { try await $0.entities(query) }
    }

    /// Deletes entities that hold nothing, and gives back locks whose holders are gone.
    public func cleanEntities(_ cleaning: EntityCleaning) async throws -> EntityCleaning.Report {
        try await insist { try await $0.cleanEntities(cleaning) }
    }
}
