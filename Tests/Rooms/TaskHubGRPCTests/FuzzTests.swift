// Darkroom
// SPDX-License-Identifier: Apache-2.0

import DurableTask
import Foundation
import GRPC
import Protobuf
import Testing

@testable import TaskHubGRPC

/// Requests that are nearly right: each is to have an answer or a status, and the hub is to go on.
@Suite(.timeLimit(.minutes(10)))
struct FuzzTests {
    /// What ends a call that the service foresaw.
    private static let foreseen: Set<GRPCStatus.Code> = [
        .ok, .invalidArgument, .notFound, .alreadyExists, .failedPrecondition, .resourceExhausted, .unimplemented,
        .deadlineExceeded,
    ]

    @Test(arguments: HubKind.allCases)
    func noRequestOfAClientEndsTheServer(kind: HubKind) async throws {
        try await withServedHub(kind) { served in
            let client = try RawWorker(served, .nothing)
            var mutator = Mutator(seed: 1)
            for _ in 0..<40 {
                for (call, request) in Requests.ofClients {
                    let bytes = mutator.mutated(request.protobuf)
                    let code = await client.code(of: call, bytes, within: .milliseconds(100))
                    #expect(Self.foreseen.contains(code), "\(call) \(code) \(bytes)")
                }
            }
            try await goOn(served)
        }
    }

    @Test(arguments: HubKind.allCases)
    func noAnswerOfAWorkerEndsTheServer(kind: HubKind) async throws {
        var configuration = TaskHubServiceConfiguration()
        configuration.holdBackTime = .milliseconds(1)
        // What is answered with nonsense stays with its worker.
        configuration.itemsPerWorker = 10_000
        try await withServedHub(kind, configuration) { served in
            let worker = try RawWorker(
                served,
                Wire.GetWorkItemsRequest(
                    maxConcurrentOrchestrationWorkItems: .max, maxConcurrentActivityWorkItems: .max,
                    maxConcurrentEntityWorkItems: .max))
            var mutator = Mutator(seed: 2)
            for round in 0..<400 {
                try await served.start("round \(round)", name: "fuzz")
                try await served.hub.signal(
                    EntityOperation(requestID: "\(round)", operation: "o", input: nil, target: "@fuzz@\(round % 7)"))
                let item = try await worker.next()
                let (call, answer) = Requests.answer(to: item, &mutator)
                let bytes = mutator.mutated(answer.protobuf) + Requests.token(item, call)
                let code = await worker.code(of: call, bytes, within: .seconds(20))
                #expect(Self.foreseen.contains(code), "\(call) \(code) \(bytes)")
            }
            worker.leave()
            try await goOn(served)
        }
    }

    /// The hub still does what it should.
    private func goOn(_ served: ServedHub) async throws {
        var filters = Wire.WorkItemFilters()
        filters.orchestrations = [.init(name: "last")]
        let worker = try RawWorker(served, Wire.GetWorkItemsRequest(workItemFilters: filters))
        try await served.start("last", name: "last")
        try await worker.complete(try await worker.next(), [.end])
        #expect(try await served.hub.waitForCompletion(of: "last").output == "1")
    }
}

/// Changes messages a little, the same with the same seed.
private struct Mutator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// Numbers at the ends of what they can be, as the protocol writes them.
    private static let extremes: [[UInt8]] = [
        [0], [0x7F], [0xFF, 0xFF, 0xFF, 0xFF, 0x07], [0x80, 0x80, 0x80, 0x80, 0xF8, 0xFF, 0xFF, 0xFF, 0xFF, 0x01],
        [0xFE, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01],
        [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01],
        [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F],
    ]

    mutating func mutated(_ bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<Int.random(in: 0...2, using: &self) where !bytes.isEmpty {
            let index = bytes.indices.randomElement(using: &self) ?? 0
            switch Int.random(in: 0..<5, using: &self) {
            case 0: bytes[index] = UInt8.random(in: .min ... .max, using: &self)
            case 1: bytes.remove(at: index)
            case 2: bytes.insert(UInt8.random(in: .min ... .max, using: &self), at: index)
            case 3: bytes.removeLast(bytes.count - index)
            default: bytes.replaceSubrange(index...index, with: Self.extremes.randomElement(using: &self) ?? [0])
            }
        }
        return bytes
    }

    mutating func number() -> Int32 { [.min, -2, -1, 0, 1, 2, 7, .max].randomElement(using: &self) ?? 0 }

    mutating func time() -> Date? {
        [nil, .distantPast, .distantFuture, Date(timeIntervalSince1970: -1), Date()].randomElement(using: &self) ?? nil
    }

    mutating func id() -> String {
        ["", "round 1", "@fuzz@1", "@", "@@", "a@b", "\0", "new\(Int.random(in: 0..<9, using: &self))"]
            .randomElement(using: &self) ?? ""
    }

    mutating func tags() -> [String: String] {
        let names = ["priority", "start-to-close-ms", "schedule-to-start-ms", "heartbeat-ms", "attempt", "first"]
        return Dictionary(
            names.shuffled(using: &self).prefix(2).map { name in
                (name, ["\(Int.min)", "\(Int.max)", "-1", "0", "x"].randomElement(using: &self) ?? "")
            }, uniquingKeysWith: { $1 })
    }
}

