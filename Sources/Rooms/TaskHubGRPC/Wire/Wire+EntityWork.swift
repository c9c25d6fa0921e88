// Darkroom
// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Protobuf

// Operations for entities, and their results.
extension Wire {
    /// Operations of one entity to run.
    struct EntityBatchRequest: ProtobufMessage, Equatable {
        var instanceID = ""
        var entityState: String?
        var operations: [OperationRequest] = []
        var properties: [String: JSONValue] = [:]
        var unknownFields = ProtobufUnknownFields()

        mutating func decode(_ field: Int, from reader: inout ProtobufReader) throws {
            switch field {
            case 1: try reader.read(&instanceID)
            case 2: try reader.readText(&entityState)
            case 3: try reader.read(&operations)
            case 4: try reader.read(&properties)
            default: break
            }
        }

        func encode(into writer: inout ProtobufWriter) {
            writer.write(instanceID, as: 1)
            writer.writeText(entityState, as: 2)
            writer.write(operations, as: 3)
            writer.write(properties, as: 4)
        }
    }

    /// The same in a later form: operations as events.
    struct EntityRequest: ProtobufMessage, Equatable {
        var instanceID = ""
        var executionID = ""
        var entityState: String?
        var operationRequests: [HistoryEvent] = []
        var unknownFields = ProtobufUnknownFields()

        mutating func decode(_ field: Int, from reader: inout ProtobufReader) throws {
            switch field {
            case 1: try reader.read(&instanceID)
            case 2: try reader.read(&executionID)
            case 3: try reader.readText(&entityState)
            case 4: try reader.read(&operationRequests)
            default: break
            }
        }

        func encode(into writer: inout ProtobufWriter) {
            writer.write(instanceID, as: 1)
            writer.write(executionID, as: 2)
            writer.writeText(entityState, as: 3)
            writer.write(operationRequests, as: 4)
        }
    }

    /// One operation to run.
    struct OperationRequest: ProtobufMessage, Equatable {
        var operation = ""
        var requestID = ""
        var input: String?
        var traceContext: TraceContext?
        var unknownFields = ProtobufUnknownFields()

        mutating func decode(_ field: Int, from reader: inout ProtobufReader) throws {
            switch field {
            case 1: try reader.read(&operation)
            case 2: try reader.read(&requestID)
            case 3: try reader.readText(&input)
            case 4: try reader.read(&traceContext)
            default: break
            }
        }

        func encode(into writer: inout ProtobufWriter) {
            writer.write(operation, as: 1)
            writer.write(requestID, as: 2)
            writer.writeText(input, as: 3)
            writer.write(ifPresent: traceContext, as: 4)
        }
    }

    /// What became of a batch of operations.
    struct EntityBatchResult: ProtobufMessage, Equatable {
        var results: [OperationResult] = []
        var actions: [OperationAction] = []
        var entityState: String?
        var failureDetails: TaskFailureDetails?
        var completionToken = ""
        var operationInfos: [OperationInfo] = []
        var requiresState = false
        var unknownFields = ProtobufUnknownFields()

        mutating func decode(_ field: Int, from reader: inout ProtobufReader) throws {
            switch field {
            case 1: try reader.read(&results)
            case 2: try reader.read(&actions)
            case 3: try reader.readText(&entityState)
            case 4: try reader.read(&failureDetails)
            case 5: try reader.read(&completionToken)
            case 6: try reader.read(&operationInfos)
            case 7: try reader.read(&requiresState)
            default: break
            }
        }

        func encode(into writer: inout ProtobufWriter) {
            writer.write(results, as: 1)
            writer.write(actions, as: 2)
            writer.writeText(entityState, as: 3)
            writer.write(ifPresent: failureDetails, as: 4)
            writer.write(completionToken, as: 5)
            writer.write(operationInfos, as: 6)
            writer.write(requiresState, as: 7)
        }
    }

    /// What became of one operation.
    struct OperationResult: ProtobufMessage, Equatable {
        var kind: Kind?
        var unknownFields = ProtobufUnknownFields()

        enum Kind: Sendable, Equatable {
            case success(OperationResultSuccess)
            case failure(OperationResultFailure)
        }

        mutating func decode(_ field: Int, from reader: inout ProtobufReader) throws {
            switch field {
            case 1: kind = try reader.readCase(kind) { .success($0) }
            case 2: kind = try reader.readCase(kind) { .failure($0) }
            default: break
            }
        }

        func encode(into writer: inout ProtobufWriter) {
            switch kind {
            case .success(let value): writer.write(ifPresent: value, as: 1)
            case .failure(let value): writer.write(ifPresent: value, as: 2)
            case nil: break
            }
        }
    }

    /// It succeeded.
    struct OperationResultSuccess: ProtobufMessage, Equatable {
        var result: String?
        var startTimeUtc: Date?
        var endTimeUtc: Date?
        var unknownFields = ProtobufUnknownFields()

