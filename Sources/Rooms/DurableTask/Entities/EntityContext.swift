// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import Crypto
public import FoundationEssentials
public import Telemetry

/// What an operation of an entity may know, and what it may have done.
///
/// Nothing happens before the operation has ended well; then it happens together with the change of the state.
public final class EntityContext: Sendable {
    /// The entity.
    public let id: EntityID
    /// Names the request; the same text however often the operation runs.
    public let requestID: String
    /// When the operation runs.
    public let now: Date
    /// The worker's log.
    public let log: Log
    private let wishes = Lock(Wishes())

    private struct Wishes {
        var effects: [EntityEffect] = []
        var deletesState = false
    }

    /// A context for calling an operation by hand, as tests do.
    public init(_ id: EntityID, requestID: String = "request", now: Date = Date(), log: Log = .silent) {
        self.id = id
        self.requestID = requestID
        self.now = now
        self.log = log
    }

    /// What the operation has asked for so far.
    public var effects: [EntityEffect] { wishes.withLock { $0.effects } }

    /// Asks another entity, or this one, for something without waiting for it.
    ///
    /// - Parameter time: When it is to run; nil for at once.
    /// - Throws: ``TaskFailure`` when the input cannot be written as JSON.
    public func signal<State: Entity, Input, Output>(
        _ operation: TypedEntityOperation<State, Input, Output>, _ input: Input, on key: String, at time: Date? = nil
    ) throws {
        send(try operation.request(input, on: key, id: nextID(), at: time))
    }

    /// Asks an entity that is known by its id alone.
    ///
    /// - Parameter time: When it is to run; nil for at once.
    /// - Throws: ``TaskFailure`` when the input cannot be written as JSON.
    public func signal(
        _ entity: EntityID, _ operation: String, _ input: some Encodable, at time: Date? = nil
    ) throws {
        var request = EntityOperation(
            requestID: nextID(), operation: operation, input: try Payload.encode(input), target: entity.instanceID)
        request.scheduledTime = time
        send(request)
    }

    /// Starts an orchestration.
    ///
    /// - Parameters:
    ///   - id: The instance's id; nil for a new one. An instance that has it already is left alone.
    ///   - time: When it is to begin; nil for at once.
    /// - Returns: the instance's id.
    /// - Throws: ``TaskFailure`` when the input cannot be written as JSON.
    @discardableResult
    public func start<Workflow: Orchestration>(
        _ workflow: Workflow.Type, _ input: Workflow.Input, id: String? = nil, at time: Date? = nil
    ) throws -> String {
        var request = StartRequest(id: id ?? nextID(), name: Workflow.name, input: try Payload.encode(input))
        request.scheduledStart = time
        start(request)
        return request.id
    }

    /// Starts an orchestration that is known by its name alone.
    public func start(_ request: StartRequest) {
        wishes.withLock { $0.effects.append(.start(request)) }
    }

    /// Deletes the entity's state once the operation has ended; the next operation begins a new one.
    public func deleteState() {
        wishes.withLock { $0.deletesState = true }
    }

    var deletesState: Bool { wishes.withLock { $0.deletesState } }

    private func send(_ request: EntityOperation) {
        var request = request
        // What an entity asks of itself may go on for ever; a trace must not.
        if request.target == id.instanceID { request.traceContext = nil }
        wishes.withLock { $0.effects.append(.signal(request)) }
    }

    /// An id for what is asked for next: the same in every run of the request, and shaped as a UUID.
    private func nextID() -> String {
        let digest = Digest.sha1.of(Array("\(id)\u{0}\(requestID)\u{0}\(effects.count)".utf8))
        let digits = hex(digest.prefix(16))
        let cuts = [0..<8, 8..<12, 12..<16, 16..<20, 20..<32]
        return cuts.map { String(digits.dropFirst($0.lowerBound).prefix($0.count)) }.joined(separator: "-")
    }
}
