// Darkroom
// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Telemetry

extension EmbeddedTaskHub {
    /// Waits for an entity with operations to run.
    public func nextEntity(_ filter: WorkFilter, _ intake: Intake) async throws -> EntityWorkItem? {
        try await nextInstance(.entities(filter), intake) { ready in
            guard let page = try await self.load(ready) else { return nil }
            let item = EntityWorkItem(page)
            guard item.operations.isEmpty else { return try await self.resolved(item) }
            try await self.passLocksOn(item)
            return nil
        }
    }

    /// The item with its large state and inputs.
    private func resolved(_ item: EntityWorkItem) async throws -> EntityWorkItem {
        var resolved = item
        do {
            resolved.state = try await resolvingPayload(item.state)
            for index in item.operations.indices {
                resolved.operations[index].input = try await resolvingPayload(item.operations[index].input)
            }
            return resolved
        } catch {
            finish(item.instanceID, mustReload: true)
            throw error
        }
    }

    /// Deals with messages that no operation is among: locks that change hands.
    private func passLocksOn(_ item: EntityWorkItem) async throws {
        do {
            if !item.plan.isEmpty { try await store(item, EntityTurn(results: [], state: item.state)) }
            finish(item.instanceID, mustReload: item.plan.mustLookAgain)
        } catch {
            finish(item.instanceID, mustReload: true)
            throw error
        }
    }

    /// Stores what operations did to their entity, their answers and what they ask of others, in one transaction.
    ///
    /// Should the store not take that, the operations have failed, and the entity is as it was.
    public func complete(_ item: EntityWorkItem, with turn: EntityTurn) async throws {
        do {
            try await store(item, turn)
        } catch let error as TaskHubError where error.code == .invalid {
            let failure = TaskFailure(
                type: TaskFailure.EngineType.invalidPayload, message: error.message, isRetriable: false)
            let results: [Result<String?, TaskFailure>] = turn.results.map { _ in .failure(failure) }
            try await store(item, EntityTurn(results: results, state: item.state))
        }
        finish(item.instanceID, mustReload: item.plan.mustLookAgain)
    }

    private func store(_ item: EntityWorkItem, _ turn: EntityTurn) async throws {
        let turn = await referring(to: configuration.bounded(turn, of: item), of: item)
        try await journal.perform(item.locks(with: turn.carrier)) { try $0.complete(item, with: turn) }
    }

    /// A state that is what it was keeps its row.
    private func referring(to turn: EntityTurn, of item: EntityWorkItem) async -> Referring<EntityTurn> {
        guard turn.state == item.state else { return await referring(to: turn) }
        var turn = turn
        turn.state = item.storedState
        return await referring(to: turn)
    }

    /// Asks an entity for something, without waiting for it; the request is durable when the call returns.
    public func signal(_ operation: EntityOperation) async throws {
        if let fault = NameFault.of(operation) { throw fault.refusal }
        if let failure = configuration.failure(ofPayload: operation.input, "the input") {
            throw TaskHubError(refusing: failure)
        }
        let input = referring(to: operation.input)
        var operation = operation
        operation.input = input.carrier
        try await ask(HubLocks(targets: [operation.target])) { [operation] draft in
            draft.changes.payloads += input.payloads
            draft.signal(operation)
        }
    }

    /// What is known of an entity.
    public func entity(_ id: String, includesState: Bool) async throws -> EntityStatus? {
        guard let status = try await store.entity(id)?.status(includesState: includesState) else { return nil }
        return try await resolvingState(of: status)
    }

    /// Entities that match, newest first.
    public func entities(_ query: EntityQuery) async throws -> EntityPage {
        var page = try await store.entities(query)
        var entities: [EntityStatus] = []
        for entity in page.entities {
            if let whole = try await resolvingState(of: entity) { entities.append(whole) }
        }
        page.entities = entities
        return page
    }

    /// Deletes entities that hold nothing, and gives back locks whose holders are gone.
    public func cleanEntities(_ cleaning: EntityCleaning) async throws -> EntityCleaning.Report {
        var report = EntityCleaning.Report()
        var query = EntityQuery()
        query.includesTransient = true
        query.includesState = false
        repeat {
            try Task.checkCancellation()
            let page = try await store.entities(query)
            if cleaning.releasesOrphanedLocks {
                for entity in page.entities {
                    if try await releaseOrphanedLock(of: entity) { report.releasedLocks += 1 }
                }
            }
            if cleaning.removesEmptyEntities {
                let idle = page.entities.filter { $0.lockedBy == nil && $0.backlog == 0 }.map(\.instanceID)
                report.removedEntities += try await asMember { try await store.deleteEmptyEntities(idle) }
            }
            query.after = page.next
        } while query.after != nil
        return report
    }

    /// - Returns: whether the holder was gone.
    private func releaseOrphanedLock(of entity: EntityStatus) async throws -> Bool {
        guard let holder = entity.lockedBy, try await store.status(of: holder)?.status.isFinal ?? true else {
            return false
        }
        try await ask(HubLocks([entity.instanceID])) { draft in
            draft.releaseLock(of: entity.instanceID, heldBy: holder)
        }
        return true
    }
}

/// What ``TaskHubClient/cleanEntities(_:)`` does.
public struct EntityCleaning: Sendable {
    /// Whether entities without a state are deleted when nothing waits for them.
    public var removesEmptyEntities = true
    /// Whether locks are given back whose holders have ended.
    public var releasesOrphanedLocks = true

    /// Everything.
    public init() {}

    /// What was done.
    public struct Report: Sendable, Equatable {
        /// How many entities were deleted.
        public var removedEntities = 0
        /// How many locks were given back.
        public var releasedLocks = 0

        /// Nothing.
        public init() {}
    }
}

extension HubConfiguration {
    /// The turn with answers that can be stored.
    fileprivate func bounded(_ turn: EntityTurn, of item: EntityWorkItem) -> EntityTurn {
        if let failure = failure(ofPayload: turn.state, "the state of the entity") {
            return refused(turn, of: item, failure)
        }
        for effect in turn.effects {
            if let failure = NameFault.of(effect)?.failure ?? failure(ofPayload: effect.payload, effect.payloadName) {
                return refused(turn, of: item, failure)
            }
        }
        var turn = turn
        turn.results = turn.results.map { result in
            switch result {
            case .success(let output):
                failure(ofPayload: output, "the output of the operation").map { .failure($0) } ?? result
            case .failure(let failure): .failure(bounded(failure))
            }
        }
        return turn
    }

    /// The turn of operations that have failed and left no trace.
    private func refused(_ turn: EntityTurn, of item: EntityWorkItem, _ failure: TaskFailure) -> EntityTurn {
        EntityTurn(results: turn.results.map { _ in .failure(failure) }, state: item.state)
    }
}

extension EntityEffect {
    /// What the text is that it carries.
    fileprivate var payloadName: String {
        switch self {
        case .signal(let operation): "the input of operation \"\(operation.operation)\""
        case .start(let request): "the input of orchestration \"\(request.name)\""
        }
    }
}
