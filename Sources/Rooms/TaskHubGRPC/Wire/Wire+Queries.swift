// Darkroom
// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Protobuf

// What a client asks about many instances.
extension Wire {
    /// Somebody lists instances.
    struct QueryInstancesRequest: ProtobufMessage, Equatable {
        var query: InstanceQuery?
        var unknownFields = ProtobufUnknownFields()

        mutating func decode(_ field: Int, from reader: inout ProtobufReader) throws {
            switch field {
            case 1: try reader.read(&query)
            default: break
            }
        }

        func encode(into writer: inout ProtobufWriter) {
            writer.write(ifPresent: query, as: 1)
        }
    }

    /// Which instances to list.
    struct InstanceQuery: ProtobufMessage, Equatable {
        var runtimeStatus: [Int32] = []
        var createdTimeFrom: Date?
        var createdTimeTo: Date?
        var taskHubNames: [TextValue] = []
        var maxInstanceCount: Int32 = 0
        var continuationToken: String?
        var instanceIDPrefix: String?
        var fetchInputsAndOutputs = false
        var unknownFields = ProtobufUnknownFields()

        mutating func decode(_ field: Int, from reader: inout ProtobufReader) throws {
            switch field {
            case 1: try reader.readNumbers(&runtimeStatus)
            case 2: try reader.readTime(&createdTimeFrom)
            case 3: try reader.readTime(&createdTimeTo)
            case 4: try reader.read(&taskHubNames)
            case 5: try reader.read(&maxInstanceCount)
            case 6: try reader.readText(&continuationToken)
            case 7: try reader.readText(&instanceIDPrefix)
            case 8: try reader.read(&fetchInputsAndOutputs)
            default: break
            }
        }

        func encode(into writer: inout ProtobufWriter) {
            writer.writeNumbers(runtimeStatus, as: 1)
            writer.writeTime(createdTimeFrom, as: 2)
            writer.writeTime(createdTimeTo, as: 3)
            writer.write(taskHubNames, as: 4)
            writer.write(maxInstanceCount, as: 5)
            writer.writeText(continuationToken, as: 6)
            writer.writeText(instanceIDPrefix, as: 7)
            writer.write(fetchInputsAndOutputs, as: 8)
        }
    }

    /// A page of a list.
    struct QueryInstancesResponse: ProtobufMessage, Equatable {
        var orchestrationState: [OrchestrationState] = []
        var continuationToken: String?
        var unknownFields = ProtobufUnknownFields()

        mutating func decode(_ field: Int, from reader: inout ProtobufReader) throws {
            switch field {
            case 1: try reader.read(&orchestrationState)
            case 2: try reader.readText(&continuationToken)
            default: break
            }
        }

        func encode(into writer: inout ProtobufWriter) {
            writer.write(orchestrationState, as: 1)
            writer.writeText(continuationToken, as: 2)
        }
    }

    /// Somebody lists the ids of instances that ended.
    struct ListInstanceIdsRequest: ProtobufMessage, Equatable {
        var runtimeStatus: [Int32] = []
        var completedTimeFrom: Date?
        var completedTimeTo: Date?
        var pageSize: Int32 = 0
        var lastInstanceKey: String?
        var unknownFields = ProtobufUnknownFields()

        mutating func decode(_ field: Int, from reader: inout ProtobufReader) throws {
            switch field {
            case 1: try reader.readNumbers(&runtimeStatus)
            case 2: try reader.readTime(&completedTimeFrom)
            case 3: try reader.readTime(&completedTimeTo)
            case 4: try reader.read(&pageSize)
            case 5: try reader.readText(&lastInstanceKey)
            default: break
            }
        }

        func encode(into writer: inout ProtobufWriter) {
            writer.writeNumbers(runtimeStatus, as: 1)
            writer.writeTime(completedTimeFrom, as: 2)
            writer.writeTime(completedTimeTo, as: 3)
            writer.write(pageSize, as: 4)
            writer.writeText(lastInstanceKey, as: 5)
        }
    }

    /// A page of ids.
    struct ListInstanceIdsResponse: ProtobufMessage, Equatable {
        var instanceIDs: [String] = []
        var lastInstanceKey: String?
        var unknownFields = ProtobufUnknownFields()

        mutating func decode(_ field: Int, from reader: inout ProtobufReader) throws {
            switch field {
            case 1: try reader.read(&instanceIDs)
            case 2: try reader.readText(&lastInstanceKey)
            default: break
            }
        }

        func encode(into writer: inout ProtobufWriter) {
            writer.write(instanceIDs, as: 1)
            writer.writeText(lastInstanceKey, as: 2)
        }
    }

    /// Somebody deletes instances that ended.
    struct PurgeInstancesRequest: ProtobufMessage, Equatable {
        var recursive = false
        var isOrchestration = false
        var kind: Kind?
        var unknownFields = ProtobufUnknownFields()

