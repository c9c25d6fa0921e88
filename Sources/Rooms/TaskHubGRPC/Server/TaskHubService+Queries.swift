// Darkroom
// SPDX-License-Identifier: Apache-2.0

import DurableTask
import GRPC

/// What clients ask about many instances.
extension TaskHubService {
    /// How many ids a batch may name.
    private static let batchLimit = 500

    func query(_ request: Wire.QueryInstancesRequest) async throws -> Wire.QueryInstancesResponse {
        let query = InstanceQuery(request.query ?? Wire.InstanceQuery())
        let page = try await hub.list(query)
        return Wire.QueryInstancesResponse(
            orchestrationState: page.instances.map {
                Wire.OrchestrationState($0, includesPayloads: query.includesPayloads)
            },
            continuationToken: page.next)
    }

    func listIDs(_ request: Wire.ListInstanceIdsRequest) async throws -> Wire.ListInstanceIdsResponse {
        let page = try await hub.list(InstanceQuery(request))
        return Wire.ListInstanceIdsResponse(instanceIDs: page.instances.map(\.id), lastInstanceKey: page.next)
    }

    func purge(_ request: Wire.PurgeInstancesRequest) async throws -> Wire.PurgeInstancesResponse {
        switch request.kind {
        case .instanceID(let id): try await purge([id], recursive: request.recursive)
        case .instanceBatch(let batch): try await purge(try ids(of: batch), recursive: request.recursive)
        case .purgeInstanceFilter(let filter):
            Wire.PurgeInstancesResponse(
                deletedInstanceCount: Int32(
                    clamping: try await hub.purge(PurgeFilter(filter, isRecursive: request.recursive))),
                isComplete: true)
        case nil: throw GRPCStatus(.invalidArgument, "the request says nothing of what to purge")
        }
    }

    private func purge(_ ids: [String], recursive: Bool) async throws -> Wire.PurgeInstancesResponse {
        var count = 0
        for id in ids { count += try await hub.purge(id, isRecursive: recursive) }
        return Wire.PurgeInstancesResponse(deletedInstanceCount: Int32(clamping: count), isComplete: true)
    }

    /// Ends instances at once, without asking what they do.
    func skipGracefulTerminations(
        _ request: Wire.SkipGracefulOrchestrationTerminationsRequest
    ) async throws -> Wire.SkipGracefulOrchestrationTerminationsResponse {
        var left: [String] = []
        for id in try ids(of: request.instanceBatch ?? Wire.InstanceBatch()) {
            do {
                try await hub.terminate(id, reason: reason(request.reason), isRecursive: false)
            } catch let error as TaskHubError where error.code == .notFound {
                left.append(id)
            }
        }
        return Wire.SkipGracefulOrchestrationTerminationsResponse(unterminatedInstanceIDs: left)
    }

    private func ids(of batch: Wire.InstanceBatch) throws -> [String] {
        guard batch.instanceIDs.count <= Self.batchLimit else {
            throw GRPCStatus(.invalidArgument, "a batch names at most \(Self.batchLimit) instances; send several")
        }
        return batch.instanceIDs
    }
}

extension PurgeFilter {
    fileprivate init(_ filter: Wire.PurgeInstanceFilter, isRecursive: Bool) {
        self.init()
        self.isRecursive = isRecursive
        createdFrom = filter.createdTimeFrom
        createdTo = filter.createdTimeTo
        if !filter.runtimeStatus.isEmpty { statuses = Wire.OrchestrationStatus.statuses(filter.runtimeStatus) }
    }
}
