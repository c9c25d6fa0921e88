// Darkroom
// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Protobuf

// Events of an instance as a whole.
extension Wire {
    /// The instance began.
    struct ExecutionStarted: ProtobufMessage, Equatable {
        var name = ""
        var version: String?
        var input: String?
        var orchestrationInstance: OrchestrationInstance?
        var parentInstance: ParentInstanceInfo?
        var scheduledStartTimestamp: Date?
        var parentTraceContext: TraceContext?
        var orchestrationSpanID: String?
        var tags: [String: String] = [:]
        var unknownFields = ProtobufUnknownFields()

        mutating func decode(_ field: Int, from reader: inout ProtobufReader) throws {
            switch field {
            case 1: try reader.read(&name)
            case 2: try reader.readText(&version)
            case 3: try reader.readText(&input)
            case 4: try reader.read(&orchestrationInstance)
            case 5: try reader.read(&parentInstance)
            case 6: try reader.readTime(&scheduledStartTimestamp)
            case 7: try reader.read(&parentTraceContext)
            case 8: try reader.readText(&orchestrationSpanID)
            case 9: try reader.read(&tags)
            default: break
            }
        }

        func encode(into writer: inout ProtobufWriter) {
            writer.write(name, as: 1)
            writer.writeText(version, as: 2)
            writer.writeText(input, as: 3)
            writer.write(ifPresent: orchestrationInstance, as: 4)
            writer.write(ifPresent: parentInstance, as: 5)
            writer.writeTime(scheduledStartTimestamp, as: 6)
            writer.write(ifPresent: parentTraceContext, as: 7)
            writer.writeText(orchestrationSpanID, as: 8)
            writer.write(tags, as: 9)
        }
    }

    /// The instance ended.
    struct ExecutionCompleted: ProtobufMessage, Equatable {
        var orchestrationStatus = OrchestrationStatus.running
        var result: String?
        var failureDetails: TaskFailureDetails?
        var unknownFields = ProtobufUnknownFields()

        mutating func decode(_ field: Int, from reader: inout ProtobufReader) throws {
            switch field {
            case 1: try reader.read(&orchestrationStatus)
            case 2: try reader.readText(&result)
            case 3: try reader.read(&failureDetails)
            default: break
            }
        }

        func encode(into writer: inout ProtobufWriter) {
            writer.write(orchestrationStatus, as: 1)
            writer.writeText(result, as: 2)
            writer.write(ifPresent: failureDetails, as: 3)
        }
    }

    /// Somebody asked to end the instance.
    struct ExecutionTerminated: ProtobufMessage, Equatable {
        var input: String?
        var recurse = false
        var unknownFields = ProtobufUnknownFields()

        mutating func decode(_ field: Int, from reader: inout ProtobufReader) throws {
            switch field {
            case 1: try reader.readText(&input)
            case 2: try reader.read(&recurse)
            default: break
            }
        }

        func encode(into writer: inout ProtobufWriter) {
            writer.writeText(input, as: 1)
            writer.write(recurse, as: 2)
        }
    }

    /// Somebody asked the instance to hold still.
    struct ExecutionSuspended: ProtobufMessage, Equatable {
        var input: String?
        var unknownFields = ProtobufUnknownFields()

        mutating func decode(_ field: Int, from reader: inout ProtobufReader) throws {
            switch field {
            case 1: try reader.readText(&input)
            default: break
            }
        }

        func encode(into writer: inout ProtobufWriter) {
            writer.writeText(input, as: 1)
        }
    }

    /// Somebody asked the instance to go on.
    struct ExecutionResumed: ProtobufMessage, Equatable {
        var input: String?
        var unknownFields = ProtobufUnknownFields()

        mutating func decode(_ field: Int, from reader: inout ProtobufReader) throws {
            switch field {
            case 1: try reader.readText(&input)
            default: break
            }
        }

        func encode(into writer: inout ProtobufWriter) {
            writer.writeText(input, as: 1)
        }
    }

    /// Somebody asked a failed instance to try again.
    struct ExecutionRewound: ProtobufMessage, Equatable {
        var reason: String?
        var parentExecutionID: String?
        var instanceID: String?
        var parentTraceContext: TraceContext?
        var name: String?
        var version: String?
        var input: String?
        var parentInstance: ParentInstanceInfo?
        var tags: [String: String] = [:]
        var unknownFields = ProtobufUnknownFields()

        mutating func decode(_ field: Int, from reader: inout ProtobufReader) throws {
            switch field {
            case 1: try reader.readText(&reason)
            case 2: try reader.readText(&parentExecutionID)
            case 3: try reader.readText(&instanceID)
            case 4: try reader.read(&parentTraceContext)
            case 5: try reader.readText(&name)
            case 6: try reader.readText(&version)
            case 7: try reader.readText(&input)
            case 8: try reader.read(&parentInstance)
            case 9: try reader.read(&tags)
            default: break
            }
        }

        func encode(into writer: inout ProtobufWriter) {
            writer.writeText(reason, as: 1)
            writer.writeText(parentExecutionID, as: 2)
            writer.writeText(instanceID, as: 3)
            writer.write(ifPresent: parentTraceContext, as: 4)
            writer.writeText(name, as: 5)
            writer.writeText(version, as: 6)
            writer.writeText(input, as: 7)
            writer.write(ifPresent: parentInstance, as: 8)
            writer.write(tags, as: 9)
        }
    }

    /// A note that orchestrators do not see.
    struct GenericEvent: ProtobufMessage, Equatable {
        var data: String?
        var unknownFields = ProtobufUnknownFields()

        mutating func decode(_ field: Int, from reader: inout ProtobufReader) throws {
            switch field {
            case 1: try reader.readText(&data)
            default: break
            }
        }

        func encode(into writer: inout ProtobufWriter) {
            writer.writeText(data, as: 1)
        }
    }

    /// The state of an instance, in exported histories.
    struct HistoryState: ProtobufMessage, Equatable {
        var orchestrationState: OrchestrationState?
        var unknownFields = ProtobufUnknownFields()

        mutating func decode(_ field: Int, from reader: inout ProtobufReader) throws {
            switch field {
            case 1: try reader.read(&orchestrationState)
            default: break
            }
        }

        func encode(into writer: inout ProtobufWriter) {
            writer.write(ifPresent: orchestrationState, as: 1)
        }
    }

    /// The instance began anew, in old histories.
    struct ContinueAsNew: ProtobufMessage, Equatable {
        var input: String?
        var unknownFields = ProtobufUnknownFields()

        mutating func decode(_ field: Int, from reader: inout ProtobufReader) throws {
            switch field {
            case 1: try reader.readText(&input)
            default: break
            }
        }

        func encode(into writer: inout ProtobufWriter) {
            writer.writeText(input, as: 1)
        }
    }
}
