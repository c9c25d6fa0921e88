// Darkroom
// SPDX-License-Identifier: Apache-2.0

import DurableTask
import Foundation
import Telemetry
import Testing

@testable import TaskHubGRPC

/// How traces cross the wire, in both directions.
@Suite(.timeLimit(.minutes(1)))
struct TracingTests {
    private static let trace = "00-0af7651916cd43dd8448eb211c80319c-"
    private static let caller = Wire.TraceContext(
        traceParent: trace + "00f067aa0ba902b7-01", spanID: "00f067aa0ba902b7", traceState: "vendor=1")
    private static let callee = Wire.TraceContext(
        traceParent: trace + "00f067aa0ba902b8-01", spanID: "00f067aa0ba902b8")

    private func start(_ worker: RawWorker, _ id: String, _ context: Wire.TraceContext?) async throws {
        try await worker.start(Wire.CreateInstanceRequest(instanceID: id, name: "main", parentTraceContext: context))
    }

    private func request(_ item: Wire.WorkItem) throws -> Wire.OrchestratorRequest {
        guard case .orchestratorRequest(let request) = item.kind else { throw RawWorker.Ended() }
        return request
    }

    private func context(_ request: Wire.OrchestratorRequest) -> Wire.TraceContext? {
        for case .executionStarted(let start) in (request.pastEvents + request.newEvents).compactMap(\.kind) {
            return start.parentTraceContext
        }
        return nil
    }

    @Test(arguments: HubKind.allCases)
    func aWorkerElsewhereHearsWhatItsWorkIsPartOf(kind: HubKind) async throws {
        try await withServedHub(kind) { served in
            let worker = try RawWorker(served)
            try await start(worker, "a", Self.caller)
            let item = try await worker.next()
            let first = try request(item)
            #expect(context(first) == Self.caller)
            let span = try #require(first.orchestrationTraceContext?.spanID)
            // One call has a span of its own, the other has not.
            try await worker.complete(
                item,
                [
                    .init(id: 0, kind: .scheduleTask(.init(name: "work", parentTraceContext: Self.callee))),
                    .init(id: 1, kind: .scheduleTask(.init(name: "work"))),
                ])
            for expected in [Self.callee, Self.caller] {
                let item = try await worker.next()
                guard case .activityRequest(let activity) = item.kind else { throw RawWorker.Ended() }
                #expect(activity.parentTraceContext?.traceParent == expected.traceParent)
                #expect(activity.tags.isEmpty)
                try await worker.call(
                    "CompleteActivityTask",
                    Wire.ActivityResponse(
                        instanceID: "a", taskID: activity.taskID, result: "1", completionToken: item.completionToken))
            }
            let second = try request(try await worker.next())
            #expect(second.orchestrationTraceContext == first.orchestrationTraceContext)
            #expect(second.orchestrationTraceContext?.spanID == span)
            #expect(context(second) == Self.caller)
        }
    }

    @Test func childrenOfAWorkerElsewhereArePartOfTheTrace() async throws {
        try await withServedHub { served in
            let worker = try RawWorker(served)
            try await start(worker, "a", Self.caller)
            try await worker.complete(
                try await worker.next(),
                [
                    .init(
                        id: 0,
                        kind: .createSubOrchestration(
                            .init(instanceID: "b", name: "child", parentTraceContext: Self.callee)))
                ])
            let child = try request(try await worker.next())
            #expect(child.instanceID == "b")
            #expect(context(child) == Self.callee)
        }
    }

    @Test func operationsOfEntitiesCarryTheirContextBothWays() async throws {
        try await withServedHub { served in
            let worker = try RawWorker(served)
            try await worker.call(
                "SignalEntity",
                Wire.SignalEntityRequest(
                    instanceID: "@e@k", name: "o", requestID: "r", parentTraceContext: Self.caller))
            let item = try await worker.next()
            guard case .entityRequest(let batch) = item.kind else { throw RawWorker.Ended() }
            #expect(batch.operations.map(\.traceContext) == [Self.caller])
            var answer = Wire.EntityBatchResult(completionToken: item.completionToken)
            answer.results = [.init(kind: .success(.init()))]
            answer.actions = [
                .init(
                    id: 0,
                    kind: .startNewOrchestration(
                        .init(instanceID: "b", name: "leaf", parentTraceContext: Self.callee)))
            ]
            try await worker.call("CompleteEntityTask", answer)
            #expect(context(try request(try await worker.next())) == Self.callee)
        }
    }

    @Test(arguments: [nil, Wire.TraceContext(traceParent: "00-nonsense", spanID: "x")])
    func whatIsNoTraceIsNotHandedOn(context: Wire.TraceContext?) async throws {
        try await withServedHub { served in
            let worker = try RawWorker(served)
            try await start(worker, "a", context)
            let first = try request(try await worker.next())
            #expect(self.context(first) == nil)
            #expect(first.orchestrationTraceContext == nil)
        }
    }

    @Test func aWorkerOfTheHouseRecordsWhatItRunsOnAHubElsewhere() async throws {
        let recorder = SpanRecorder()
        try await withServedHub { served in
            var registry = TaskRegistry()
            registry.addOrchestration("main") { (context: OrchestrationContext, number: Int) in
                try await context.sleep(for: .milliseconds(1))
                return try await context.call(activity: "echo", number, as: Int.self)
            }
            registry.addActivity("echo") { (_: ActivityContext, number: Int) in number }
            let hub = try GRPCTaskHub(served.configuration, loops: served.loops)
            let worker = TaskHubWorker(hub, registry: registry, spans: recorder.sink)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await worker.run() }
                var request = StartRequest(id: "a", name: "main", input: "1")
                request.traceContext = TraceContext(Self.caller)
                _ = try await hub.start(request)
                #expect(try await hub.waitForCompletion(of: "a").output == "1")
                worker.stop()
                try await group.waitForAll()
            }
        }
        let spans = recorder.spans
        let main = spans.first { $0.name == "orchestration:main" }
        #expect(main?.parent == TraceContext(Self.caller)?.spanID)
        let parts = spans.filter { $0 != main }
        #expect(Set(parts.map(\.name)) == ["orchestration:main:timer", "activity:echo"])
        #expect(parts.allSatisfy { $0.parent == main?.context.spanID })
    }
}

extension RawWorker {
    fileprivate func start(_ request: Wire.CreateInstanceRequest) async throws {
        let _: Wire.CreateInstanceResponse = try await ask("StartInstance", request)
    }
}
