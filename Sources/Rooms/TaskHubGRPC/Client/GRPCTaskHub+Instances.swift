// Darkroom
// SPDX-License-Identifier: Apache-2.0

public import DurableTask
import FoundationEssentials
import GRPC
import Protobuf

/// What a program asks about instances; what each call does stands at ``TaskHubClient``.
extension GRPCTaskHub {
    /// Creates an instance, or finds the one that has the id already.
    public func start(_ request: StartRequest) async throws -> StartOutcome {
        if request.scheduledStart != nil { try require(.scheduledStart) }
        do {
            let request = Wire.CreateInstanceRequest(request, at: clock.now)
            let _: Wire.CreateInstanceResponse = try await ask("StartInstance", request)
            return .created
        } catch let status as GRPCStatus where status.code == .alreadyExists {
            return .existing
        }
    }

    /// What is known of an instance.
    public func status(of id: String) async throws -> InstanceStatus? {
        let request = Wire.GetInstanceRequest(instanceID: id, getInputsAndOutputs: true)
        let response: Wire.GetInstanceResponse = try await ask("GetInstance", request)
        return response.exists ? response.orchestrationState.map(InstanceStatus.init) : nil
    }

    /// Waits until a worker has begun with an instance.
    public func waitForStart(of id: String) async throws -> InstanceStatus {
        try await wait("WaitForInstanceStart", id) { $0 != .pending }
    }

    /// Waits until an instance has ended.
    public func waitForCompletion(of id: String) async throws -> InstanceStatus {
        try await wait("WaitForInstanceCompletion", id) { $0.isFinal }
    }

    private func wait(
        _ call: String, _ id: String, _ isOver: (RuntimeStatus) -> Bool
    ) async throws -> InstanceStatus {
        guard capabilities.contains(.longWaits) else { return try await poll(id, isOver) }
        let request = Wire.GetInstanceRequest(instanceID: id, getInputsAndOutputs: true)
        var backOff = BackOff(base: .milliseconds(200), cap: .seconds(15))
        while true {
            do {
                let response: Wire.GetInstanceResponse = try await client.call(
                    call, request, within: configuration.waitTime)
                guard response.exists, let state = response.orchestrationState else { throw TaskHubError.notFound(id) }
                let status = InstanceStatus(state)
                if isOver(status.status) { return status }
            } catch let status as GRPCStatus where status.code == .deadlineExceeded {
                backOff.reset()
            } catch let status as GRPCStatus where status.code == .unavailable {
                try await Task.sleep(for: backOff.next())
            } catch let status as GRPCStatus {
                throw status.asHubError
            }
        }
    }

    /// Asks again and again, ever less often.
    private func poll(_ id: String, _ isOver: (RuntimeStatus) -> Bool) async throws -> InstanceStatus {
        var pause = Duration.milliseconds(20)
        while true {
            guard let status = try await status(of: id) else { throw TaskHubError.notFound(id) }
            if isOver(status.status) { return status }
            try await Task.sleep(for: pause)
            pause = min(.seconds(1), pause * 1.5)
        }
    }

    /// What happened in an instance so far.
    public func history(of id: String) async throws -> [HistoryEvent] {
        do {
            return try await historyEvents(Wire.StreamInstanceHistoryRequest(instanceID: id))
                .compactMap(HistoryEvent.init)
        } catch let status as GRPCStatus {
            throw status.asHubError
        }
    }

    /// Is refused: the protocol has no call for it.
    public func waits(of id: String) async throws -> [String] {
        throw TaskHubError(.invalid, "a hub elsewhere cannot be asked what an instance waits for; read its history")
    }

    /// Tells an instance something; an event for one that does not exist cannot be kept.
    public func raiseEvent(_ event: SentEvent, ifMissing: MissingInstance) async throws {
        do {
            try await tell(
                "RaiseEvent",
                Wire.RaiseEventRequest(instanceID: event.instanceID, name: event.name, input: event.input))
        } catch let error as TaskHubError where error.code == .notFound && ifMissing == .keep {
            throw TaskHubError(
                .invalid, "\(error.message), and a hub elsewhere does not keep events; start the instance first")
        }
    }

    /// Makes an instance hold still.
    public func suspend(_ id: String, reason: String?) async throws {
        try await tell("SuspendInstance", Wire.SuspendRequest(instanceID: id, reason: reason))
    }

    /// Lets an instance go on.
    public func resume(_ id: String, reason: String?) async throws {
        try await tell("ResumeInstance", Wire.ResumeRequest(instanceID: id, reason: reason))
    }

    /// Ends an instance; its children only on hubs with ``HubCapabilities/recursiveTerminate``.
    public func terminate(_ id: String, reason: String, isRecursive: Bool) async throws {
        let output = try Payload.encode(reason)
        try await tell(
            "TerminateInstance", Wire.TerminateRequest(instanceID: id, output: output, recursive: isRecursive))
    }

    /// Lets a failed instance try again what failed.
    public func rewind(_ id: String, reason: String?) async throws {
        try require(.rewind)
        try await tell("RewindInstance", Wire.RewindInstanceRequest(instanceID: id, reason: reason))
    }

    /// Runs an instance that has ended again from its beginning.
    public func restart(_ id: String) async throws {
        let request = Wire.RestartInstanceRequest(instanceID: id, restartWithNewInstanceID: false)
        let _: Wire.RestartInstanceResponse = try await ask("RestartInstance", request)
    }

    /// Starts another instance like one that has ended; the protocol's own call would choose the id.
    public func restart(_ id: String, as newID: String) async throws -> StartOutcome {
        guard let status = try await status(of: id) else { throw TaskHubError.notFound(id) }
        guard status.status.isFinal else {
            throw TaskHubError(.running, "instance \"\(id)\" has not ended; wait for it, or terminate it")
        }
        var request = StartRequest(id: newID, name: status.name, input: status.input)
        request.version = status.version
        request.tags = status.tags
        return try await start(request)
    }

    /// Is refused: the protocol has no call for it.
    public func retry(_ id: String) async throws -> Bool {
        throw TaskHubError(.invalid, "a hub elsewhere does not set instances aside; rewind or restart it")
    }

    /// Makes a call that waits for nothing.
    func ask<Reply: ProtobufMessage>(
        _ call: String, _ request: some ProtobufMessage, as type: Reply.Type = Reply.self
    ) async throws -> Reply {
        do {
            return try await client.call(call, request, as: type, within: configuration.callTime)
        } catch let status as GRPCStatus where status.code != .alreadyExists {
            throw status.asHubError
        }
    }

    /// Makes a call whose answer says nothing.
    func tell(_ call: String, _ request: some ProtobufMessage) async throws {
        let _: Wire.Empty = try await ask(call, request)
    }
}