        mutating func decode(_ field: Int, from reader: inout ProtobufReader) throws {
            switch field {
            case 1: try reader.readText(&result)
            case 2: try reader.readTime(&startTimeUtc)
            case 3: try reader.readTime(&endTimeUtc)
            default: break
            }
        }

        func encode(into writer: inout ProtobufWriter) {
            writer.writeText(result, as: 1)
            writer.writeTime(startTimeUtc, as: 2)
            writer.writeTime(endTimeUtc, as: 3)
        }
    }

    /// It failed.
    struct OperationResultFailure: ProtobufMessage, Equatable {
        var failureDetails: TaskFailureDetails?
        var startTimeUtc: Date?
        var endTimeUtc: Date?
        var unknownFields = ProtobufUnknownFields()

        mutating func decode(_ field: Int, from reader: inout ProtobufReader) throws {
            switch field {
            case 1: try reader.read(&failureDetails)
            case 2: try reader.readTime(&startTimeUtc)
            case 3: try reader.readTime(&endTimeUtc)
            default: break
            }
        }

        func encode(into writer: inout ProtobufWriter) {
            writer.write(ifPresent: failureDetails, as: 1)
            writer.writeTime(startTimeUtc, as: 2)
            writer.writeTime(endTimeUtc, as: 3)
        }
    }

    /// Where the answer of an operation goes.
    struct OperationInfo: ProtobufMessage, Equatable {
        var requestID = ""
        var responseDestination: OrchestrationInstance?
        var unknownFields = ProtobufUnknownFields()

        mutating func decode(_ field: Int, from reader: inout ProtobufReader) throws {
            switch field {
            case 1: try reader.read(&requestID)
            case 2: try reader.read(&responseDestination)
            default: break
            }
        }

        func encode(into writer: inout ProtobufWriter) {
            writer.write(requestID, as: 1)
            writer.write(ifPresent: responseDestination, as: 2)
        }
    }

    /// Something that an entity wants done.
    struct OperationAction: ProtobufMessage, Equatable {
        var id: Int32 = 0
        var kind: Kind?
        var unknownFields = ProtobufUnknownFields()

        enum Kind: Sendable, Equatable {
            case sendSignal(SendSignal)
            case startNewOrchestration(StartNewOrchestration)
        }

        mutating func decode(_ field: Int, from reader: inout ProtobufReader) throws {
            switch field {
            case 1: try reader.read(&id)
            case 2: kind = try reader.readCase(kind) { .sendSignal($0) }
            case 3: kind = try reader.readCase(kind) { .startNewOrchestration($0) }
            default: break
            }
        }

        func encode(into writer: inout ProtobufWriter) {
            writer.write(id, as: 1)
            switch kind {
            case .sendSignal(let value): writer.write(ifPresent: value, as: 2)
            case .startNewOrchestration(let value): writer.write(ifPresent: value, as: 3)
            case nil: break
            }
        }
    }

    /// Ask another entity for something.
    struct SendSignal: ProtobufMessage, Equatable {
        var instanceID = ""
        var name = ""
        var input: String?
        var scheduledTime: Date?
        var requestTime: Date?
        var parentTraceContext: TraceContext?
        var unknownFields = ProtobufUnknownFields()

        mutating func decode(_ field: Int, from reader: inout ProtobufReader) throws {
            switch field {
            case 1: try reader.read(&instanceID)
            case 2: try reader.read(&name)
            case 3: try reader.readText(&input)
            case 4: try reader.readTime(&scheduledTime)
            case 5: try reader.readTime(&requestTime)
            case 6: try reader.read(&parentTraceContext)
            default: break
            }
        }

        func encode(into writer: inout ProtobufWriter) {
            writer.write(instanceID, as: 1)
            writer.write(name, as: 2)
            writer.writeText(input, as: 3)
            writer.writeTime(scheduledTime, as: 4)
            writer.writeTime(requestTime, as: 5)
            writer.write(ifPresent: parentTraceContext, as: 6)
        }
    }

    /// Start an orchestration.
    struct StartNewOrchestration: ProtobufMessage, Equatable {
        var instanceID = ""
        var name = ""
        var version: String?
        var input: String?
        var scheduledTime: Date?
        var requestTime: Date?
        var parentTraceContext: TraceContext?
        var unknownFields = ProtobufUnknownFields()

        mutating func decode(_ field: Int, from reader: inout ProtobufReader) throws {
            switch field {
            case 1: try reader.read(&instanceID)
            case 2: try reader.read(&name)
            case 3: try reader.readText(&version)
            case 4: try reader.readText(&input)
            case 5: try reader.readTime(&scheduledTime)
            case 6: try reader.readTime(&requestTime)
            case 7: try reader.read(&parentTraceContext)
            default: break
            }
        }

        func encode(into writer: inout ProtobufWriter) {
            writer.write(instanceID, as: 1)
            writer.write(name, as: 2)
            writer.writeText(version, as: 3)
            writer.writeText(input, as: 4)
            writer.writeTime(scheduledTime, as: 5)
            writer.writeTime(requestTime, as: 6)
            writer.write(ifPresent: parentTraceContext, as: 7)
        }
    }
}
