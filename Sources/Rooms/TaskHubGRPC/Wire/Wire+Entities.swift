// Darkroom
// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Protobuf

// What a client asks about entities.
extension Wire {
    /// Somebody asks an entity for something without waiting for it.
    struct SignalEntityRequest: ProtobufMessage, Equatable {
        var instanceID = ""
        var name = ""
        var input: String?
        var requestID = ""
        var scheduledTime: Date?
        var parentTraceContext: TraceContext?
        var requestTime: Date?
        var unknownFields = ProtobufUnknownFields()

        mutating func decode(_ field: Int, from reader: inout ProtobufReader) throws {
            switch field {
            case 1: try reader.read(&instanceID)
            case 2: try reader.read(&name)
            case 3: try reader.readText(&input)
            case 4: try reader.read(&requestID)
            case 5: try reader.readTime(&scheduledTime)
            case 6: try reader.read(&parentTraceContext)
            case 7: try reader.readTime(&requestTime)
            default: break
            }
        }

        func encode(into writer: inout ProtobufWriter) {
            writer.write(instanceID, as: 1)
            writer.write(name, as: 2)
            writer.writeText(input, as: 3)
            writer.write(requestID, as: 4)
            writer.writeTime(scheduledTime, as: 5)
            writer.write(ifPresent: parentTraceContext, as: 6)
            writer.writeTime(requestTime, as: 7)
        }
    }

    /// Somebody asks what is known of an entity.
    struct GetEntityRequest: ProtobufMessage, Equatable {
        var instanceID = ""
        var includeState = false
        var unknownFields = ProtobufUnknownFields()

        mutating func decode(_ field: Int, from reader: inout ProtobufReader) throws {
            switch field {
            case 1: try reader.read(&instanceID)
            case 2: try reader.read(&includeState)
            default: break
            }
        }

        func encode(into writer: inout ProtobufWriter) {
            writer.write(instanceID, as: 1)
            writer.write(includeState, as: 2)
        }
    }

    /// What is known of an entity, if there is one.
    struct GetEntityResponse: ProtobufMessage, Equatable {
        var exists = false
        var entity: EntityMetadata?
        var unknownFields = ProtobufUnknownFields()

        mutating func decode(_ field: Int, from reader: inout ProtobufReader) throws {
            switch field {
            case 1: try reader.read(&exists)
            case 2: try reader.read(&entity)
            default: break
            }
        }

        func encode(into writer: inout ProtobufWriter) {
            writer.write(exists, as: 1)
            writer.write(ifPresent: entity, as: 2)
        }
    }

    /// What is known of an entity.
    struct EntityMetadata: ProtobufMessage, Equatable {
        var instanceID = ""
        var lastModifiedTime: Date?
        var backlogQueueSize: Int32 = 0
        var lockedBy: String?
        var serializedState: String?
        var unknownFields = ProtobufUnknownFields()

        mutating func decode(_ field: Int, from reader: inout ProtobufReader) throws {
            switch field {
            case 1: try reader.read(&instanceID)
            case 2: try reader.readTime(&lastModifiedTime)
            case 3: try reader.read(&backlogQueueSize)
            case 4: try reader.readText(&lockedBy)
            case 5: try reader.readText(&serializedState)
            default: break
            }
        }

        func encode(into writer: inout ProtobufWriter) {
            writer.write(instanceID, as: 1)
            writer.writeTime(lastModifiedTime, as: 2)
            writer.write(backlogQueueSize, as: 3)
            writer.writeText(lockedBy, as: 4)
            writer.writeText(serializedState, as: 5)
        }
    }

    /// Which entities to list.
    struct EntityQuery: ProtobufMessage, Equatable {
        var instanceIDStartsWith: String?
        var lastModifiedFrom: Date?
        var lastModifiedTo: Date?
        var includeState = false
        var includeTransient = false
        var pageSize: Int32?
        var continuationToken: String?
        var unknownFields = ProtobufUnknownFields()

        mutating func decode(_ field: Int, from reader: inout ProtobufReader) throws {
            switch field {
            case 1: try reader.readText(&instanceIDStartsWith)
            case 2: try reader.readTime(&lastModifiedFrom)
            case 3: try reader.readTime(&lastModifiedTo)
            case 4: try reader.read(&includeState)
            case 5: try reader.read(&includeTransient)
            case 6: try reader.readNumber(&pageSize)
            case 7: try reader.readText(&continuationToken)
            default: break
            }
        }

        func encode(into writer: inout ProtobufWriter) {
            writer.writeText(instanceIDStartsWith, as: 1)
            writer.writeTime(lastModifiedFrom, as: 2)
            writer.writeTime(lastModifiedTo, as: 3)
            writer.write(includeState, as: 4)
            writer.write(includeTransient, as: 5)
            writer.writeNumber(pageSize, as: 6)
            writer.writeText(continuationToken, as: 7)
        }
    }

    /// Somebody lists entities.
    struct QueryEntitiesRequest: ProtobufMessage, Equatable {
        var query: EntityQuery?
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

    /// A page of a list.
    struct QueryEntitiesResponse: ProtobufMessage, Equatable {
        var entities: [EntityMetadata] = []
        var continuationToken: String?
        var unknownFields = ProtobufUnknownFields()

        mutating func decode(_ field: Int, from reader: inout ProtobufReader) throws {
            switch field {
            case 1: try reader.read(&entities)
            case 2: try reader.readText(&continuationToken)
            default: break
            }
        }

        func encode(into writer: inout ProtobufWriter) {
            writer.write(entities, as: 1)
            writer.writeText(continuationToken, as: 2)
        }
    }

    /// Somebody removes what entities left behind.
    struct CleanEntityStorageRequest: ProtobufMessage, Equatable {
        var continuationToken: String?
        var removeEmptyEntities = false
        var releaseOrphanedLocks = false
        var unknownFields = ProtobufUnknownFields()

        mutating func decode(_ field: Int, from reader: inout ProtobufReader) throws {
            switch field {
            case 1: try reader.readText(&continuationToken)
            case 2: try reader.read(&removeEmptyEntities)
            case 3: try reader.read(&releaseOrphanedLocks)
            default: break
            }
        }

        func encode(into writer: inout ProtobufWriter) {
            writer.writeText(continuationToken, as: 1)
            writer.write(removeEmptyEntities, as: 2)
            writer.write(releaseOrphanedLocks, as: 3)
        }
    }

    /// What was removed.
    struct CleanEntityStorageResponse: ProtobufMessage, Equatable {
        var continuationToken: String?
        var emptyEntitiesRemoved: Int32 = 0
        var orphanedLocksReleased: Int32 = 0
        var unknownFields = ProtobufUnknownFields()

        mutating func decode(_ field: Int, from reader: inout ProtobufReader) throws {
            switch field {
            case 1: try reader.readText(&continuationToken)
            case 2: try reader.read(&emptyEntitiesRemoved)
            case 3: try reader.read(&orphanedLocksReleased)
            default: break
            }
        }

        func encode(into writer: inout ProtobufWriter) {
            writer.writeText(continuationToken, as: 1)
            writer.write(emptyEntitiesRemoved, as: 2)
            writer.write(orphanedLocksReleased, as: 3)
        }
    }
}
