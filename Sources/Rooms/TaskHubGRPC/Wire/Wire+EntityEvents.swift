// Darkroom
// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Protobuf

// Events of entities, which are also the messages to them.
extension Wire {
    /// An operation is requested without waiting for an answer.
    struct EntityOperationSignaled: ProtobufMessage, Equatable {
        var requestID = ""
        var operation = ""
        var scheduledTime: Date?
        var input: String?
        var targetInstanceID: String?
        var unknownFields = ProtobufUnknownFields()

        mutating func decode(_ field: Int, from reader: inout ProtobufReader) throws {
            switch field {
            case 1: try reader.read(&requestID)
            case 2: try reader.read(&operation)
            case 3: try reader.readTime(&scheduledTime)
            case 4: try reader.readText(&input)
            case 5: try reader.readText(&targetInstanceID)
            default: break
            }
        }

        func encode(into writer: inout ProtobufWriter) {
            writer.write(requestID, as: 1)
            writer.write(operation, as: 2)
            writer.writeTime(scheduledTime, as: 3)
            writer.writeText(input, as: 4)
            writer.writeText(targetInstanceID, as: 5)
        }
    }

    /// An operation is requested.
    struct EntityOperationCalled: ProtobufMessage, Equatable {
        var requestID = ""
        var operation = ""
        var scheduledTime: Date?
        var input: String?
        var parentInstanceID: String?
        var parentExecutionID: String?
        var targetInstanceID: String?
        var unknownFields = ProtobufUnknownFields()

        mutating func decode(_ field: Int, from reader: inout ProtobufReader) throws {
            switch field {
            case 1: try reader.read(&requestID)
            case 2: try reader.read(&operation)
            case 3: try reader.readTime(&scheduledTime)
            case 4: try reader.readText(&input)
            case 5: try reader.readText(&parentInstanceID)
            case 6: try reader.readText(&parentExecutionID)
            case 7: try reader.readText(&targetInstanceID)
            default: break
            }
        }

        func encode(into writer: inout ProtobufWriter) {
            writer.write(requestID, as: 1)
            writer.write(operation, as: 2)
            writer.writeTime(scheduledTime, as: 3)
            writer.writeText(input, as: 4)
            writer.writeText(parentInstanceID, as: 5)
            writer.writeText(parentExecutionID, as: 6)
            writer.writeText(targetInstanceID, as: 7)
        }
    }

    /// An entity answered.
    struct EntityOperationCompleted: ProtobufMessage, Equatable {
        var requestID = ""
        var output: String?
        var unknownFields = ProtobufUnknownFields()

        mutating func decode(_ field: Int, from reader: inout ProtobufReader) throws {
            switch field {
            case 1: try reader.read(&requestID)
            case 2: try reader.readText(&output)
            default: break
            }
        }

        func encode(into writer: inout ProtobufWriter) {
            writer.write(requestID, as: 1)
            writer.writeText(output, as: 2)
        }
    }

    /// An entity failed.
    struct EntityOperationFailed: ProtobufMessage, Equatable {
        var requestID = ""
        var failureDetails: TaskFailureDetails?
        var unknownFields = ProtobufUnknownFields()

        mutating func decode(_ field: Int, from reader: inout ProtobufReader) throws {
            switch field {
            case 1: try reader.read(&requestID)
            case 2: try reader.read(&failureDetails)
            default: break
            }
        }

        func encode(into writer: inout ProtobufWriter) {
            writer.write(requestID, as: 1)
            writer.write(ifPresent: failureDetails, as: 2)
        }
    }

    /// Locks are requested.
    struct EntityLockRequested: ProtobufMessage, Equatable {
        var criticalSectionID = ""
        var lockSet: [String] = []
        var position: Int32 = 0
        var parentInstanceID: String?
        var unknownFields = ProtobufUnknownFields()

        mutating func decode(_ field: Int, from reader: inout ProtobufReader) throws {
            switch field {
            case 1: try reader.read(&criticalSectionID)
            case 2: try reader.read(&lockSet)
            case 3: try reader.read(&position)
            case 4: try reader.readText(&parentInstanceID)
            default: break
            }
        }

        func encode(into writer: inout ProtobufWriter) {
            writer.write(criticalSectionID, as: 1)
            writer.write(lockSet, as: 2)
            writer.write(position, as: 3)
            writer.writeText(parentInstanceID, as: 4)
        }
    }

    /// All requested locks are held.
    struct EntityLockGranted: ProtobufMessage, Equatable {
        var criticalSectionID = ""
        var unknownFields = ProtobufUnknownFields()

        mutating func decode(_ field: Int, from reader: inout ProtobufReader) throws {
            switch field {
            case 1: try reader.read(&criticalSectionID)
            default: break
            }
        }

        func encode(into writer: inout ProtobufWriter) {
            writer.write(criticalSectionID, as: 1)
        }
    }

    /// A lock is given back.
    struct EntityUnlockSent: ProtobufMessage, Equatable {
        var criticalSectionID = ""
        var parentInstanceID: String?
        var targetInstanceID: String?
        var unknownFields = ProtobufUnknownFields()

        mutating func decode(_ field: Int, from reader: inout ProtobufReader) throws {
            switch field {
            case 1: try reader.read(&criticalSectionID)
            case 2: try reader.readText(&parentInstanceID)
            case 3: try reader.readText(&targetInstanceID)
            default: break
            }
        }

        func encode(into writer: inout ProtobufWriter) {
            writer.write(criticalSectionID, as: 1)
            writer.writeText(parentInstanceID, as: 2)
            writer.writeText(targetInstanceID, as: 3)
        }
    }
}
