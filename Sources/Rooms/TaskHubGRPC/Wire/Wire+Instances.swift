// Darkroom
// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Protobuf

// What a client asks about one instance.
extension Wire {
    /// Somebody starts an orchestration.
    struct CreateInstanceRequest: ProtobufMessage, Equatable {
        var instanceID = ""
        var name = ""
        var version: String?
        var input: String?
        var scheduledStartTimestamp: Date?
        var idReusePolicy: OrchestrationIdReusePolicy?
        var executionID: String?
        var tags: [String: String] = [:]
        var parentTraceContext: TraceContext?
        var requestTime: Date?
        var unknownFields = ProtobufUnknownFields()

        mutating func decode(_ field: Int, from reader: inout ProtobufReader) throws {
            switch field {
            case 1: try reader.read(&instanceID)
            case 2: try reader.read(&name)
            case 3: try reader.readText(&version)
            case 4: try reader.readText(&input)
            case 5: try reader.readTime(&scheduledStartTimestamp)
            case 6: try reader.read(&idReusePolicy)
            case 7: try reader.readText(&executionID)
            case 8: try reader.read(&tags)
            case 9: try reader.read(&parentTraceContext)
            case 10: try reader.readTime(&requestTime)
            default: break
            }
        }

        func encode(into writer: inout ProtobufWriter) {
            writer.write(instanceID, as: 1)
            writer.write(name, as: 2)
            writer.writeText(version, as: 3)
            writer.writeText(input, as: 4)
            writer.writeTime(scheduledStartTimestamp, as: 5)
            writer.write(ifPresent: idReusePolicy, as: 6)
            writer.writeText(executionID, as: 7)
            writer.write(tags, as: 8)
            writer.write(ifPresent: parentTraceContext, as: 9)
            writer.writeTime(requestTime, as: 10)
        }
    }

    /// In which states an older instance of the same id is replaced.
    struct OrchestrationIdReusePolicy: ProtobufMessage, Equatable {
        var replaceableStatus: [Int32] = []
        var unknownFields = ProtobufUnknownFields()

        mutating func decode(_ field: Int, from reader: inout ProtobufReader) throws {
            switch field {
            case 1: try reader.readNumbers(&replaceableStatus)
            default: break
            }
        }

        func encode(into writer: inout ProtobufWriter) {
            writer.writeNumbers(replaceableStatus, as: 1)
        }
    }

    /// The id of the instance.
    struct CreateInstanceResponse: ProtobufMessage, Equatable {
        var instanceID = ""
        var unknownFields = ProtobufUnknownFields()

        mutating func decode(_ field: Int, from reader: inout ProtobufReader) throws {
            switch field {
            case 1: try reader.read(&instanceID)
            default: break
            }
        }

        func encode(into writer: inout ProtobufWriter) {
            writer.write(instanceID, as: 1)
        }
    }

    /// Somebody asks for the state of an instance, or waits for one.
    struct GetInstanceRequest: ProtobufMessage, Equatable {
        var instanceID = ""
        var getInputsAndOutputs = false
        var unknownFields = ProtobufUnknownFields()

        mutating func decode(_ field: Int, from reader: inout ProtobufReader) throws {
            switch field {
            case 1: try reader.read(&instanceID)
            case 2: try reader.read(&getInputsAndOutputs)
            default: break
            }
        }

        func encode(into writer: inout ProtobufWriter) {
            writer.write(instanceID, as: 1)
            writer.write(getInputsAndOutputs, as: 2)
        }
    }

    /// The state of an instance, if there is one.
    struct GetInstanceResponse: ProtobufMessage, Equatable {
        var exists = false
        var orchestrationState: OrchestrationState?
        var unknownFields = ProtobufUnknownFields()

        mutating func decode(_ field: Int, from reader: inout ProtobufReader) throws {
            switch field {
            case 1: try reader.read(&exists)
            case 2: try reader.read(&orchestrationState)
            default: break
            }
        }

        func encode(into writer: inout ProtobufWriter) {
            writer.write(exists, as: 1)
            writer.write(ifPresent: orchestrationState, as: 2)
        }
    }

    /// What is known of an instance.
    struct OrchestrationState: ProtobufMessage, Equatable {
        var instanceID = ""
        var name = ""
        var version: String?
        var orchestrationStatus = OrchestrationStatus.running
        var scheduledStartTimestamp: Date?
        var createdTimestamp: Date?
        var lastUpdatedTimestamp: Date?
        var input: String?
        var output: String?
        var customStatus: String?
        var failureDetails: TaskFailureDetails?
        var executionID: String?
        var completedTimestamp: Date?
        var parentInstanceID: String?
        var tags: [String: String] = [:]
        var unknownFields = ProtobufUnknownFields()

