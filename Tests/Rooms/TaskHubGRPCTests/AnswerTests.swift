// Darkroom
// SPDX-License-Identifier: Apache-2.0

import DurableTask
import Foundation
import GRPC
import Testing

@testable import TaskHubGRPC

/// What workers elsewhere answer to episodes, in the forms that are known of them and in those that make no sense.
@Suite(.timeLimit(.minutes(2)))
struct AnswerTests {
    @Test func anEndMayStandAnywhereAmongTheActions() async throws {
        try await withServedHub { served in
            let worker = try RawWorker(served)
            try await served.start("a")
            try await served.start("b", name: "other")
            let first = try await worker.next()
            let second = try await worker.next()
            try await worker.complete(
                first,
                [
                    .end(id: 2), .init(id: 1, kind: .sendEvent(.init(instance: .init(instanceID: "b"), name: "two"))),
                    .init(id: 0, kind: .sendEvent(.init(instance: .init(instanceID: "b"), name: "one"))),
                ])
            #expect(try await served.hub.waitForCompletion(of: "a").output == "1")
            try await worker.complete(second, [])
            let names = try await worker.next().episode.newEvents.compactMap(HistoryEvent.init).compactMap(\.name)
            #expect(names == ["one", "two"])
        }
    }

    @Test(arguments: [Wire.OrchestrationStatus.running, .pending, .suspended])
    func anInstanceDoesNotEndAsGoingOn(status: Wire.OrchestrationStatus) async throws {
        await refused([.end(id: 0, status)])
    }

    @Test(arguments: [
        [Wire.OrchestratorAction.end(id: 0), .end(id: 1)],
        [.init(id: 1, kind: .scheduleTask(.init(name: "a"))), .init(id: 1, kind: .createTimer(.init()))],
        [.init(id: -3, kind: .createTimer(.init()))],
        [.init(id: 1, kind: .scheduleTask(.init(name: "a", tags: ["k": String(repeating: "x", count: 100_000)])))],
        [.init(id: 1, kind: .message(.entityLockRequested(.init(criticalSectionID: "s"))))],
        [.init(id: 1, kind: .message(.entityLockRequested(.init(criticalSectionID: "s", lockSet: ["@e@k", "@e@k"]))))],
    ])
    func actionsThatMakeNoSenseAreRefused(actions: [Wire.OrchestratorAction]) async throws {
        await refused(actions)
    }

    private func refused(_ actions: [Wire.OrchestratorAction]) async {
        await expect(.invalidArgument) {
            try await withServedHub { served in
                let worker = try RawWorker(served)
                try await served.start("a")
                try await worker.complete(try await worker.next(), actions)
            }
        }
    }

    @Test func aChildWithoutAnIDGetsOne() async throws {
        try await withServedHub { served in
            let worker = try RawWorker(served)
            try await served.start("a")
            let call = Wire.CreateSubOrchestration(name: "leaf")
            try await worker.complete(try await worker.next(), [.init(id: 7, kind: .createSubOrchestration(call))])
            let child = try await worker.next().episode.instanceID
            #expect(child.hasPrefix("a:") && child.hasSuffix(":7"))
        }
    }

    /// A position from the worker would end the server, and again after each start.
    @Test(arguments: HubKind.allCases, [Int32.min, -2, 1, Int32.max])
    func locksAreAskedForFromTheFirst(kind: HubKind, position: Int32) async throws {
        try await withServedHub(kind) { served in
            let worker = try RawWorker(served)
            try await served.start("a")
            let request = Wire.EntityLockRequested(
                criticalSectionID: "s", lockSet: ["@e@1", "@e@2"], position: position)
            try await worker.complete(
                try await worker.next(), [.init(id: 0, kind: .message(.entityLockRequested(request)))])
            let news = try await worker.next().episode.newEvents.compactMap(HistoryEvent.init).map(\.kind)
            #expect(news.contains(.entityLockGranted(criticalSectionID: "s")))
            #expect(try await served.hub.entity("@e@1", includesState: false)?.lockedBy == "a")
            #expect(try await served.hub.entity("@e@2", includesState: false)?.lockedBy == "a")
        }
    }

    /// Hubs of earlier versions have stored what a worker said.
    @Test(arguments: HubKind.allCases)
    func aPositionThatIsStoredAndIsNoneIsTheFirst(kind: HubKind) async throws {
        try await withServedHub(kind) { served in
            try await served.start("a")
            let intake = Intake()
            let item = try #require(try await served.hub.nextOrchestration(.all, intake))
            let begin = try #require(item.beginsExecution)
            let request = EntityLockRequest(
                criticalSectionID: "s", lockSet: ["@e@1", "@e@2"], position: -7, parentInstanceID: "a")
            _ = try await served.hub.complete(
                item, with: OrchestratorTurn(actions: [OrchestratorAction(id: 0, .lockEntities(request))]),
                from: .beginning(of: begin.executionID))
            served.hub.release(item)
            // Entities are looked after when somebody asks for them.
            async let entities = served.hub.nextEntity(.all, intake)
            let news = try #require(try await served.hub.nextOrchestration(.all, intake))
            #expect(news.events.map(\.kind).contains(.entityLockGranted(criticalSectionID: "s")))
            served.hub.close(intake)
            #expect(try await entities == nil)
        }
    }

    @Test func partsComeInOrder() async throws {
        try await withServedHub { served in
            let worker = try RawWorker(served)
            try await served.start("a")
            let item = try await worker.next()
            func part(_ index: Int32, _ actions: [Wire.OrchestratorAction]) -> Wire.OrchestratorResponse {
                var part = Wire.OrchestratorResponse(actions: actions, completionToken: item.completionToken)
                (part.isPartial, part.chunkIndex) = (true, index)
                return part
            }
            try await worker.call("CompleteOrchestratorTask", part(0, []))
            await expect(.invalidArgument) { try await worker.call("CompleteOrchestratorTask", part(2, [])) }
            await expect(.failedPrecondition) { try await worker.complete(item, [.end]) }
            try await worker.complete(try await worker.next(), [.end])
        }
    }

    @Test func partsHaveAnEnd() async throws {
        var configuration = TaskHubServiceConfiguration()
        configuration.answerBytes = 100_000
        try await withServedHub(.memory, configuration) { served in
            let worker = try RawWorker(served)
            try await served.start("a")
            let item = try await worker.next()
            let input = String(repeating: "1", count: 40_000)
            await expect(.invalidArgument) {
                for id in 0..<4 {
                    try await worker.complete(
                        item, [.init(id: Int32(id), kind: .scheduleTask(.init(name: "a", input: input)))],
                        isPartial: true)
                }
            }
            try await worker.complete(try await worker.next(), [.end])
        }
    }
}

extension Wire.OrchestratorAction.Kind {
    fileprivate static func message(_ kind: Wire.SendEntityMessage.Kind) -> Self {
        .sendEntityMessage(Wire.SendEntityMessage(kind: kind))
    }
}

extension HistoryEvent {
    fileprivate var name: String? {
        if case .eventRaised(let name, _) = kind { name } else { nil }
    }
}
