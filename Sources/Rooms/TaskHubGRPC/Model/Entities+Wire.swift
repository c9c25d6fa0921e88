// Darkroom
// SPDX-License-Identifier: Apache-2.0

import DurableTask
import FoundationEssentials
import Telemetry

extension EntityStatus {
    init(_ entity: Wire.EntityMetadata) {
        self.init(
            instanceID: entity.instanceID, updatedAt: entity.lastModifiedTime.orBeginning,
            backlog: Int(entity.backlogQueueSize), lockedBy: entity.lockedBy.ifNotEmpty,
            state: entity.serializedState)
    }
}

extension Wire.EntityMetadata {
    init(_ status: EntityStatus) {
        instanceID = status.instanceID
        lastModifiedTime = status.updatedAt
        backlogQueueSize = Int32(clamping: status.backlog)
        lockedBy = status.lockedBy
        serializedState = status.state
    }
}

extension EntityQuery {
    init(_ query: Wire.EntityQuery) {
        self.init()
        idPrefix = query.instanceIDStartsWith.ifNotEmpty
        updatedFrom = query.lastModifiedFrom
        updatedTo = query.lastModifiedTo
        includesState = query.includeState
        includesTransient = query.includeTransient
        if let size = query.pageSize, size > 0 { limit = Int(size) }
        after = query.continuationToken.ifNotEmpty
    }
}

extension Wire.EntityQuery {
    init(_ query: EntityQuery) {
        instanceIDStartsWith = query.idPrefix
        lastModifiedFrom = query.updatedFrom
        lastModifiedTo = query.updatedTo
        includeState = query.includesState
        includeTransient = query.includesTransient
        pageSize = Int32(clamping: query.limit)
        continuationToken = query.after
    }
}

extension EntityOperation {
    /// A signal from outside.
    init(_ request: Wire.SignalEntityRequest) {
        self.init(
            requestID: request.requestID.isEmpty ? UUID().uuidString.lowercased() : request.requestID,
            operation: request.name, input: request.input, target: request.instanceID)
        scheduledTime = request.scheduledTime
        traceContext = TraceContext(request.parentTraceContext)
    }
}

extension Wire.SignalEntityRequest {
    init(_ operation: EntityOperation, at now: Date) {
        instanceID = operation.target
        name = operation.operation
        input = operation.input
        requestID = operation.requestID
        scheduledTime = operation.scheduledTime
        parentTraceContext = operation.traceContext.map(Wire.TraceContext.init)
        requestTime = now
    }
}