/// Valid messages to begin with.
private enum Requests {
    static let ofClients: [(String, any ProtobufMessage & Sendable)] = [
        ("Hello", Wire.Empty()),
        ("StartInstance", Wire.CreateInstanceRequest(instanceID: "a", name: "n", version: "1", tags: ["k": "v"])),
        ("StartInstance", Wire.CreateInstanceRequest(name: "n", scheduledStartTimestamp: .distantFuture)),
        (
            "StartInstance",
            Wire.CreateInstanceRequest(
                instanceID: "a", name: "n", idReusePolicy: .init(replaceableStatus: [0, 1, 2, 3, 4, 5, 6, 7]))
        ),
        ("GetInstance", Wire.GetInstanceRequest(instanceID: "a", getInputsAndOutputs: true)),
        ("WaitForInstanceStart", Wire.GetInstanceRequest(instanceID: "a")),
        ("WaitForInstanceCompletion", Wire.GetInstanceRequest(instanceID: "a")),
        ("RaiseEvent", Wire.RaiseEventRequest(instanceID: "a", name: "e", input: "1")),
        ("TerminateInstance", Wire.TerminateRequest(instanceID: "a", output: "\"why\"", recursive: true)),
        ("SuspendInstance", Wire.SuspendRequest(instanceID: "a", reason: "r")),
        ("ResumeInstance", Wire.ResumeRequest(instanceID: "a", reason: "r")),
        ("RewindInstance", Wire.RewindInstanceRequest(instanceID: "a", reason: "r")),
        ("RestartInstance", Wire.RestartInstanceRequest(instanceID: "a", restartWithNewInstanceID: true)),
        ("StreamInstanceHistory", Wire.StreamInstanceHistoryRequest(instanceID: "a", forWorkItemProcessing: true)),
        (
            "QueryInstances",
            Wire.QueryInstancesRequest(
                query: .init(
                    runtimeStatus: [0, 6], createdTimeFrom: .distantPast, createdTimeTo: .distantFuture,
                    maxInstanceCount: 5, continuationToken: "9", instanceIDPrefix: "a", fetchInputsAndOutputs: true))
        ),
        ("ListInstanceIds", Wire.ListInstanceIdsRequest(runtimeStatus: [1], pageSize: 3, lastInstanceKey: "9")),
        ("PurgeInstances", Wire.PurgeInstancesRequest(recursive: true, kind: .instanceID("a"))),
        ("PurgeInstances", Wire.PurgeInstancesRequest(kind: .instanceBatch(.init(instanceIDs: ["a", "b"])))),
        (
            "PurgeInstances",
            Wire.PurgeInstancesRequest(
                recursive: true,
                kind: .purgeInstanceFilter(
                    .init(createdTimeFrom: .distantPast, runtimeStatus: [1, 3], timeout: .seconds(Int64.max))))
        ),
        (
            "SkipGracefulOrchestrationTerminations",
            Wire.SkipGracefulOrchestrationTerminationsRequest(instanceBatch: .init(instanceIDs: ["a"]))
        ),
        ("SignalEntity", Wire.SignalEntityRequest(instanceID: "@e@k", name: "o", scheduledTime: .distantFuture)),
        ("GetEntity", Wire.GetEntityRequest(instanceID: "@e@k", includeState: true)),
        (
            "QueryEntities",
            Wire.QueryEntitiesRequest(
                query: .init(
                    instanceIDStartsWith: "@e", lastModifiedFrom: .distantPast, includeState: true, pageSize: 2,
                    continuationToken: "9"))
        ),
        ("CleanEntityStorage", Wire.CleanEntityStorageRequest(removeEmptyEntities: true, releaseOrphanedLocks: true)),
        ("CreateTaskHub", Wire.CreateTaskHubRequest(recreateIfExists: true)),
        ("CompleteOrchestratorTask", Wire.OrchestratorResponse(actions: [.end], completionToken: "t")),
        ("CompleteActivityTask", Wire.ActivityResponse(instanceID: "a", completionToken: "t")),
        ("CompleteEntityTask", Wire.EntityBatchResult(completionToken: "t")),
        ("AbandonTaskOrchestratorWorkItem", Wire.AbandonRequest(completionToken: "t")),
        // A stream is no answer, so that the call ends with its deadline.
        ("GetWorkItems", Wire.GetWorkItemsRequest(maxConcurrentOrchestrationWorkItems: 1, workItemFilters: .init())),
    ]

