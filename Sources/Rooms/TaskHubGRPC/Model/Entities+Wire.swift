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
    /// - Throws: ``ProtocolError`` for what matches nothing.
    init(_ query: Wire.EntityQuery) throws {
        self.init()
        idPrefix = try query.instanceIDStartsWith.ifNotEmpty.map { try $0.checked("an id's beginning") }
        updatedFrom = query.lastModifiedFrom
        updatedTo = query.lastModifiedTo
        includesState = query.includeState
        includesTransient = query.includeTransient
        if let size = query.pageSize, size > 0 { limit = Int(size) }
        after = query.continuationToken.ifNotEmpty
        if let after, Int64(after) == nil {
            throw ProtocolError("\"\(after)\" is not where a page ended; pass the last page's own text")
        }
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
    ///
    /// - Throws: ``ProtocolError`` when no entity can be asked for it.
    init(_ request: Wire.SignalEntityRequest) throws {
        self.init(
            requestID: request.requestID.isEmpty
                ? UUID().uuidString.lowercased() : try request.requestID.checked("a request's id"),
            operation: try request.name.checked("an operation's name"), input: request.input,
            target: try request.instanceID.checkedEntity())
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
