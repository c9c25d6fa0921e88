// Darkroom
// SPDX-License-Identifier: Apache-2.0

public import DurableTask
import FoundationEssentials

/// What a program asks about many instances, and about entities; what each call does stands at ``TaskHubClient``.
extension GRPCTaskHub {
    /// Instances that match; by name and tag they are chosen here, so that a page may be short of its limit.
    public func list(_ query: InstanceQuery) async throws -> InstancePage {
        try require(.query)
        let request = Wire.QueryInstancesRequest(query: Wire.InstanceQuery(query))
        let response: Wire.QueryInstancesResponse = try await ask("QueryInstances", request)
        return InstancePage(
            instances: response.orchestrationState.map(InstanceStatus.init).filter(query.admits),
            next: response.continuationToken.ifNotEmpty)
    }

    /// How many instances match in each state, counted page by page.
    public func countByStatus(_ query: InstanceQuery) async throws -> [RuntimeStatus: Int] {
        var query = query
        query.includesPayloads = false
        query.limit = 1_000
        query.after = nil
        var counts: [RuntimeStatus: Int] = [:]
        repeat {
            let page = try await list(query)
            for instance in page.instances { counts[instance.status, default: 0] += 1 }
            query.after = page.next
        } while query.after != nil
        return counts
    }

    /// Deletes one instance that has ended.
    public func purge(_ id: String, isRecursive: Bool) async throws -> Int {
        try await purge(
            Wire.PurgeInstancesRequest(recursive: isRecursive, isOrchestration: true, kind: .instanceID(id)))
    }

    /// Deletes instances that have ended; those before a time are listed first and deleted one by one.
    public func purge(_ filter: PurgeFilter) async throws -> Int {
        // No state at all means every state to the protocol.
        if filter.statuses.isEmpty { return 0 }
        if filter.endedBefore != nil { return try await purgeListed(filter) }
        let wanted = Wire.PurgeInstanceFilter(
            createdTimeFrom: filter.createdFrom, createdTimeTo: filter.createdTo,
            runtimeStatus: Wire.OrchestrationStatus.numbers(filter.statuses))
        return try await purge(
            Wire.PurgeInstancesRequest(
                recursive: filter.isRecursive, isOrchestration: true, kind: .purgeInstanceFilter(wanted)))
    }

    private func purge(_ request: Wire.PurgeInstancesRequest) async throws -> Int {
        var count = 0
        while true {
            let response: Wire.PurgeInstancesResponse = try await ask("PurgeInstances", request)
            count += Int(response.deletedInstanceCount)
            if response.isComplete ?? true { return count }
        }
    }

    private func purgeListed(_ filter: PurgeFilter) async throws -> Int {
        var query = InstanceQuery(statuses: filter.statuses, limit: 500)
        query.createdFrom = filter.createdFrom
        query.createdTo = filter.createdTo
        var doomed: [String] = []
        repeat {
            let page = try await list(query)
            doomed += page.instances.filter { filter.admits($0) }.map(\.id)
            query.after = page.next
        } while query.after != nil
        var count = 0
        for id in doomed { count += try await purge(id, isRecursive: filter.isRecursive) }
        return count
    }

    // MARK: Entities

    /// Asks an entity for something, without waiting for it.
    public func signal(_ operation: EntityOperation) async throws {
        try require(.entities)
        try await tell("SignalEntity", Wire.SignalEntityRequest(operation, at: clock.now))
    }

    /// What is known of an entity.
    public func entity(_ id: String, includesState: Bool) async throws -> EntityStatus? {
        try require(.entities)
        let request = Wire.GetEntityRequest(instanceID: id, includeState: includesState)
        let response: Wire.GetEntityResponse = try await ask("GetEntity", request)
        return response.exists ? response.entity.map(EntityStatus.init) : nil
    }

    /// Entities that match.
    public func entities(_ query: EntityQuery) async throws -> EntityPage {
        try require(.entities)
        let request = Wire.QueryEntitiesRequest(query: Wire.EntityQuery(query))
        let response: Wire.QueryEntitiesResponse = try await ask("QueryEntities", request)
        return EntityPage(
            entities: response.entities.map(EntityStatus.init), next: response.continuationToken.ifNotEmpty)
    }

    /// Deletes entities that hold nothing, and gives back locks whose holders are gone.
    public func cleanEntities(_ cleaning: EntityCleaning) async throws -> EntityCleaning.Report {
        try require(.entities)
        var request = Wire.CleanEntityStorageRequest(
            removeEmptyEntities: cleaning.removesEmptyEntities, releaseOrphanedLocks: cleaning.releasesOrphanedLocks)
        var report = EntityCleaning.Report()
        repeat {
            let response: Wire.CleanEntityStorageResponse = try await ask("CleanEntityStorage", request)
            report.removedEntities += Int(response.emptyEntitiesRemoved)
            report.releasedLocks += Int(response.orphanedLocksReleased)
            request.continuationToken = response.continuationToken.ifNotEmpty
        } while request.continuationToken != nil
        return report
    }
}

extension InstanceQuery {
    /// What the protocol's query has no field for.
    fileprivate func admits(_ status: InstanceStatus) -> Bool {
        let isInTime =
            (endedFrom == nil && endedTo == nil)
            || status.endedAt.map { $0 >= endedFrom ?? .distantPast && $0 <= endedTo ?? .distantFuture } ?? false
        return isInTime && (name == nil || name?.lowercased() == status.name.lowercased())
            && tags.allSatisfy { status.tags[$0.key] == $0.value }
    }
}

extension PurgeFilter {
    fileprivate func admits(_ status: InstanceStatus) -> Bool {
        guard status.status.isFinal, let endedAt = status.endedAt else { return false }
        return endedBefore.map { endedAt < $0 } ?? true
    }
}
