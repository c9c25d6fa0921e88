// Darkroom
// SPDX-License-Identifier: Apache-2.0

import DurableTask
import FoundationEssentials
import GRPC
import Protobuf

/// What clients ask about one instance.
extension TaskHubService {
    func start(_ request: Wire.CreateInstanceRequest) async throws -> Wire.CreateInstanceResponse {
        let request = try StartRequest(request)
        guard try await hub.start(request) == .created else {
            throw GRPCStatus(
                .alreadyExists, "there is an instance \"\(request.id)\" in a state that the request does not replace")
        }
        return Wire.CreateInstanceResponse(instanceID: request.id)
    }

    func instance(_ request: Wire.GetInstanceRequest) async throws -> Wire.GetInstanceResponse {
        response(try await hub.status(of: try id(request.instanceID)), to: request)
    }

    func waitForStart(_ request: Wire.GetInstanceRequest) async throws -> Wire.GetInstanceResponse {
        response(try await hub.waitForStart(of: try id(request.instanceID)), to: request)
    }

    func waitForCompletion(_ request: Wire.GetInstanceRequest) async throws -> Wire.GetInstanceResponse {
        response(try await hub.waitForCompletion(of: try id(request.instanceID)), to: request)
    }

    private func id(_ text: String) throws -> String { try text.checked("an instance's id") }

    private func response(
        _ status: InstanceStatus?, to request: Wire.GetInstanceRequest
    ) -> Wire.GetInstanceResponse {
        Wire.GetInstanceResponse(
            exists: status != nil,
            orchestrationState: status.map {
                Wire.OrchestrationState($0, includesPayloads: request.getInputsAndOutputs)
            })
    }

    func raiseEvent(_ request: Wire.RaiseEventRequest) async throws -> Wire.Empty {
        try await hub.raiseEvent(
            SentEvent(
                instanceID: try id(request.instanceID), name: try request.name.checked("an event's name"),
                input: request.input),
            ifMissing: .refuse)
        return Wire.Empty()
    }

    func terminate(_ request: Wire.TerminateRequest) async throws -> Wire.Empty {
        try await hub.terminate(
            try id(request.instanceID), reason: reason(request.output), isRecursive: request.recursive)
        return Wire.Empty()
    }

    /// Reasons are JSON text in the protocol, plain text in the house.
    func reason(_ output: String?) -> String {
        guard let output else { return "" }
        return (try? Payload.decode(String.self, from: output, what: "the reason")) ?? output
    }

    func suspend(_ request: Wire.SuspendRequest) async throws -> Wire.Empty {
        try await hub.suspend(try id(request.instanceID), reason: request.reason)
        return Wire.Empty()
    }

    func resume(_ request: Wire.ResumeRequest) async throws -> Wire.Empty {
        try await hub.resume(try id(request.instanceID), reason: request.reason)
        return Wire.Empty()
    }

    func rewind(_ request: Wire.RewindInstanceRequest) async throws -> Wire.Empty {
        try await hub.rewind(try id(request.instanceID), reason: request.reason)
        return Wire.Empty()
    }

    func restart(_ request: Wire.RestartInstanceRequest) async throws -> Wire.RestartInstanceResponse {
        let old = try id(request.instanceID)
        guard request.restartWithNewInstanceID else {
            try await hub.restart(old)
            return Wire.RestartInstanceResponse(instanceID: old)
        }
        let new = UUID().uuidString.lowercased()
        _ = try await hub.restart(old, as: new)
        return Wire.RestartInstanceResponse(instanceID: new)
    }

    /// The history of an instance in parts.
    func sendHistory(
        _ request: Wire.StreamInstanceHistoryRequest, _ send: (Wire.HistoryChunk) async throws -> Void
    ) async throws {
        var events = ArraySlice(try await events(request).map(Wire.HistoryEvent.init))
        while !events.isEmpty {
            var chunk = Wire.HistoryChunk()
            var bytes = 0
            // A part holds one event at least, and stays far below the limit otherwise.
            while let event = events.first, bytes < configuration.messageBytes / 8 {
                bytes += event.protobuf.count
                chunk.events.append(event)
                events.removeFirst()
            }
            try await send(chunk)
        }
    }

    /// A worker gets what it has to replay before its new events, everybody else all that is stored.
    private func events(_ request: Wire.StreamInstanceHistoryRequest) async throws -> [HistoryEvent] {
        if request.forWorkItemProcessing, let history = lent.history(of: request.instanceID) {
            return history.events
        }
        return try await hub.history(of: try id(request.instanceID))
    }
}
