// Darkroom
// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Protobuf

// What an orchestrator asks for.
extension Wire {
    /// Something an orchestrator asks for.
    struct OrchestratorAction: ProtobufMessage, Equatable {
        var id: Int32 = 0
        var kind: Kind?
        var unknownFields = ProtobufUnknownFields()

        enum Kind: Sendable, Equatable {
            case scheduleTask(ScheduleTask)
            case createSubOrchestration(CreateSubOrchestration)
            case createTimer(CreateTimer)
            case sendEvent(SendEvent)
            case completeOrchestration(CompleteOrchestration)
            case terminateOrchestration(TerminateOrchestration)
            case sendEntityMessage(SendEntityMessage)
            case rewindOrchestration(RewindOrchestration)
        }

        mutating func decode(_ field: Int, from reader: inout ProtobufReader) throws {
            switch field {
            case 1: try reader.read(&id)
            case 2: kind = try reader.readCase(kind) { .scheduleTask($0) }
            case 3: kind = try reader.readCase(kind) { .createSubOrchestration($0) }
            case 4: kind = try reader.readCase(kind) { .createTimer($0) }
            case 5: kind = try reader.readCase(kind) { .sendEvent($0) }
            case 6: kind = try reader.readCase(kind) { .completeOrchestration($0) }
            case 7: kind = try reader.readCase(kind) { .terminateOrchestration($0) }
            case 8: kind = try reader.readCase(kind) { .sendEntityMessage($0) }
            case 9: kind = try reader.readCase(kind) { .rewindOrchestration($0) }
            default: break
            }
        }

        func encode(into writer: inout ProtobufWriter) {
            writer.write(id, as: 1)
            switch kind {
            case .scheduleTask(let value): writer.write(ifPresent: value, as: 2)
            case .createSubOrchestration(let value): writer.write(ifPresent: value, as: 3)
            case .createTimer(let value): writer.write(ifPresent: value, as: 4)
            case .sendEvent(let value): writer.write(ifPresent: value, as: 5)
            case .completeOrchestration(let value): writer.write(ifPresent: value, as: 6)
            case .terminateOrchestration(let value): writer.write(ifPresent: value, as: 7)
            case .sendEntityMessage(let value): writer.write(ifPresent: value, as: 8)
            case .rewindOrchestration(let value): writer.write(ifPresent: value, as: 9)
            case nil: break
            }
        }
    }

    /// Run an activity.
    struct ScheduleTask: ProtobufMessage, Equatable {
        var name = ""
        var version: String?
        var input: String?
        var tags: [String: String] = [:]
        var parentTraceContext: TraceContext?
        var unknownFields = ProtobufUnknownFields()

        mutating func decode(_ field: Int, from reader: inout ProtobufReader) throws {
            switch field {
            case 1: try reader.read(&name)
            case 2: try reader.readText(&version)
            case 3: try reader.readText(&input)
            case 4: try reader.read(&tags)
            case 5: try reader.read(&parentTraceContext)
            default: break
            }
        }

        func encode(into writer: inout ProtobufWriter) {
            writer.write(name, as: 1)
            writer.writeText(version, as: 2)
            writer.writeText(input, as: 3)
            writer.write(tags, as: 4)
            writer.write(ifPresent: parentTraceContext, as: 5)
        }
    }

    /// Start a child.
    struct CreateSubOrchestration: ProtobufMessage, Equatable {
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

    /// Set a timer.
    struct CreateTimer: ProtobufMessage, Equatable {
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

    /// Tell another instance something.
    struct SendEvent: ProtobufMessage, Equatable {
        var instance: OrchestrationInstance?
        var name = ""
        var data: String?
        var unknownFields = ProtobufUnknownFields()

        mutating func decode(_ field: Int, from reader: inout ProtobufReader) throws {
            switch field {
            case 1: try reader.read(&instance)
            case 2: try reader.read(&name)
            case 3: try reader.readText(&data)
            default: break
            }
        }

