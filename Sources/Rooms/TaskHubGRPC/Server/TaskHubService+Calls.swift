// Darkroom
// SPDX-License-Identifier: Apache-2.0

import DurableTask
public import GRPC
import Protobuf
import Telemetry

/// The calls by their names.
extension TaskHubService {
    /// All calls of the service, to be served by a `GRPCServer` within ``GRPC/GRPCServerLimits/taskHub``.
    public var handlers: GRPCHandlers {
        var handlers = GRPCHandlers()
        addInstances(to: &handlers)
        addQueries(to: &handlers)
        addEntities(to: &handlers)
        addWork(to: &handlers)
        return handlers
    }

    private func addInstances(to handlers: inout GRPCHandlers) {
        add("Hello", to: &handlers) { (_, empty: Wire.Empty) in empty }
        add("StartInstance", to: &handlers) { try await $0.start($1) }
        add("GetInstance", to: &handlers) { try await $0.instance($1) }
        add("WaitForInstanceStart", to: &handlers) { try await $0.waitForStart($1) }
        add("WaitForInstanceCompletion", to: &handlers) { try await $0.waitForCompletion($1) }
        add("RaiseEvent", to: &handlers) { try await $0.raiseEvent($1) }
        add("TerminateInstance", to: &handlers) { try await $0.terminate($1) }
        add("SuspendInstance", to: &handlers) { try await $0.suspend($1) }
        add("ResumeInstance", to: &handlers) { try await $0.resume($1) }
        add("RewindInstance", to: &handlers) { try await $0.rewind($1) }
        add("RestartInstance", to: &handlers) { try await $0.restart($1) }
        addStream("StreamInstanceHistory", to: &handlers) { (service, request, _, writer) in
            try await service.sendHistory(request) { try await writer.write($0) }
        }
    }

    private func addQueries(to handlers: inout GRPCHandlers) {
        add("QueryInstances", to: &handlers) { try await $0.query($1) }
        add("ListInstanceIds", to: &handlers) { try await $0.listIDs($1) }
        add("PurgeInstances", to: &handlers) { try await $0.purge($1) }
        add("SkipGracefulOrchestrationTerminations", to: &handlers) { try await $0.skipGracefulTerminations($1) }
        // A hub is there as long as its server; clients may make one before they begin. None deletes it from afar.
        add("CreateTaskHub", to: &handlers) { try $0.createHub($1) }
        add("DeleteTaskHub", to: &handlers) { try $0.deleteHub($1) }
    }

    private func addEntities(to handlers: inout GRPCHandlers) {
        add("SignalEntity", to: &handlers) { try await $0.signalEntity($1) }
        add("GetEntity", to: &handlers) { try await $0.entity($1) }
        add("QueryEntities", to: &handlers) { try await $0.queryEntities($1) }
        add("CleanEntityStorage", to: &handlers) { try await $0.cleanEntities($1) }
    }

    private func addWork(to handlers: inout GRPCHandlers) {
        addStream("GetWorkItems", to: &handlers) { (service, request, context, writer) in
            try await writer.sendHead()
            let isOfTheHouse = context.metadata["x-user-agent"] == Wire.userAgent
            try await service.sendWork(request, toTheHouse: isOfTheHouse) { try await writer.write($0) }
        }
        add("CompleteOrchestratorTask", to: &handlers) { try await $0.completeOrchestrator($1) }
        add("CompleteActivityTask", to: &handlers) { try await $0.completeActivity($1) }
        add("CompleteEntityTask", to: &handlers) { try await $0.completeEntity($1) }
        add("AbandonTaskOrchestratorWorkItem", to: &handlers) { try await $0.abandon($1) }
        add("AbandonTaskActivityWorkItem", to: &handlers) { try await $0.abandon($1) }
        add("AbandonTaskEntityWorkItem", to: &handlers) { try await $0.abandon($1) }
    }

    private func add<Request: ProtobufMessage, Reply: ProtobufMessage>(
        _ name: String, to handlers: inout GRPCHandlers,
        _ body: @escaping @Sendable (TaskHubService, Request) async throws -> Reply
    ) {
        handlers.unary(Wire.path(name)) { (request: Request, context) in
            try await self.answering(name, context) { try await body(self, request) }
        }
    }

    private func addStream<Request: ProtobufMessage>(
        _ name: String, to handlers: inout GRPCHandlers,
        _ body: @escaping @Sendable (TaskHubService, Request, GRPCCallContext, GRPCWriter) async throws -> Void
    ) {
        handlers.streaming(Wire.path(name)) { (request: Request, context, writer) in
            try await self.answering(name, context) { try await body(self, request, context, writer) }
        }
    }

    /// Runs a handler off its connection's event loop, which long histories would hold up, and turns what it throws
    /// into what the caller hears.
    private func answering<Value: Sendable>(
        _ name: String, _ context: GRPCCallContext, _ body: @Sendable () async throws -> Value
    ) async throws -> Value {
        do {
            try await configuration.access.admit(context)
            return try await withTaskExecutorPreference(globalConcurrentExecutor) { try await body() }
        } catch {
            if GRPCStatus.isUnforeseen(error) {
                log(.error, "a call of the task hub failed", ["call": name, "error": "\(error)"])
            }
            throw GRPCStatus(hearing: error)
        }
    }
}

extension TaskHubService {
    private func createHub(_ request: Wire.CreateTaskHubRequest) throws -> Wire.Empty {
        if request.recreateIfExists { throw Self.hubStays }
        return Wire.Empty()
    }

    private func deleteHub(_ request: Wire.Empty) throws -> Wire.Empty { throw Self.hubStays }

    private static let hubStays = GRPCStatus(
        .unimplemented, "a hub is not deleted from afar: purge its instances, or remove its store on the server")
}

extension Wire {
    /// The path of a call.
    static func path(_ call: String) -> String { "/TaskHubSidecarService/\(call)" }

    /// How our own worker calls itself.
    static let userAgent = "durabletask-swift (darkroom)"
}
