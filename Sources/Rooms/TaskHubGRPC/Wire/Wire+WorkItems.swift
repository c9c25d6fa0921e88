// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Protobuf

// What a hub hands to a worker, and what the worker says it can do.
extension Wire {
    /// A worker asks for work, and says how much of each kind it does at once.
    struct GetWorkItemsRequest: ProtobufMessage, Equatable {
        var maxConcurrentOrchestrationWorkItems: Int32 = 0
        var maxConcurrentActivityWorkItems: Int32 = 0
        var maxConcurrentEntityWorkItems: Int32 = 0
        var capabilities: [Int32] = []
        var workItemFilters: WorkItemFilters?
        var workerInstanceID = ""
        var unknownFields = ProtobufUnknownFields()

        mutating func decode(_ field: Int, from reader: inout ProtobufReader) throws {
            switch field {
            case 1: try reader.read(&maxConcurrentOrchestrationWorkItems)
            case 2: try reader.read(&maxConcurrentActivityWorkItems)
            case 3: try reader.read(&maxConcurrentEntityWorkItems)
            case 10: try reader.readNumbers(&capabilities)
            case 11: try reader.read(&workItemFilters)
            case 12: try reader.read(&workerInstanceID)
            default: break
            }
        }

        func encode(into writer: inout ProtobufWriter) {
            writer.write(maxConcurrentOrchestrationWorkItems, as: 1)
            writer.write(maxConcurrentActivityWorkItems, as: 2)
            writer.write(maxConcurrentEntityWorkItems, as: 3)
            writer.writeNumbers(capabilities, as: 10)
            writer.write(ifPresent: workItemFilters, as: 11)
            writer.write(workerInstanceID, as: 12)
        }
    }

    /// What a worker can run; no such message means everything.
    struct WorkItemFilters: ProtobufMessage, Equatable {
        var orchestrations: [OrchestrationFilter] = []
        var activities: [ActivityFilter] = []
        var entities: [EntityFilter] = []
        var unknownFields = ProtobufUnknownFields()

        mutating func decode(_ field: Int, from reader: inout ProtobufReader) throws {
            switch field {
            case 1: try reader.read(&orchestrations)
            case 2: try reader.read(&activities)
            case 3: try reader.read(&entities)
            default: break
            }
        }

        func encode(into writer: inout ProtobufWriter) {
            writer.write(orchestrations, as: 1)
            writer.write(activities, as: 2)
            writer.write(entities, as: 3)
        }
    }

    /// An orchestration that a worker can run, in these versions or in all.
    struct OrchestrationFilter: ProtobufMessage, Equatable {
        var name = ""
        var versions: [String] = []
        var unknownFields = ProtobufUnknownFields()

        mutating func decode(_ field: Int, from reader: inout ProtobufReader) throws {
            switch field {
            case 1: try reader.read(&name)
            case 2: try reader.read(&versions)
            default: break
            }
        }

        func encode(into writer: inout ProtobufWriter) {
            writer.write(name, as: 1)
            writer.write(versions, as: 2)
        }
    }

    /// An activity that a worker can run, in these versions or in all.
    struct ActivityFilter: ProtobufMessage, Equatable {
        var name = ""
        var versions: [String] = []
        var unknownFields = ProtobufUnknownFields()

        mutating func decode(_ field: Int, from reader: inout ProtobufReader) throws {
            switch field {
            case 1: try reader.read(&name)
            case 2: try reader.read(&versions)
            default: break
            }
        }

        func encode(into writer: inout ProtobufWriter) {
            writer.write(name, as: 1)
            writer.write(versions, as: 2)
        }
    }

    /// An entity that a worker can run.
    struct EntityFilter: ProtobufMessage, Equatable {
        var name = ""
        var unknownFields = ProtobufUnknownFields()

        mutating func decode(_ field: Int, from reader: inout ProtobufReader) throws {
            switch field {
            case 1: try reader.read(&name)
            default: break
            }
        }

        func encode(into writer: inout ProtobufWriter) {
            writer.write(name, as: 1)
        }
    }

    /// Something to do, or a sign of life.
    struct WorkItem: ProtobufMessage, Equatable {
        var completionToken = ""
        var kind: Kind?
        var unknownFields = ProtobufUnknownFields()

        enum Kind: Sendable, Equatable {
            case orchestratorRequest(OrchestratorRequest)
            case activityRequest(ActivityRequest)
            case entityRequest(EntityBatchRequest)
            case healthPing(Empty)
            case entityRequestV2(EntityRequest)
        }

        mutating func decode(_ field: Int, from reader: inout ProtobufReader) throws {
            switch field {
            case 1: kind = try reader.readCase(kind) { .orchestratorRequest($0) }
            case 2: kind = try reader.readCase(kind) { .activityRequest($0) }
            case 3: kind = try reader.readCase(kind) { .entityRequest($0) }
            case 4: kind = try reader.readCase(kind) { .healthPing($0) }
            case 5: kind = try reader.readCase(kind) { .entityRequestV2($0) }
            case 10: try reader.read(&completionToken)
            default: break
            }
        }

