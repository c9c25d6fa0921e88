// Darkroom
// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Protobuf

// What several groups of messages are made of.
extension Wire {
    /// Which run of which instance.
    struct OrchestrationInstance: ProtobufMessage, Equatable {
        var instanceID = ""
        var executionID: String?
        var unknownFields = ProtobufUnknownFields()

        mutating func decode(_ field: Int, from reader: inout ProtobufReader) throws {
            switch field {
            case 1: try reader.read(&instanceID)
            case 2: try reader.readText(&executionID)
            default: break
            }
        }

        func encode(into writer: inout ProtobufWriter) {
            writer.write(instanceID, as: 1)
            writer.writeText(executionID, as: 2)
        }
    }

    /// Why something failed.
    struct TaskFailureDetails: ProtobufMessage, Equatable {
        var errorType = ""
        var errorMessage = ""
        var stackTrace: String?
        /// One at most; a struct cannot hold itself.
        var innerFailure: [TaskFailureDetails] = []
        var isNonRetriable = false
        var properties: [String: JSONValue] = [:]
        var unknownFields = ProtobufUnknownFields()

        mutating func decode(_ field: Int, from reader: inout ProtobufReader) throws {
            switch field {
            case 1: try reader.read(&errorType)
            case 2: try reader.read(&errorMessage)
            case 3: try reader.readText(&stackTrace)
            case 4: try reader.read(&innerFailure)
            case 5: try reader.read(&isNonRetriable)
            case 6: try reader.read(&properties)
            default: break
            }
        }

        func encode(into writer: inout ProtobufWriter) {
            writer.write(errorType, as: 1)
            writer.write(errorMessage, as: 2)
            writer.writeText(stackTrace, as: 3)
            writer.write(innerFailure, as: 4)
            writer.write(isNonRetriable, as: 5)
            writer.write(properties, as: 6)
        }
    }

    /// Who waits for an instance.
    struct ParentInstanceInfo: ProtobufMessage, Equatable {
        var taskScheduledID: Int32 = 0
        var name: String?
        var version: String?
        var orchestrationInstance: OrchestrationInstance?
        var unknownFields = ProtobufUnknownFields()

        mutating func decode(_ field: Int, from reader: inout ProtobufReader) throws {
            switch field {
            case 1: try reader.read(&taskScheduledID)
            case 2: try reader.readText(&name)
            case 3: try reader.readText(&version)
            case 4: try reader.read(&orchestrationInstance)
            default: break
            }
        }

        func encode(into writer: inout ProtobufWriter) {
            writer.write(taskScheduledID, as: 1)
            writer.writeText(name, as: 2)
            writer.writeText(version, as: 3)
            writer.write(ifPresent: orchestrationInstance, as: 4)
        }
    }

    /// A span of W3C trace context.
    struct TraceContext: ProtobufMessage, Equatable {
        var traceParent = ""
        var spanID = ""
        var traceState: String?
        var unknownFields = ProtobufUnknownFields()

        mutating func decode(_ field: Int, from reader: inout ProtobufReader) throws {
            switch field {
            case 1: try reader.read(&traceParent)
            case 2: try reader.read(&spanID)
            case 3: try reader.readText(&traceState)
            default: break
            }
        }

        func encode(into writer: inout ProtobufWriter) {
            writer.write(traceParent, as: 1)
            writer.write(spanID, as: 2)
            writer.writeText(traceState, as: 3)
        }
    }

    /// The span of an instance, which a worker gives back so that all episodes share it.
    struct OrchestrationTraceContext: ProtobufMessage, Equatable {
        var spanID: String?
        var spanStartTime: Date?
        var unknownFields = ProtobufUnknownFields()

        mutating func decode(_ field: Int, from reader: inout ProtobufReader) throws {
            switch field {
            case 1: try reader.readText(&spanID)
            case 2: try reader.readTime(&spanStartTime)
            default: break
            }
        }

        func encode(into writer: inout ProtobufWriter) {
            writer.writeText(spanID, as: 1)
            writer.writeTime(spanStartTime, as: 2)
        }
    }
}
