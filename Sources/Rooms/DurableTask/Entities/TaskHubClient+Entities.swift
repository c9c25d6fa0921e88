// Darkroom
// SPDX-License-Identifier: Apache-2.0

public import FoundationEssentials

extension TaskHubClient {
    /// Asks an entity for something without waiting for it; it is durable when the call returns.
    ///
    /// - Parameter time: When it is to run; nil for at once.
    /// - Throws: what ``signal(_:)`` throws; ``TaskFailure`` when the input cannot be written as JSON.
    public func signal<State: Entity, Input, Output>(
        _ operation: TypedEntityOperation<State, Input, Output>, _ input: Input, on key: String, at time: Date? = nil
    ) async throws {
        try await signal(try operation.request(input, on: key, id: newRequestID(), at: time))
    }

    /// Asks an entity that is known by its id alone.
    ///
    /// - Parameter time: When it is to run; nil for at once.
    /// - Throws: what ``signal(_:)`` throws; ``TaskFailure`` when the input cannot be written as JSON.
    public func signal(
        _ entity: EntityID, _ operation: String, _ input: some Encodable = Nothing(), at time: Date? = nil
    ) async throws {
        var request = EntityOperation(
            requestID: newRequestID(), operation: operation, input: try Payload.encode(input),
            target: entity.instanceID)
        request.scheduledTime = time
        try await signal(request)
    }

    /// The state of an entity as the last stored operation left it; nil when it has none.
    ///
    /// - Throws: ``TaskFailure`` when the state is of another shape.
    public func state<State: Entity>(of entity: State.Type, _ key: String) async throws -> State? {
        let id = State.id(key)
        guard let text = try await self.entity(id.instanceID, includesState: true)?.state else { return nil }
        return try Payload.decode(State.self, from: text, what: "the state of \(id)")
    }

    private func newRequestID() -> String { UUID().uuidString.lowercased() }
}