        mutating func decode(_ field: Int, from reader: inout ProtobufReader) throws {
            switch field {
            case 1: try reader.read(&instanceID)
            case 2: try reader.read(&name)
            case 3: try reader.readText(&version)
            case 4: try reader.read(&orchestrationStatus)
            case 5: try reader.readTime(&scheduledStartTimestamp)
            case 6: try reader.readTime(&createdTimestamp)
            case 7: try reader.readTime(&lastUpdatedTimestamp)
            case 8: try reader.readText(&input)
            case 9: try reader.readText(&output)
            case 10: try reader.readText(&customStatus)
            case 11: try reader.read(&failureDetails)
            case 12: try reader.readText(&executionID)
            case 13: try reader.readTime(&completedTimestamp)
            case 14: try reader.readText(&parentInstanceID)
            case 15: try reader.read(&tags)
            default: break
            }
        }

        func encode(into writer: inout ProtobufWriter) {
            writer.write(instanceID, as: 1)
            writer.write(name, as: 2)
            writer.writeText(version, as: 3)
            writer.write(orchestrationStatus, as: 4)
            writer.writeTime(scheduledStartTimestamp, as: 5)
            writer.writeTime(createdTimestamp, as: 6)
            writer.writeTime(lastUpdatedTimestamp, as: 7)
            writer.writeText(input, as: 8)
            writer.writeText(output, as: 9)
            writer.writeText(customStatus, as: 10)
            writer.write(ifPresent: failureDetails, as: 11)
            writer.writeText(executionID, as: 12)
            writer.writeTime(completedTimestamp, as: 13)
            writer.writeText(parentInstanceID, as: 14)
            writer.write(tags, as: 15)
        }
    }

    /// Somebody tells an instance something.
    struct RaiseEventRequest: ProtobufMessage, Equatable {
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

    /// Somebody ends an instance.
    struct TerminateRequest: ProtobufMessage, Equatable {
        var instanceID = ""
        var output: String?
        var recursive = false
        var unknownFields = ProtobufUnknownFields()

        mutating func decode(_ field: Int, from reader: inout ProtobufReader) throws {
            switch field {
            case 1: try reader.read(&instanceID)
            case 2: try reader.readText(&output)
            case 3: try reader.read(&recursive)
            default: break
            }
        }

        func encode(into writer: inout ProtobufWriter) {
            writer.write(instanceID, as: 1)
            writer.writeText(output, as: 2)
            writer.write(recursive, as: 3)
        }
    }

    /// Somebody asks an instance to hold still, and says why; other requests have the same form.
    struct SuspendRequest: ProtobufMessage, Equatable {
        var instanceID = ""
        var reason: String?
        var unknownFields = ProtobufUnknownFields()

        mutating func decode(_ field: Int, from reader: inout ProtobufReader) throws {
            switch field {
            case 1: try reader.read(&instanceID)
            case 2: try reader.readText(&reason)
            default: break
            }
        }

        func encode(into writer: inout ProtobufWriter) {
            writer.write(instanceID, as: 1)
            writer.writeText(reason, as: 2)
        }
    }

    /// Somebody asks an instance to go on.
    typealias ResumeRequest = SuspendRequest

    /// Somebody asks a failed instance to try again.
    typealias RewindInstanceRequest = SuspendRequest

    /// Somebody runs an instance again from its beginning.
    struct RestartInstanceRequest: ProtobufMessage, Equatable {
        var instanceID = ""
        var restartWithNewInstanceID = false
        var unknownFields = ProtobufUnknownFields()

        mutating func decode(_ field: Int, from reader: inout ProtobufReader) throws {
            switch field {
            case 1: try reader.read(&instanceID)
            case 2: try reader.read(&restartWithNewInstanceID)
            default: break
            }
        }

        func encode(into writer: inout ProtobufWriter) {
            writer.write(instanceID, as: 1)
            writer.write(restartWithNewInstanceID, as: 2)
        }
    }

    /// The id of the instance that runs.
    struct RestartInstanceResponse: ProtobufMessage, Equatable {
        var instanceID = ""
        var unknownFields = ProtobufUnknownFields()

        mutating func decode(_ field: Int, from reader: inout ProtobufReader) throws {
            switch field {
            case 1: try reader.read(&instanceID)
            default: break
            }
        }

        func encode(into writer: inout ProtobufWriter) {
            writer.write(instanceID, as: 1)
        }
    }
}
