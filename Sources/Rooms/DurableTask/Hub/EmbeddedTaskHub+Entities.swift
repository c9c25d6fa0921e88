// Darkroom
// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Telemetry

extension EmbeddedTaskHub {
    /// Waits for an entity with operations to run.
    public func nextEntity(_ filter: WorkFilter, _ intake: Intake) async throws -> EntityWorkItem? {
        try await nextInstance(.entities(filter), intake) { ready in
            guard let page = try await self.load(ready.news) else { return nil }
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
            if !item.plan.messages.isEmpty { try await store(item, EntityTurn(results: [], state: item.state)) }
            finish(item.instanceID, mustReload: item.plan.mustLookAgain)
        } catch {
            finish(item.instanceID, mustReload: true)
            throw error
        }
    }

    /// Stores what operations did to their entity, their answers and what they ask of others, in one transaction.
    public func complete(_ item: EntityWorkItem, with turn: EntityTurn) async throws {
        try await store(item, turn)
        finish(item.instanceID, mustReload: item.plan.mustLookAgain)
    }

    private func store(_ item: EntityWorkItem, _ turn: EntityTurn) async throws {
        let bounded = configuration.bounded(turn, of: item)
        let turn = try await storingPayloads(of: bounded, for: item.instanceID)
        try await journal.perform(item.locks(with: turn)) { try $0.complete(item, with: turn) }
    }

    /// Gives the item back undone; its operations are handed out again.
    public func abandon(_ item: EntityWorkItem, because reason: String?) async {
        if let reason {
            log(.warning, "an entity could not be processed", ["entity": item.instanceID, "reason": reason])
        }
        finish(item.instanceID, mustReload: true)
    }

    /// Asks an entity for something, without waiting for it; the request is durable when the call returns.
    public func signal(_ operation: EntityOperation) async throws {
        guard EntityName(id: operation.target) != nil else {
            throw TaskHubError(.invalid, "an entity's id is \"@name@key\", not \"\(operation.target)\"")
        }
        if let failure = configuration.failure(ofPayload: operation.input, "the input") {
            throw TaskHubError(refusing: failure)
        }
        var operation = operation
        operation.input = try await storingPayload(operation.input, for: operation.target)
        try await ask(HubLocks(targets: [operation.target])) { [operation] in $0.signal(operation) }
    }

    /// What is known of an entity.
    public func entity(_ id: String, includesState: Bool) async throws -> EntityStatus? {
        guard var status = try await store.entity(id)?.status(includesState: includesState) else { return nil }
        let state = try await resolvingPayload(status.state)
        status.state = state
        return status
    }

    /// Entities that match, newest first.
    public func entities(_ query: EntityQuery) async throws -> EntityPage {
        var page = try await store.entities(query)
        for index in page.entities.indices {
            let state = try await resolvingPayload(page.entities[index].state)
            page.entities[index].state = state
        }
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
            for entity in page.entities { try await clean(entity, cleaning, &report) }
            query.after = page.next
        } while query.after != nil
        return report
    }

    private func clean(
        _ entity: EntityStatus, _ cleaning: EntityCleaning, _ report: inout EntityCleaning.Report
    ) async throws {
        if cleaning.releasesOrphanedLocks, let holder = entity.lockedBy,
            try await store.status(of: holder)?.status.isFinal ?? true
        {
            try await ask(HubLocks([entity.instanceID])) { draft in
                draft.releaseLock(of: entity.instanceID, heldBy: holder)
            }
            report.releasedLocks += 1
        } else if cleaning.removesEmptyEntities, entity.lockedBy == nil, entity.backlog == 0,
            try await store.entity(entity.instanceID)?.state == nil
        {
            report.removedEntities += try await ask(HubLocks([entity.instanceID])) { draft in
                draft.clean([entity.instanceID])
            }
        }
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
            return EntityTurn(results: turn.results.map { _ in .failure(failure) }, state: item.state)
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
}
