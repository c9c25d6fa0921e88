// Darkroom
// SPDX-License-Identifier: Apache-2.0

package import FoundationEssentials

/// A small durable object: a value that the hub keeps under a key, and the operations that may change it.
///
/// Operations on one entity run one after the other, wherever the callers are; entities come into being with their
/// first operation. A failed operation leaves no trace: neither its changes nor what it wanted started or signalled.
/// An operation may run again after a crash unless its outcome was already stored, so effects outside the hub belong
/// into an ``Activity`` or carry ``EntityContext/requestID``.
///
///     struct Counter: Entity {
///         static let name = "counter"
///         var total = 0
///
///         static let add = Operation<Int, Int>("add") { counter, amount, _ in
///             counter.total += amount
///             return counter.total
///         }
///         static let reset = Operation<Nothing, Nothing>("reset") { counter, _, _ in
///             counter.total = 0
///             return Nothing()
///         }
///         static let operations = Operations(add, reset)
///     }
///
/// The same values call them: `hub.signal(Counter.add, 5, on: "cart-7")`.
///
/// Stored states outlive the program, so new members of the type are optional or have a decoder that fills them in.
public protocol Entity: Codable, Sendable {
    /// The kind's name, without `@`; it must not change while entities exist. Case does not count.
    static var name: String { get }

    /// What may be asked of it.
    ///
    /// An operation `delete` that the list does not have deletes the state.
    static var operations: EntityOperations<Self> { get }

    /// The state before the first operation.
    init()
}

extension Entity {
    /// An operation of this kind of entity.
    public typealias Operation<Input: Codable & Sendable, Output: Codable & Sendable> =
        TypedEntityOperation<Self, Input, Output>

    /// The operations of this kind of entity.
    public typealias Operations = EntityOperations<Self>

    /// The entity of this kind with a key.
    public static func id(_ key: String) -> EntityID { EntityID(name, key) }
}

/// An operation with its types: what runs it and what calls it.
public struct TypedEntityOperation<State: Entity, Input: Codable & Sendable, Output: Codable & Sendable>: Sendable {
    /// The name by which requests ask for it; case does not count.
    public let name: String
    let body: @Sendable (inout State, Input, EntityContext) async throws -> Output

    /// An operation with its name and what it does.
    ///
    /// - Parameter body: Changes the state and answers; an error undoes all it did.
    public init(
        _ name: String, _ body: @escaping @Sendable (inout State, Input, EntityContext) async throws -> Output
    ) {
        self.name = name
        self.body = body
    }

    /// The request that asks for it.
    ///
    /// - Throws: ``TaskFailure`` when the input cannot be written as JSON.
    package func request(_ input: Input, on key: String, id: String, at time: Date? = nil) throws -> EntityOperation {
        var request = EntityOperation(
            requestID: id, operation: name, input: try Payload.encode(input), target: State.id(key).instanceID)
        request.scheduledTime = time
        return request
    }
}

/// The operations of a kind of entity, by name.
public struct EntityOperations<State: Entity>: Sendable {
    typealias Body = @Sendable (inout State, String?, EntityContext) async throws -> String

    private var bodies: [String: Body] = [:]

    /// The operations in the list; no two have one name.
    public init<each Input, each Output>(_ operation: repeat TypedEntityOperation<State, each Input, each Output>) {
        repeat add(each operation)
    }

    private mutating func add<Input, Output>(_ operation: TypedEntityOperation<State, Input, Output>) {
        let name = operation.name
        precondition(bodies[name.lowercased()] == nil, "two operations of \"\(State.name)\" are called \"\(name)\"")
        bodies[name.lowercased()] = { state, input, context in
            let what = "the input of operation \"\(name)\" of \(context.id)"
            let input = try Payload.decode(Input.self, from: input, what: what)
            return try Payload.encode(try await operation.body(&state, input, context))
        }
    }

    func named(_ name: String) -> Body? {
        if let body = bodies[name.lowercased()] { return body }
        return name.lowercased() == "delete" ? Self.delete : nil
    }

    private static var delete: Body {
        { _, _, context in
            context.deleteState()
            return "null"
        }
    }
}