        func encode(into writer: inout ProtobufWriter) {
            switch kind {
            case .orchestratorRequest(let value): writer.write(ifPresent: value, as: 1)
            case .activityRequest(let value): writer.write(ifPresent: value, as: 2)
            case .entityRequest(let value): writer.write(ifPresent: value, as: 3)
            case .healthPing(let value): writer.write(ifPresent: value, as: 4)
            case .entityRequestV2(let value): writer.write(ifPresent: value, as: 5)
            case nil: break
            }
            writer.write(completionToken, as: 10)
        }
    }

    /// An episode to run.
    struct OrchestratorRequest: ProtobufMessage, Equatable {
        var instanceID = ""
        var executionID: String?
        var pastEvents: [HistoryEvent] = []
        var newEvents: [HistoryEvent] = []
        var entityParameters: OrchestratorEntityParameters?
        var requiresHistoryStreaming = false
        var properties: [String: JSONValue] = [:]
        var orchestrationTraceContext: OrchestrationTraceContext?
        var unknownFields = ProtobufUnknownFields()

        mutating func decode(_ field: Int, from reader: inout ProtobufReader) throws {
            switch field {
            case 1: try reader.read(&instanceID)
            case 2: try reader.readText(&executionID)
            case 3: try reader.read(&pastEvents)
            case 4: try reader.read(&newEvents)
            case 5: try reader.read(&entityParameters)
            case 6: try reader.read(&requiresHistoryStreaming)
            case 7: try reader.read(&properties)
            case 8: try reader.read(&orchestrationTraceContext)
            default: break
            }
        }

        func encode(into writer: inout ProtobufWriter) {
            writer.write(instanceID, as: 1)
            writer.writeText(executionID, as: 2)
            writer.write(pastEvents, as: 3)
            writer.write(newEvents, as: 4)
            writer.write(ifPresent: entityParameters, as: 5)
            writer.write(requiresHistoryStreaming, as: 6)
            writer.write(properties, as: 7)
            writer.write(ifPresent: orchestrationTraceContext, as: 8)
        }
    }

    /// How entities order their messages.
    struct OrchestratorEntityParameters: ProtobufMessage, Equatable {
        var entityMessageReorderWindow: Duration?
        var unknownFields = ProtobufUnknownFields()

        mutating func decode(_ field: Int, from reader: inout ProtobufReader) throws {
            switch field {
            case 1: try reader.readDuration(&entityMessageReorderWindow)
            default: break
            }
        }

        func encode(into writer: inout ProtobufWriter) {
            writer.writeDuration(entityMessageReorderWindow, as: 1)
        }
    }

    /// An activity to run.
    struct ActivityRequest: ProtobufMessage, Equatable {
        var name = ""
        var version: String?
        var input: String?
        var orchestrationInstance: OrchestrationInstance?
        var taskID: Int32 = 0
        var parentTraceContext: TraceContext?
        var tags: [String: String] = [:]
        var unknownFields = ProtobufUnknownFields()

        mutating func decode(_ field: Int, from reader: inout ProtobufReader) throws {
            switch field {
            case 1: try reader.read(&name)
            case 2: try reader.readText(&version)
            case 3: try reader.readText(&input)
            case 4: try reader.read(&orchestrationInstance)
            case 5: try reader.read(&taskID)
            case 6: try reader.read(&parentTraceContext)
            case 7: try reader.read(&tags)
            default: break
            }
        }

        func encode(into writer: inout ProtobufWriter) {
            writer.write(name, as: 1)
            writer.writeText(version, as: 2)
            writer.writeText(input, as: 3)
            writer.write(ifPresent: orchestrationInstance, as: 4)
            writer.write(taskID, as: 5)
            writer.write(ifPresent: parentTraceContext, as: 6)
            writer.write(tags, as: 7)
        }
    }

    /// Somebody asks for the history of an instance.
    struct StreamInstanceHistoryRequest: ProtobufMessage, Equatable {
        var instanceID = ""
        var executionID: String?
        var forWorkItemProcessing = false
        var unknownFields = ProtobufUnknownFields()

        mutating func decode(_ field: Int, from reader: inout ProtobufReader) throws {
            switch field {
            case 1: try reader.read(&instanceID)
            case 2: try reader.readText(&executionID)
            case 3: try reader.read(&forWorkItemProcessing)
            default: break
            }
        }

        func encode(into writer: inout ProtobufWriter) {
            writer.write(instanceID, as: 1)
            writer.writeText(executionID, as: 2)
            writer.write(forWorkItemProcessing, as: 3)
        }
    }

    /// A part of a history.
    struct HistoryChunk: ProtobufMessage, Equatable {
        var events: [HistoryEvent] = []
        var unknownFields = ProtobufUnknownFields()

        mutating func decode(_ field: Int, from reader: inout ProtobufReader) throws {
            switch field {
            case 1: try reader.read(&events)
            default: break
            }
        }

        func encode(into writer: inout ProtobufWriter) {
            writer.write(events, as: 1)
        }
    }
}
