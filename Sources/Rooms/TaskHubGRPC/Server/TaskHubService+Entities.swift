// Darkroom
// SPDX-License-Identifier: Apache-2.0

import DurableTask
import Protobuf

/// What clients ask about entities.
extension TaskHubService {
    func signalEntity(_ request: Wire.SignalEntityRequest) async throws -> Wire.Empty {
        try await hub.signal(try EntityOperation(request))
        return Wire.Empty()
    }

    func entity(_ request: Wire.GetEntityRequest) async throws -> Wire.GetEntityResponse {
        let id = try request.instanceID.checkedEntity()
        let status = try await hub.entity(id, includesState: request.includeState)
        return Wire.GetEntityResponse(exists: status != nil, entity: status.map(Wire.EntityMetadata.init))
    }

    func queryEntities(_ request: Wire.QueryEntitiesRequest) async throws -> Wire.QueryEntitiesResponse {
        var query = try EntityQuery(request.query ?? Wire.EntityQuery())
        let bounds = configuration.page(of: query.limit, withPayloads: query.includesState)
        let page = try await Page<Wire.EntityMetadata>.gather(within: bounds, after: query.after) {
            $0.protobuf.count
        } fetch: { count, after in
            (query.limit, query.after) = (count, after)
            let part = try await hub.entities(query)
            return (part.entities.map(Wire.EntityMetadata.init), part.next)
        }
        return Wire.QueryEntitiesResponse(entities: page.rows, continuationToken: page.next)
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