        func encode(into writer: inout ProtobufWriter) {
            writer.write(ifPresent: instance, as: 1)
            writer.write(name, as: 2)
            writer.writeText(data, as: 3)
        }
    }

    /// Tell an entity something.
    struct SendEntityMessage: ProtobufMessage, Equatable {
        var kind: Kind?
        var unknownFields = ProtobufUnknownFields()

        enum Kind: Sendable, Equatable {
            case entityOperationSignaled(EntityOperationSignaled)
            case entityOperationCalled(EntityOperationCalled)
            case entityLockRequested(EntityLockRequested)
            case entityUnlockSent(EntityUnlockSent)
        }

        mutating func decode(_ field: Int, from reader: inout ProtobufReader) throws {
            switch field {
            case 1: kind = try reader.readCase(kind) { .entityOperationSignaled($0) }
            case 2: kind = try reader.readCase(kind) { .entityOperationCalled($0) }
            case 3: kind = try reader.readCase(kind) { .entityLockRequested($0) }
            case 4: kind = try reader.readCase(kind) { .entityUnlockSent($0) }
            default: break
            }
        }

        func encode(into writer: inout ProtobufWriter) {
            switch kind {
            case .entityOperationSignaled(let value): writer.write(ifPresent: value, as: 1)
            case .entityOperationCalled(let value): writer.write(ifPresent: value, as: 2)
            case .entityLockRequested(let value): writer.write(ifPresent: value, as: 3)
            case .entityUnlockSent(let value): writer.write(ifPresent: value, as: 4)
            case nil: break
            }
        }
    }

    /// End the instance, or begin it anew.
    struct CompleteOrchestration: ProtobufMessage, Equatable {
        var orchestrationStatus = OrchestrationStatus.running
        var result: String?
        var details: String?
        var newVersion: String?
        var carryoverEvents: [HistoryEvent] = []
        var failureDetails: TaskFailureDetails?
        var tags: [String: String] = [:]
        var unknownFields = ProtobufUnknownFields()

        mutating func decode(_ field: Int, from reader: inout ProtobufReader) throws {
            switch field {
            case 1: try reader.read(&orchestrationStatus)
            case 2: try reader.readText(&result)
            case 3: try reader.readText(&details)
            case 4: try reader.readText(&newVersion)
            case 5: try reader.read(&carryoverEvents)
            case 6: try reader.read(&failureDetails)
            case 7: try reader.read(&tags)
            default: break
            }
        }

        func encode(into writer: inout ProtobufWriter) {
            writer.write(orchestrationStatus, as: 1)
            writer.writeText(result, as: 2)
            writer.writeText(details, as: 3)
            writer.writeText(newVersion, as: 4)
            writer.write(carryoverEvents, as: 5)
            writer.write(ifPresent: failureDetails, as: 6)
            writer.write(tags, as: 7)
        }
    }

    /// End another instance.
    struct TerminateOrchestration: ProtobufMessage, Equatable {
        var instanceID = ""
        var reason: String?
        var recurse = false
        var unknownFields = ProtobufUnknownFields()

        mutating func decode(_ field: Int, from reader: inout ProtobufReader) throws {
            switch field {
            case 1: try reader.read(&instanceID)
            case 2: try reader.readText(&reason)
            case 3: try reader.read(&recurse)
            default: break
            }
        }

        func encode(into writer: inout ProtobufWriter) {
            writer.write(instanceID, as: 1)
            writer.writeText(reason, as: 2)
            writer.write(recurse, as: 3)
        }
    }

    /// Replace the history by one without what failed.
    struct RewindOrchestration: ProtobufMessage, Equatable {
        var newHistory: [HistoryEvent] = []
        var unknownFields = ProtobufUnknownFields()

        mutating func decode(_ field: Int, from reader: inout ProtobufReader) throws {
            switch field {
            case 1: try reader.read(&newHistory)
            default: break
            }
        }

        func encode(into writer: inout ProtobufWriter) {
            writer.write(newHistory, as: 1)
        }
    }
}
