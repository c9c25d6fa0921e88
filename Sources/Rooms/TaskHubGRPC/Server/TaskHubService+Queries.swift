// Darkroom
// SPDX-License-Identifier: Apache-2.0

import DurableTask
import GRPC
import Protobuf

/// What clients ask about many instances.
extension TaskHubService {
    /// How many ids a batch may name.
    private static let batchLimit = 500

    func query(_ request: Wire.QueryInstancesRequest) async throws -> Wire.QueryInstancesResponse {
        let query = try InstanceQuery(request.query ?? Wire.InstanceQuery())
        let page = try await page(query) { status in
            Wire.OrchestrationState(status, includesPayloads: query.includesPayloads)
        } size: {
            $0.protobuf.count
        }
        return Wire.QueryInstancesResponse(orchestrationState: page.rows, continuationToken: page.next)
    }

    private func page<Row>(
        _ query: InstanceQuery, _ row: (InstanceStatus) -> Row, size: (Row) -> Int
    ) async throws -> Page<Row> {
        var query = query
        let bounds = configuration.page(of: query.limit, withPayloads: query.includesPayloads)
        return try await Page.gather(
            within: bounds, after: query.after, size: size,
            fetch: { count, after in
                (query.limit, query.after) = (count, after)
                let part = try await hub.list(query)
                return (part.instances.map(row), part.next)
            })
    }

    func listIDs(_ request: Wire.ListInstanceIdsRequest) async throws -> Wire.ListInstanceIdsResponse {
        let page = try await page(try InstanceQuery(request)) {
            $0.id
        } size: {
            $0.utf8.count + 8
        }
        return Wire.ListInstanceIdsResponse(instanceIDs: page.rows, lastInstanceKey: page.next)
    }

    func purge(_ request: Wire.PurgeInstancesRequest) async throws -> Wire.PurgeInstancesResponse {
        switch request.kind {
        case .instanceID(let id): try await purge([id], recursive: request.recursive)
        case .instanceBatch(let batch): try await purge(try ids(of: batch), recursive: request.recursive)
        case .purgeInstanceFilter(let filter): try await purge(filter, recursive: request.recursive)
        case nil: throw GRPCStatus(.invalidArgument, "the request says nothing of what to purge")
        }
    }

    private func purge(_ ids: [String], recursive: Bool) async throws -> Wire.PurgeInstancesResponse {
        var count = 0
        for id in ids { count += try await hub.purge(try id.checked("an instance's id"), isRecursive: recursive) }
        return Wire.PurgeInstancesResponse(deletedInstanceCount: Int32(clamping: count), isComplete: true)
    }

    private func purge(
        _ filter: Wire.PurgeInstanceFilter, recursive: Bool
    ) async throws -> Wire.PurgeInstancesResponse {
        let wanted = PurgeFilter(filter, isRecursive: recursive)
        if let timeout = filter.timeout { return try await purge(wanted, until: .now + timeout) }
        let count = try await hub.purge(wanted)
        return Wire.PurgeInstancesResponse(deletedInstanceCount: Int32(clamping: count), isComplete: true)
    }

    /// Deletes instances one by one, at least one of them however little time there is.
    private func purge(
        _ filter: PurgeFilter, until end: ContinuousClock.Instant
    ) async throws -> Wire.PurgeInstancesResponse {
        var response = Wire.PurgeInstancesResponse(isComplete: true)
        if filter.statuses.isEmpty { return response }
        var query = InstanceQuery(filter)
        var count = 0
        repeat {
            let page = try await hub.list(query)
            for instance in page.instances {
                if count > 0, end <= .now {
                    response.isComplete = false
                    break
                }
                count += try await purgeIfEnded(instance.id, recursive: filter.isRecursive)
            }
            query.after = response.isComplete == true ? page.next : nil
        } while query.after != nil
        response.deletedInstanceCount = Int32(clamping: count)
        return response
    }

    /// - Returns: how many were deleted; none when it was started again meanwhile.
    private func purgeIfEnded(_ id: String, recursive: Bool) async throws -> Int {
        do {
            return try await hub.purge(id, isRecursive: recursive)
        } catch let error as TaskHubError where error.code == .running {
            return 0
        }
    }

    /// Ends instances at once, without asking what they do.
    func skipGracefulTerminations(
        _ request: Wire.SkipGracefulOrchestrationTerminationsRequest
    ) async throws -> Wire.SkipGracefulOrchestrationTerminationsResponse {
        var left: [String] = []
        for id in try ids(of: request.instanceBatch ?? Wire.InstanceBatch()) {
            do {
                try await hub.terminate(
                    try id.checked("an instance's id"), reason: reason(request.reason), isRecursive: false)
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

extension InstanceQuery {
    /// What a filter of ended instances matches.
    fileprivate init(_ filter: PurgeFilter) {
        self.init(statuses: filter.statuses)
        createdFrom = filter.createdFrom
        createdTo = filter.createdTo
    }
}

extension PurgeFilter {
    fileprivate init(_ filter: Wire.PurgeInstanceFilter, isRecursive: Bool) {
        self.init()
        self.isRecursive = isRecursive
        createdFrom = filter.createdTimeFrom
        createdTo = filter.createdTimeTo
        if !filter.runtimeStatus.isEmpty {
            statuses = Wire.OrchestrationStatus.statuses(filter.runtimeStatus).filter(\.isFinal)
        }
    }
}
