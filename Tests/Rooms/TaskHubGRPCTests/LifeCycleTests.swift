// Darkroom
// SPDX-License-Identifier: Apache-2.0

import DurableTask
import Foundation
import GRPC
import Protobuf
import Sockets
import Testing

@testable import TaskHubGRPC

/// The life of a worker's connection, against hubs that do what a good one does not.
@Suite(.timeLimit(.minutes(5)))
struct LifeCycleTests {
    private static let activity = Wire.WorkItem(
        completionToken: "token",
        kind: .activityRequest(
            .init(name: "double", input: "4", orchestrationInstance: .init(instanceID: "i"), taskID: 2)))

    @Test func aResultIsSentUntilItArrives() async throws {
        let hub = ScriptedHub(refusals: 3) { $0 == 0 ? [Self.activity] : [] }
        try await work(on: hub) { _ in
            try await eventually { hub.calls("CompleteActivityTask").count == 4 }
            let answer = try Wire.ActivityResponse(protobuf: hub.calls("CompleteActivityTask")[3].request)
            #expect(answer.instanceID == "i" && answer.taskID == 2 && answer.completionToken == "token")
            #expect(answer.result == "8")
        }
    }

    @Test func aResultThatNeverArrivesIsGivenUpAndTheItemGivenBack() async throws {
        let hub = ScriptedHub(refusals: 1_000) { $0 == 0 ? [Self.activity] : [] }
        try await work(on: hub, changed { $0.deliveryAttempts = 3 }) { _ in
            try await eventually { hub.calls("AbandonTaskActivityWorkItem").count == 1 }
        }
        #expect(hub.calls("CompleteActivityTask").count == 3)
        #expect(hub.calls("AbandonTaskActivityWorkItem").count == 1)
    }

    @Test func aSilentStreamIsOpenedAgain() async throws {
        let hub = ScriptedHub()
        try await work(on: hub, changed { $0.silentTime = .milliseconds(30) }) { _ in
            try await eventually { hub.calls("GetWorkItems").count >= 7 }
        }
        #expect(hub.calls("Hello").count >= hub.calls("GetWorkItems").count)
    }

    @Test func aStreamThatEndsIsOpenedAgain() async throws {
        let ping = Wire.WorkItem(kind: .healthPing(.init()))
        let hub = ScriptedHub(endsStreams: true) { $0 < 5 ? [ping] : [Self.activity] }
        try await work(on: hub) { _ in try await eventually { !hub.calls("CompleteActivityTask").isEmpty } }
    }

    @Test func whatNobodyFetchedOfABrokenStreamIsForgotten() async throws {
        let hub = ScriptedHub(endsStreams: true) { $0 == 0 ? [Self.activity, Self.activity] : [] }
        try await work(on: hub, fetching: false) { worker in
            try await eventually { hub.calls("GetWorkItems").count >= 3 }
            // The hub hands both out again.
            #expect(worker.held.activity(1) == nil && worker.held.activity(2) == nil)
            #expect(worker.activities.takeAll().isEmpty)
        }
    }

    @Test func aResultThatIsTooLargeForTheHubFailsTheActivity() async throws {
        let hub = ScriptedHub { $0 == 0 ? [Self.activity] : [] }
        try await work(on: hub, fetching: false) { worker in
            let item = try #require(try await worker.nextActivity(.all, Intake()))
            try await worker.complete(item, with: .success(String(repeating: "1", count: 5 << 20)))
        }
        let answers = try hub.calls("CompleteActivityTask").map { try Wire.ActivityResponse(protobuf: $0.request) }
        #expect(answers.map(\.failureDetails?.errorType) == ["PayloadTooLarge"])
        #expect(answers.first?.completionToken == "token" && answers.first?.result == nil)
    }

    @Test func everyCallSaysWhichHubAndWhoCalls() async throws {
        let hub = ScriptedHub { $0 == 0 ? [Self.activity] : [] }
        let tokens: AccessTokenProvider = { AccessToken("secret", expiresAt: Date(timeIntervalSinceNow: 3_600)) }
        try await work(on: hub, changed { $0.address.taskHub = "pictures" }, tokens: tokens) { _ in
            try await eventually { !hub.calls("CompleteActivityTask").isEmpty }
        }
        for name in ["Hello", "GetWorkItems", "CompleteActivityTask"] {
            let metadata = try #require(hub.calls(name).first?.metadata)
            #expect(metadata["taskhub"] == "pictures")
            #expect(metadata["authorization"] == "Bearer secret")
            #expect(metadata["workerid"]?.split(separator: ",").count == 3)
        }
    }

    @Test func theRequestForWorkSaysWhatTheWorkerTakes() async throws {
        let hub = ScriptedHub()
        try await work(
            on: hub,
            changed {
                $0.concurrentActivities = 3
                $0.names = WorkNames(orchestrations: ["o"], activities: ["b", "a"])
            }
        ) { _ in try await eventually { !hub.calls("GetWorkItems").isEmpty } }
        let request = try Wire.GetWorkItemsRequest(protobuf: hub.calls("GetWorkItems")[0].request)
        #expect(request.maxConcurrentActivityWorkItems == 3)
        #expect(request.capabilities == [Wire.WorkerCapability.historyStreaming.rawValue])
        #expect(request.workItemFilters?.activities.map(\.name) == ["a", "b"])
        #expect(request.workItemFilters?.entities.isEmpty == true)
    }