    static func answer(to item: Wire.WorkItem, _ mutator: inout Mutator) -> (String, any ProtobufMessage) {
        switch item.kind {
        case .orchestratorRequest:
            var answer = Wire.OrchestratorResponse()
            for _ in 0..<Int.random(in: 0...3, using: &mutator) { answer.actions.append(action(&mutator)) }
            answer.isPartial = Int.random(in: 0..<20, using: &mutator) == 0
            return ("CompleteOrchestratorTask", answer)
        case .activityRequest:
            let failure = Wire.TaskFailureDetails(ModelTests.failure)
            return (
                "CompleteActivityTask",
                Wire.ActivityResponse(result: "1", failureDetails: Bool.random(using: &mutator) ? failure : nil)
            )
        case .entityRequest(let batch):
            return ("CompleteEntityTask", result(of: batch, &mutator))
        default: return ("Hello", Wire.Empty())
        }
    }

    static func token(_ item: Wire.WorkItem, _ call: String) -> [UInt8] {
        switch call {
        case "CompleteOrchestratorTask": Wire.OrchestratorResponse(completionToken: item.completionToken).protobuf
        case "CompleteActivityTask": Wire.ActivityResponse(completionToken: item.completionToken).protobuf
        default: Wire.EntityBatchResult(completionToken: item.completionToken).protobuf
        }
    }

    private static func result(
        of batch: Wire.EntityBatchRequest, _ mutator: inout Mutator
    ) -> Wire.EntityBatchResult {
        var answer = Wire.EntityBatchResult(entityState: "1")
        answer.results = batch.operations.map { _ in .init(kind: .success(.init(result: "1"))) }
        if Bool.random(using: &mutator) {
            answer.actions = [
                .init(
                    kind: .sendSignal(
                        .init(instanceID: mutator.id(), name: "o", scheduledTime: mutator.time()))),
                .init(
                    kind: .startNewOrchestration(
                        .init(instanceID: mutator.id(), name: "fuzz", scheduledTime: mutator.time()))),
            ]
        }
        return answer
    }

    private static func action(_ mutator: inout Mutator) -> Wire.OrchestratorAction {
        let kinds: [Wire.OrchestratorAction.Kind] = [
            .scheduleTask(.init(name: "work", version: "1", input: "1", tags: mutator.tags())),
            .createTimer(.init(fireAt: mutator.time())),
            .createSubOrchestration(.init(instanceID: mutator.id(), name: "fuzz", tags: mutator.tags())),
            .sendEvent(.init(instance: .init(instanceID: mutator.id()), name: "e", data: "1")),
            .terminateOrchestration(.init(instanceID: mutator.id(), recurse: true)),
            .completeOrchestration(
                .init(
                    orchestrationStatus: [.completed, .failed, .continuedAsNew, .terminated, .running]
                        .randomElement(using: &mutator) ?? .completed,
                    result: "1", carryoverEvents: [event(&mutator)])),
            .rewindOrchestration(.init(newHistory: [event(&mutator)])),
            .sendEntityMessage(.init(kind: .entityOperationCalled(operation(&mutator)))),
            .sendEntityMessage(
                .init(
                    kind: .entityLockRequested(
                        .init(
                            criticalSectionID: "s", lockSet: ["@fuzz@1", mutator.id()],
                            position: mutator.number())))),
            .sendEntityMessage(
                .init(kind: .entityUnlockSent(.init(criticalSectionID: "s", targetInstanceID: mutator.id())))),
        ]
        let kind = kinds.randomElement(using: &mutator)
        return Wire.OrchestratorAction(id: mutator.number(), kind: kind)
    }

    private static func operation(_ mutator: inout Mutator) -> Wire.EntityOperationCalled {
        .init(requestID: mutator.id(), operation: "o", scheduledTime: mutator.time(), targetInstanceID: mutator.id())
    }

    private static func event(_ mutator: inout Mutator) -> Wire.HistoryEvent {
        let kinds: [Wire.HistoryEvent.Kind] = [
            .eventRaised(.init(name: "e", input: "1")), .timerFired(.init(timerID: mutator.number())),
            .entityLockRequested(.init(lockSet: ["@fuzz@1"], position: mutator.number())),
            .taskCompleted(.init(taskScheduledID: mutator.number())), .executionStarted(.init(name: "fuzz")),
            .executionTerminated(.init(recurse: true)),
        ]
        var event = Wire.HistoryEvent()
        event.eventID = mutator.number()
        event.timestamp = mutator.time()
        event.kind = kinds.randomElement(using: &mutator)
        return event
    }
}

extension Wire.GetWorkItemsRequest {
    /// A stream on which nothing comes.
    fileprivate static let nothing = Wire.GetWorkItemsRequest(workItemFilters: Wire.WorkItemFilters())
}