        enum Kind: Sendable, Equatable {
            case instanceID(String)
            case purgeInstanceFilter(PurgeInstanceFilter)
            case instanceBatch(InstanceBatch)
        }

        mutating func decode(_ field: Int, from reader: inout ProtobufReader) throws {
            switch field {
            case 1: kind = try reader.readTextCase(kind) { .instanceID($0) }
            case 2: kind = try reader.readCase(kind) { .purgeInstanceFilter($0) }
            case 4: kind = try reader.readCase(kind) { .instanceBatch($0) }
            case 3: try reader.read(&recursive)
            case 5: try reader.read(&isOrchestration)
            default: break
            }
        }

        func encode(into writer: inout ProtobufWriter) {
            switch kind {
            case .instanceID(let value): writer.write(ifPresent: value, as: 1)
            case .purgeInstanceFilter(let value): writer.write(ifPresent: value, as: 2)
            case .instanceBatch(let value): writer.write(ifPresent: value, as: 4)
            case nil: break
            }
            writer.write(recursive, as: 3)
            writer.write(isOrchestration, as: 5)
        }
    }

    /// Which instances to delete.
    struct PurgeInstanceFilter: ProtobufMessage, Equatable {
        var createdTimeFrom: Date?
        var createdTimeTo: Date?
        var runtimeStatus: [Int32] = []
        var timeout: Duration?
        var unknownFields = ProtobufUnknownFields()

        mutating func decode(_ field: Int, from reader: inout ProtobufReader) throws {
            switch field {
            case 1: try reader.readTime(&createdTimeFrom)
            case 2: try reader.readTime(&createdTimeTo)
            case 3: try reader.readNumbers(&runtimeStatus)
            case 4: try reader.readDuration(&timeout)
            default: break
            }
        }

        func encode(into writer: inout ProtobufWriter) {
            writer.writeTime(createdTimeFrom, as: 1)
            writer.writeTime(createdTimeTo, as: 2)
            writer.writeNumbers(runtimeStatus, as: 3)
            writer.writeDuration(timeout, as: 4)
        }
    }

    /// Instances by id.
    struct InstanceBatch: ProtobufMessage, Equatable {
        var instanceIDs: [String] = []
        var unknownFields = ProtobufUnknownFields()

        mutating func decode(_ field: Int, from reader: inout ProtobufReader) throws {
            switch field {
            case 1: try reader.read(&instanceIDs)
            default: break
            }
        }

        func encode(into writer: inout ProtobufWriter) {
            writer.write(instanceIDs, as: 1)
        }
    }

    /// How many were deleted.
    struct PurgeInstancesResponse: ProtobufMessage, Equatable {
        var deletedInstanceCount: Int32 = 0
        var isComplete: Bool?
        var unknownFields = ProtobufUnknownFields()

        mutating func decode(_ field: Int, from reader: inout ProtobufReader) throws {
            switch field {
            case 1: try reader.read(&deletedInstanceCount)
            case 2: try reader.readFlag(&isComplete)
            default: break
            }
        }

        func encode(into writer: inout ProtobufWriter) {
            writer.write(deletedInstanceCount, as: 1)
            writer.writeFlag(isComplete, as: 2)
        }
    }

    /// Somebody ends instances without their workers.
    struct SkipGracefulOrchestrationTerminationsRequest: ProtobufMessage, Equatable {
        var instanceBatch: InstanceBatch?
        var reason: String?
        var unknownFields = ProtobufUnknownFields()

        mutating func decode(_ field: Int, from reader: inout ProtobufReader) throws {
            switch field {
            case 1: try reader.read(&instanceBatch)
            case 2: try reader.readText(&reason)
            default: break
            }
        }

        func encode(into writer: inout ProtobufWriter) {
            writer.write(ifPresent: instanceBatch, as: 1)
            writer.writeText(reason, as: 2)
        }
    }

    /// Which of them did not end.
    struct SkipGracefulOrchestrationTerminationsResponse: ProtobufMessage, Equatable {
        var unterminatedInstanceIDs: [String] = []
        var unknownFields = ProtobufUnknownFields()

        mutating func decode(_ field: Int, from reader: inout ProtobufReader) throws {
            switch field {
            case 1: try reader.read(&unterminatedInstanceIDs)
            default: break
            }
        }

        func encode(into writer: inout ProtobufWriter) {
            writer.write(unterminatedInstanceIDs, as: 1)
        }
    }

    /// Somebody makes a hub.
    struct CreateTaskHubRequest: ProtobufMessage, Equatable {
        var recreateIfExists = false
        var unknownFields = ProtobufUnknownFields()

        mutating func decode(_ field: Int, from reader: inout ProtobufReader) throws {
            switch field {
            case 1: try reader.read(&recreateIfExists)
            default: break
            }
        }

        func encode(into writer: inout ProtobufWriter) {
            writer.write(recreateIfExists, as: 1)
        }
    }
}