    @Test func aHubThatLeavesTheHistoryOutIsAskedForIt() async throws {
        var request = Wire.OrchestratorRequest(instanceID: "i")
        request.properties = ["IncludeState": .init(kind: .flag(false))]
        let item = Wire.WorkItem(completionToken: "token", kind: .orchestratorRequest(request))
        let hub = ScriptedHub { $0 == 0 ? [item] : [] }
        try await work(on: hub) { _ in try await eventually { !hub.calls("CompleteOrchestratorTask").isEmpty } }
        let answer = try Wire.OrchestratorResponse(protobuf: hub.calls("CompleteOrchestratorTask")[0].request)
        #expect(answer.requiresHistory && answer.completionToken == "token" && answer.actions.isEmpty)
    }

    @Test func longHistoriesAreFetchedBeforeTheyAreReplayed() async throws {
        var configuration = TaskHubServiceConfiguration()
        configuration.streamedHistoryBytes = 100
        try await withServedHub(.memory, configuration) { served in
            let hub = try GRPCTaskHub(quick(served.configuration), loops: served.loops)
            var options = WorkerConfiguration()
            options.unknownNames = .leave
            let worker = TaskHubWorker(hub, registry: Stories.registry, configuration: options)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await worker.run() }
                let output = try await Stories(hub: hub).output("sequence", 3)
                #expect(output == "12")
                worker.stop()
            }
        }
    }

    @Test func whatIsLeftAtTheEndIsGivenBack() async throws {
        let items = (0..<3).map { number in
            var item = Self.activity
            item.completionToken = "\(number)"
            return item
        }
        let hub = ScriptedHub { $0 == 0 ? items : [] }
        // Nobody fetches.
        try await work(on: hub, fetching: false) { worker in
            try await eventually { (1...3).allSatisfy { worker.held.activity($0) != nil } }
        }
        let tokens = try hub.calls("AbandonTaskActivityWorkItem")
            .map { try Wire.AbandonRequest(protobuf: $0.request).completionToken }
        #expect(tokens.sorted() == ["0", "1", "2"])
    }

    @Test func aWorkerOutlivesItsServer() async throws {
        let served = try await EmbeddedTaskHub.inMemory()
        let loops = try EventLoops(count: 1)
        let first = server(of: served, on: 0, loops)
        let port = try first.bind().port
        // Unstructured: it ends in the middle of the test.
        let serving = Task { try await first.run() }
        let address = HubAddress(host: "127.0.0.1", port: port)
        let hub = try GRPCTaskHub(quick(GRPCTaskHubConfiguration(address, backend: .darkroom)), loops: loops)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await served.run() }
            group.addTask { try await TaskHubWorker(hub, registry: Stories.registry).run() }
            let early = try await Stories(hub: hub).output("sequence", 1)
            #expect(early == "4")
            serving.cancel()
            _ = await serving.result
            let second = server(of: served, on: port, loops)
            _ = try second.bind()
            group.addTask { try await second.run() }
            let late = try await Stories(hub: hub).output("sequence", 2)
            #expect(late == "8")
            group.cancelAll()
            while let result = await group.nextResult() { _ = result }
        }
    }

    private func server(of hub: any TaskHub, on port: UInt16, _ loops: EventLoops) -> GRPCServer {
        GRPCServer(
            configuration: GRPCServerConfiguration(address: SocketAddress(host: "127.0.0.1", port: port)),
            handlers: TaskHubService(hub).handlers, loops: loops)
    }

    private func quick(_ configuration: GRPCTaskHubConfiguration) -> GRPCTaskHubConfiguration {
        var configuration = configuration
        configuration.reconnectWaits = .milliseconds(1)...Duration.milliseconds(10)
        configuration.deliveryWaits = .milliseconds(1)...Duration.milliseconds(10)
        return configuration
    }

    private func changed(_ change: (inout GRPCTaskHubConfiguration) -> Void) -> GRPCTaskHubConfiguration {
        var configuration = GRPCTaskHubConfiguration(HubAddress(host: "127.0.0.1"), backend: .darkroom)
        change(&configuration)
        return configuration
    }

    /// Runs a worker on a hub for the length of `body`.
    private func work(
        on scripted: ScriptedHub, _ configuration: GRPCTaskHubConfiguration? = nil,
        tokens: AccessTokenProvider? = nil, fetching: Bool = true,
        _ body: @escaping @Sendable (GRPCTaskHub) async throws -> Void
    ) async throws {
        try await scripted.serve { port, loops in
            var configuration = quick(configuration ?? changed { _ in })
            configuration.address.port = port
            let hub = try GRPCTaskHub(configuration, tokens: tokens, loops: loops)
            try await withThrowingTaskGroup(of: Void.self) { group in
                if fetching {
                    let worker = TaskHubWorker(hub, registry: Stories.registry)
                    group.addTask { try await worker.run() }
                } else {
                    group.addTask { try await hub.run() }
                }
                try await body(hub)
                group.cancelAll()
                while let result = await group.nextResult() { _ = result }
            }
        }
    }
}
