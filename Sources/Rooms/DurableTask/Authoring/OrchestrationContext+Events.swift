// Darkroom
// SPDX-License-Identifier: Apache-2.0

// What instances tell each other, and what comes from outside.
extension OrchestrationContext {
    /// Waits for an event and takes its value.
    ///
    /// Names are compared without case. An event that came before anybody waited is kept, also when the instance
    /// continues as new; events of one name are taken in the order in which they came, each once. A wait that is
    /// cancelled takes none.
    ///
    /// - Throws: ``TaskFailure`` of type `InvalidPayload` when the value is of another shape; the event is consumed
    ///   then. `CancellationError` when the waiting task is cancelled.
    public func event<Value: Decodable>(_ name: String, as value: Value.Type) async throws -> Value {
        let text = try await core.event(named: name)
        return try Payload.decode(value, from: text, what: "the value of event \"\(name)\"")
    }

    /// Waits for an event whose value does not matter.
    ///
    /// - Throws: `CancellationError` when the waiting task is cancelled.
    public func event(_ name: String) async throws { _ = try await core.event(named: name) }

    /// Tells another instance something; nobody hears whether it exists.
    ///
    /// - Throws: ``TaskFailure`` of type `InvalidPayload`; `CancellationError` in a cancelled task.
    public func send(event name: String, _ value: some Encodable, to instanceID: String) async throws {
        let event = SentEvent(instanceID: instanceID, name: name, input: try Payload.encode(value))
        try await core.tell(.sendEvent(event))
    }

    /// Tells another instance that something happened.
    ///
    /// - Throws: `CancellationError` in a cancelled task.
    public func send(event name: String, to instanceID: String) async throws {
        try await core.tell(.sendEvent(SentEvent(instanceID: instanceID, name: name, input: nil)))
    }
}
