// Darkroom
// SPDX-License-Identifier: Apache-2.0

public import Telemetry

/// Runs operations of entities: a batch and a state in, results, a state and effects out.
public struct EntityRunner: Sendable {
    private let registry: TaskRegistry
    private let clock: any HubClock
    private let log: Log

    /// A runner for the entities of a registry.
    public init(_ registry: TaskRegistry, clock: any HubClock = SystemHubClock(), log: Log = .silent) {
        self.registry = registry
        self.clock = clock
        self.log = log
    }

    /// Runs the operations in order; each sees the state that the one before left.
    ///
    /// A failed operation changes nothing and wants nothing. Ids that are not an entity's, and kinds that the registry
    /// does not have, fail every operation.
    public func run(_ item: EntityWorkItem) async -> EntityTurn { await run(item, isTraced: false).turn }

    /// Runs the operations, each under its trace.
    ///
    /// - Returns: the turn, and the spans of the operations when they are recorded.
    func run(_ item: EntityWorkItem, isTraced: Bool) async -> (turn: EntityTurn, spans: [TraceSpan]) {
        var turn = EntityTurn(results: [], state: item.state)
        guard let id = EntityID(instanceID: item.instanceID), let kind = registry.entity(named: id.name) else {
            let failure = TaskFailure.notFound("entity", item.instanceID, TaskFailure.EngineType.entityNotFound)
            turn.results = item.operations.map { _ in .failure(failure) }
            return (turn, [])
        }
        var spans: [TraceSpan] = []
        for (operation, isCall) in zip(item.operations, item.isCall) {
            let context = EntityContext(id, requestID: operation.requestID, now: clock.now, log: log)
            let own = isTraced ? operation.span : nil
            let result = await TraceContext.$current.withValue(own ?? operation.traceContext) {
                await run(operation, of: kind, context, &turn)
            }
            turn.results.append(result)
            guard let own else { continue }
            var span = TraceSpan(of: operation, isCall: isCall, own, from: context.now, to: clock.now)
            if case .failure(let failure) = result { span.fail(failure) }
            spans.append(span)
        }
        return (turn, spans)
    }

    private func run(
        _ operation: EntityOperation, of kind: TaskRegistry.EntityKind, _ context: EntityContext,
        _ turn: inout EntityTurn
    ) async -> Result<String?, TaskFailure> {
        do {
            let outcome = try await kind(operation, turn.state, context)
            for effect in context.effects {
                if let fault = NameFault.of(effect) { throw fault.failure }
            }
            turn.state = context.deletesState ? nil : outcome.state
            turn.effects += context.effects
            return .success(outcome.result)
        } catch {
            let failure = TaskFailure(error)
            log(
                .info, "an operation of an entity failed",
                ["entity": "\(context.id)", "operation": operation.operation, "failure": "\(failure)"])
            return .failure(failure)
        }
    }
}

extension TaskRegistry {
    /// One operation on a kind of entity, with its state as JSON text before and after.
    typealias EntityKind =
        @Sendable (EntityOperation, String?, EntityContext) async throws -> (result: String, state: String)

    /// Adds a kind of entity.
    public mutating func add<State: Entity>(_ entity: State.Type) {
        let name = EntityID(State.name, "").name
        precondition(entities[name] == nil, "two kinds of entity are called \"\(name)\"")
        let operations = State.operations
        entities[name] = { operation, text, context in
            guard let body = operations.named(operation.operation) else {
                throw TaskFailure(
                    type: TaskFailure.EngineType.operationNotFound,
                    message: "entities of kind \"\(name)\" have no operation \"\(operation.operation)\"",
                    isRetriable: false)
            }
            var state = State()
            if let text { state = try Payload.decode(State.self, from: text, what: "the state of \(context.id)") }
            let result = try await body(&state, operation.input, context)
            return (result, try Payload.encode(state))
        }
    }

    /// The names of all kinds of entity, in lower case.
    var entityNames: Set<String> { Set(entities.keys) }

    func entity(named name: String) -> EntityKind? { entities[name.lowercased()] }
}
