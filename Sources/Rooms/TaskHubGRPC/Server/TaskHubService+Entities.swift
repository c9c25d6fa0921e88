// Darkroom
// SPDX-License-Identifier: Apache-2.0

import DurableTask

/// What clients ask about entities.
extension TaskHubService {
    func signalEntity(_ request: Wire.SignalEntityRequest) async throws -> Wire.Empty {
        try await hub.signal(EntityOperation(request))
        return Wire.Empty()
    }

    func entity(_ request: Wire.GetEntityRequest) async throws -> Wire.GetEntityResponse {
        let status = try await hub.entity(request.instanceID, includesState: request.includeState)
        return Wire.GetEntityResponse(exists: status != nil, entity: status.map(Wire.EntityMetadata.init))
    }

    func queryEntities(_ request: Wire.QueryEntitiesRequest) async throws -> Wire.QueryEntitiesResponse {
        let page = try await hub.entities(EntityQuery(request.query ?? Wire.EntityQuery()))
        return Wire.QueryEntitiesResponse(
            entities: page.entities.map(Wire.EntityMetadata.init), continuationToken: page.next)
    }

    func cleanEntities(
        _ request: Wire.CleanEntityStorageRequest
    ) async throws -> Wire.CleanEntityStorageResponse {
        var cleaning = EntityCleaning()
        cleaning.removesEmptyEntities = request.removeEmptyEntities
        cleaning.releasesOrphanedLocks = request.releaseOrphanedLocks
        let report = try await hub.cleanEntities(cleaning)
        return Wire.CleanEntityStorageResponse(
            emptyEntitiesRemoved: Int32(clamping: report.removedEntities),
            orphanedLocksReleased: Int32(clamping: report.releasedLocks))
    }
}
