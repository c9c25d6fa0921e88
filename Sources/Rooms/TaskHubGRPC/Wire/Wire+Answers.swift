// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Protobuf

// What a worker answers.
extension Wire {
    /// What an episode asks for.
    struct OrchestratorResponse: ProtobufMessage, Equatable {
        var instanceID = ""
        var actions: [OrchestratorAction] = []
        var customStatus: String?
        var completionToken = ""
        var numEventsProcessed: Int32?
        var orchestrationTraceContext: OrchestrationTraceContext?
        var requiresHistory = false
        var isPartial = false
        var chunkIndex: Int32?
        var unknownFields = ProtobufUnknownFields()

        mutating func decode(_ field: Int, from reader: inout ProtobufReader) throws {
            switch field {
            case 1: try reader.read(&instanceID)
            case 2: try reader.read(&actions)
            case 3: try reader.readText(&customStatus)
            case 4: try reader.read(&completionToken)
            case 5: try reader.readNumber(&numEventsProcessed)
            case 6: try reader.read(&orchestrationTraceContext)
            case 7: try reader.read(&requiresHistory)
            case 8: try reader.read(&isPartial)
            case 9: try reader.readNumber(&chunkIndex)
            default: break
            }
        }

        func encode(into writer: inout ProtobufWriter) {
            writer.write(instanceID, as: 1)
            writer.write(actions, as: 2)
            writer.writeText(customStatus, as: 3)
            writer.write(completionToken, as: 4)
            writer.writeNumber(numEventsProcessed, as: 5)
            writer.write(ifPresent: orchestrationTraceContext, as: 6)
            writer.write(requiresHistory, as: 7)
            writer.write(isPartial, as: 8)
            writer.writeNumber(chunkIndex, as: 9)
        }
    }

    /// What an activity answers.
    struct ActivityResponse: ProtobufMessage, Equatable {
        var instanceID = ""
        var taskID: Int32 = 0
        var result: String?
        var failureDetails: TaskFailureDetails?
        var completionToken = ""
        var unknownFields = ProtobufUnknownFields()

        mutating func decode(_ field: Int, from reader: inout ProtobufReader) throws {
            switch field {
            case 1: try reader.read(&instanceID)
            case 2: try reader.read(&taskID)
            case 3: try reader.readText(&result)
            case 4: try reader.read(&failureDetails)
            case 5: try reader.read(&completionToken)
            default: break
            }
        }

        func encode(into writer: inout ProtobufWriter) {
            writer.write(instanceID, as: 1)
            writer.write(taskID, as: 2)
            writer.writeText(result, as: 3)
            writer.write(ifPresent: failureDetails, as: 4)
            writer.write(completionToken, as: 5)
        }
    }

    /// A worker gives an item back undone; the three kinds look alike.
    struct AbandonRequest: ProtobufMessage, Equatable {
        var completionToken = ""
        var unknownFields = ProtobufUnknownFields()

        mutating func decode(_ field: Int, from reader: inout ProtobufReader) throws {
            switch field {
            case 1: try reader.read(&completionToken)
            default: break
            }
        }

        func encode(into writer: inout ProtobufWriter) {
            writer.write(completionToken, as: 1)
        }
    }
}
