// Darkroom
// SPDX-License-Identifier: Apache-2.0

public import FoundationEssentials

// Entities.
extension OrchestrationContext {
    /// Asks an entity for something and waits for its answer.
    ///
    ///     let total = try await context.call(Counter.add, 5, on: "cart-7")
    ///
    /// - Throws: as ``call(_:_:_:as:)``.
    public func call<State: Entity, Input, Output>(
        _ operation: TypedEntityOperation<State, Input, Output>, _ input: Input, on key: String
    ) async throws -> Output {
        try await call(State.id(key), operation.name, input, as: Output.self)
    }

    /// Asks an entity for something without waiting.
    ///
    /// - Throws: as ``signal(_:_:_:at:)``.
    public func signal<State: Entity, Input, Output>(
        _ operation: TypedEntityOperation<State, Input, Output>, _ input: Input, on key: String, at time: Date? = nil
    ) async throws {
        try await signal(State.id(key), operation.name, input, at: time)
    }

    /// Asks an entity that is known by its id alone, and waits for its answer.
    ///
    /// Requests of one instance to one entity arrive in the order in which they were made.
    ///
    /// - Throws: ``TaskFailure`` of the operation, or of type `CriticalSection` when a rule of ``lock(_:body:)``
    ///   forbids it; `CancellationError` when the waiting task is cancelled, while the operation itself may still run.
    public func call<Output: Decodable>(
        _ entity: EntityID, _ operation: String, _ input: some Encodable = Nothing(), as output: Output.Type
    ) async throws -> Output {
        let answer = try await core.call(try request(entity, operation, input))
        return try Payload.decode(output, from: answer, what: "the answer of \"\(entity)\" to \"\(operation)\"")
    }

    /// Asks an entity that is known by its id alone, without waiting; nobody hears whether it fails.
    ///
    /// - Parameter time: When it is to run; nil for at once.
    /// - Throws: ``TaskFailure`` of type `CriticalSection` when a rule of ``lock(_:body:)`` forbids it;
    ///   `CancellationError` in a cancelled task.
    public func signal(
        _ entity: EntityID, _ operation: String, _ input: some Encodable = Nothing(), at time: Date? = nil
    ) async throws {
        var request = try request(entity, operation, input)
        request.scheduledTime = time.map { Date(millisecondsSince1970: $0.millisecondsSince1970) }
        try await core.signal(request)
    }

    /// Runs a closure while no other instance may use these entities.
    ///
    /// Locks are taken in the order of the entities' ids and given back when the closure ends, however it does, and
    /// when the instance ends. While they are held, the instance may call the locked entities, each one call at a
    /// time, and activities; it may not signal them, call other entities or orchestrations, or ask for further locks.
    /// So no two instances ever wait for each other.
    ///
    ///     try await context.lock(from, to) {
    ///         _ = try await context.call(from, "withdraw", amount, as: Int.self)
    ///         _ = try await context.call(to, "deposit", amount, as: Int.self)
    ///     }
    ///
    /// - Throws: what the closure threw; ``TaskFailure`` of type `CriticalSection` when the instance holds locks or
    ///   waits for some; `CancellationError` when the waiting task is cancelled.
    public func lock<Value>(_ entities: EntityID..., body: () async throws -> Value) async throws -> Value {
        try await lock(entities, body: body)
    }

    /// Runs a closure while no other instance may use these entities, of which there may be none.
    ///
    /// - Throws: as ``lock(_:body:)``.
    public func lock<Value>(_ entities: [EntityID], body: () async throws -> Value) async throws -> Value {
        let entities = Set(entities.map(\.instanceID)).sorted()
        guard !entities.isEmpty else { return try await body() }
        let section = try await core.lock(
            EntityLockRequest(
                criticalSectionID: "\(newUUID())".lowercased(), lockSet: entities, parentInstanceID: instanceID,
                parentExecutionID: core.executionID))
        defer { core.unlock(section) }
        return try await body()
    }

    private func request(_ entity: EntityID, _ operation: String, _ input: some Encodable) throws -> EntityOperation {
        var request = EntityOperation(
            requestID: "\(newUUID())".lowercased(), operation: operation, input: try Payload.encode(input),
            target: entity.instanceID)
        request.parentInstanceID = instanceID
        request.parentExecutionID = core.executionID
        return request
    }
}
