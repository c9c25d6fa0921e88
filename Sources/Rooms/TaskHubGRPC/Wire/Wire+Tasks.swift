// Darkroom
// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Protobuf

// Events of what an orchestrator asked for.
extension Wire {
    /// An activity was called.
    struct TaskScheduled: ProtobufMessage, Equatable {
        var name = ""
        var version: String?
        var input: String?
        var parentTraceContext: TraceContext?
        var tags: [String: String] = [:]
        var unknownFields = ProtobufUnknownFields()

        mutating func decode(_ field: Int, from reader: inout ProtobufReader) throws {
            switch field {
            case 1: try reader.read(&name)
            case 2: try reader.readText(&version)
            case 3: try reader.readText(&input)
            case 4: try reader.read(&parentTraceContext)
            case 5: try reader.read(&tags)
            default: break
            }
        }

        func encode(into writer: inout ProtobufWriter) {
            writer.write(name, as: 1)
            writer.writeText(version, as: 2)
            writer.writeText(input, as: 3)
            writer.write(ifPresent: parentTraceContext, as: 4)
            writer.write(tags, as: 5)
        }
    }

    /// An activity answered.
    struct TaskCompleted: ProtobufMessage, Equatable {
        var taskScheduledID: Int32 = 0
        var result: String?
        var unknownFields = ProtobufUnknownFields()

        mutating func decode(_ field: Int, from reader: inout ProtobufReader) throws {
            switch field {
            case 1: try reader.read(&taskScheduledID)
            case 2: try reader.readText(&result)
            default: break
            }
        }

        func encode(into writer: inout ProtobufWriter) {
            writer.write(taskScheduledID, as: 1)
            writer.writeText(result, as: 2)
        }
    }

    /// An activity failed.
    struct TaskFailed: ProtobufMessage, Equatable {
        var taskScheduledID: Int32 = 0
        var failureDetails: TaskFailureDetails?
        var unknownFields = ProtobufUnknownFields()

        mutating func decode(_ field: Int, from reader: inout ProtobufReader) throws {
            switch field {
            case 1: try reader.read(&taskScheduledID)
            case 2: try reader.read(&failureDetails)
            default: break
            }
        }

        func encode(into writer: inout ProtobufWriter) {
            writer.write(taskScheduledID, as: 1)
            writer.write(ifPresent: failureDetails, as: 2)
        }
    }

    /// A child was started.
    struct SubOrchestrationCreated: ProtobufMessage, Equatable {
        var instanceID = ""
        var name = ""
        var version: String?
        var input: String?
        var parentTraceContext: TraceContext?
        var tags: [String: String] = [:]
        var unknownFields = ProtobufUnknownFields()

        mutating func decode(_ field: Int, from reader: inout ProtobufReader) throws {
            switch field {
            case 1: try reader.read(&instanceID)
            case 2: try reader.read(&name)
            case 3: try reader.readText(&version)
            case 4: try reader.readText(&input)
            case 5: try reader.read(&parentTraceContext)
            case 6: try reader.read(&tags)
            default: break
            }
        }

        func encode(into writer: inout ProtobufWriter) {
            writer.write(instanceID, as: 1)
            writer.write(name, as: 2)
            writer.writeText(version, as: 3)
            writer.writeText(input, as: 4)
            writer.write(ifPresent: parentTraceContext, as: 5)
            writer.write(tags, as: 6)
        }
    }

    /// A child answered.
    typealias SubOrchestrationCompleted = TaskCompleted

    /// A child failed or was terminated.
    typealias SubOrchestrationFailed = TaskFailed

    /// A timer was set.
    struct TimerCreated: ProtobufMessage, Equatable {
        var fireAt: Date?
        var unknownFields = ProtobufUnknownFields()

        mutating func decode(_ field: Int, from reader: inout ProtobufReader) throws {
            switch field {
            case 1: try reader.readTime(&fireAt)
            default: break
            }
        }

        func encode(into writer: inout ProtobufWriter) {
            writer.writeTime(fireAt, as: 1)
        }
    }

    /// A timer fired.
    struct TimerFired: ProtobufMessage, Equatable {
        var fireAt: Date?
        var timerID: Int32 = 0
        var unknownFields = ProtobufUnknownFields()

        mutating func decode(_ field: Int, from reader: inout ProtobufReader) throws {
            switch field {
            case 1: try reader.readTime(&fireAt)
            case 2: try reader.read(&timerID)
            default: break
            }
        }

        func encode(into writer: inout ProtobufWriter) {
            writer.writeTime(fireAt, as: 1)
            writer.write(timerID, as: 2)
        }
    }

    /// An event was sent to another instance.
    struct EventSent: ProtobufMessage, Equatable {
        var instanceID = ""
        var name = ""
        var input: String?
        var unknownFields = ProtobufUnknownFields()

        mutating func decode(_ field: Int, from reader: inout ProtobufReader) throws {
            switch field {
            case 1: try reader.read(&instanceID)
            case 2: try reader.read(&name)
            case 3: try reader.readText(&input)
            default: break
            }
        }

        func encode(into writer: inout ProtobufWriter) {
            writer.write(instanceID, as: 1)
            writer.write(name, as: 2)
            writer.writeText(input, as: 3)
        }
    }

    /// An event came.
    struct EventRaised: ProtobufMessage, Equatable {
        var name = ""
        var input: String?
        var unknownFields = ProtobufUnknownFields()

        mutating func decode(_ field: Int, from reader: inout ProtobufReader) throws {
            switch field {
            case 1: try reader.read(&name)
            case 2: try reader.readText(&input)
            default: break
            }
        }

        func encode(into writer: inout ProtobufWriter) {
            writer.write(name, as: 1)
            writer.writeText(input, as: 2)
        }
    }
}
