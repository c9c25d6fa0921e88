// Darkroom
// SPDX-License-Identifier: Apache-2.0

import DurableTask
import FoundationEssentials
import Telemetry

extension StartRequest {
    /// A start as it came; without an id it gets one.
    ///
    /// - Throws: ``ProtocolError`` for what no hub keeps.
    init(_ request: Wire.CreateInstanceRequest) throws {
        let id = request.instanceID.isEmpty ? UUID().uuidString.lowercased() : request.instanceID
        self.init(
            id: try id.checkedNewInstance(), name: try request.name.checkedName("an orchestration's name"),
            input: request.input)
        version = try request.version.checkedVersion()
        tags = try request.tags.checkedTags()
        scheduledStart = request.scheduledStartTimestamp
        replaces = Wire.OrchestrationStatus.statuses(request.idReusePolicy?.replaceableStatus ?? [])
        traceContext = TraceContext(request.parentTraceContext)
    }
}

extension Wire.CreateInstanceRequest {
    init(_ request: StartRequest, at now: Date) {
        instanceID = request.id
        name = request.name
        version = request.version
        input = request.input
        scheduledStartTimestamp = request.scheduledStart
        if !request.replaces.isEmpty {
            idReusePolicy = Wire.OrchestrationIdReusePolicy(
                replaceableStatus: Wire.OrchestrationStatus.numbers(request.replaces))
        }
        tags = request.tags
        parentTraceContext = request.traceContext.map(Wire.TraceContext.init)
        requestTime = now
    }
}

extension InstanceStatus {
    init(_ state: Wire.OrchestrationState) {
        let created = state.createdTimestamp.orBeginning
        self.init(
            id: state.instanceID, name: state.name, status: state.orchestrationStatus.status, createdAt: created,
            updatedAt: state.lastUpdatedTimestamp ?? created)
        endedAt = state.completedTimestamp ?? (status.isFinal ? updatedAt : nil)
        input = state.input
        output = state.output
        customStatus = state.customStatus
        failure = state.failureDetails?.failure
        executionID = state.executionID ?? ""
        version = state.version
        tags = state.tags
        parentID = state.parentInstanceID
        scheduledStart = state.scheduledStartTimestamp
    }
}

extension Wire.OrchestrationState {
    init(_ status: InstanceStatus, includesPayloads: Bool) {
        instanceID = status.id
        name = status.name
        version = status.version
        orchestrationStatus = Wire.OrchestrationStatus(status.status)
        scheduledStartTimestamp = status.scheduledStart
        createdTimestamp = status.createdAt
        lastUpdatedTimestamp = status.updatedAt
        executionID = status.executionID.isEmpty ? nil : status.executionID
        completedTimestamp = status.endedAt
        parentInstanceID = status.parentID
        tags = status.tags
        if includesPayloads { addPayloads(of: status) }
    }

    private mutating func addPayloads(of status: InstanceStatus) {
        input = status.input
        output = status.output
        customStatus = status.customStatus
        failureDetails = status.failure.map(Wire.TaskFailureDetails.init)
    }
}

extension InstanceQuery {
    /// - Throws: ``ProtocolError`` for what matches nothing.
    init(_ query: Wire.InstanceQuery) throws {
        self.init(
            statuses: try Wire.OrchestrationStatus.wanted(query.runtimeStatus),
            idPrefix: try query.instanceIDPrefix.map { try $0.checked("an id's beginning") },
            limit: query.maxInstanceCount > 0 ? Int(query.maxInstanceCount) : 100,
            after: query.continuationToken.ifNotEmpty)
        createdFrom = query.createdTimeFrom
        createdTo = query.createdTimeTo
        includesPayloads = query.fetchInputsAndOutputs
    }

    /// - Throws: ``ProtocolError`` for what matches nothing.
    init(_ request: Wire.ListInstanceIdsRequest) throws {
        self.init(
            statuses: try Wire.OrchestrationStatus.wanted(request.runtimeStatus),
            limit: request.pageSize > 0 ? Int(request.pageSize) : 100, after: request.lastInstanceKey.ifNotEmpty)
        endedFrom = request.completedTimeFrom
        endedTo = request.completedTimeTo
    }
}

extension Wire.InstanceQuery {
    init(_ query: InstanceQuery) {
        runtimeStatus = Wire.OrchestrationStatus.numbers(query.statuses)
        createdTimeFrom = query.createdFrom
        createdTimeTo = query.createdTo
        maxInstanceCount = Int32(clamping: query.limit)
        continuationToken = query.after
        instanceIDPrefix = query.idPrefix
        fetchInputsAndOutputs = query.includesPayloads
    }
}

extension String? {
    /// Nil for empty text: some clients send it for nothing.
    var ifNotEmpty: String? { self?.isEmpty == false ? self : nil }
}
