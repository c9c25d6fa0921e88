// Darkroom
// SPDX-License-Identifier: Apache-2.0

import DurableTask
import Foundation
import GRPC
import Testing

@testable import TaskHubGRPC

/// Work that does not fit into a message of 4 MiB, which is what gRPC's libraries take.
@Suite(.timeLimit(.minutes(5)))
struct OversizeTests {
    private static let text = "\"\(String(repeating: "x", count: 200 << 10))\""

    @Test(arguments: HubKind.allCases)
    func operationsComeInAsManyMessagesAsTheyNeed(kind: HubKind) async throws {
        try await withServedHub(kind) { served in
            for number in 0..<60 {
                try await served.hub.signal(
                    EntityOperation(
                        requestID: "\(number)", operation: "add", input: Self.text, target: "@e@k"))
            }
            let worker = try RawWorker(served)
            var seen: [String] = []
            var messages = 0
            while seen.count < 60 {
                let item = try await worker.next()
                let batch = try item.batch
                #expect(batch.entityState == (seen.isEmpty ? nil : "\(seen.count)"))
                seen += batch.operations.map(\.requestID)
                messages += 1
                var answer = Wire.EntityBatchResult(completionToken: item.completionToken)
                answer.results = batch.operations.map { _ in .init(kind: .success(.init())) }
                answer.entityState = "\(seen.count)"
                try await worker.call("CompleteEntityTask", answer)
            }
            #expect(seen == (0..<60).map { "\($0)" })
            #expect(messages > 2)
            #expect(try await served.hub.entity("@e@k", includesState: true)?.state == "60")
        }
    }

    /// A worker with two instances: what one of them is told at once is more than a message holds.
    private func fanIn(
        _ kind: HubKind, streams: Bool, _ body: @escaping @Sendable (ServedHub, RawWorker) async throws -> Void
    ) async throws {
        try await withServedHub(kind) { served in
            for number in 0..<30 {
                if number == 0 { try await served.start("a", name: "fan") }
                let event = SentEvent(instanceID: "a", name: "\(number)", input: Self.text)
                try await served.hub.raiseEvent(event, ifMissing: .refuse)
            }
            try await served.start("b", name: "other")
            let capabilities = streams ? [Wire.WorkerCapability.historyStreaming.rawValue] : []
            try await body(served, try RawWorker(served, Wire.GetWorkItemsRequest(capabilities: capabilities)))
        }
    }

    @Test(arguments: HubKind.allCases)
    func newsComeInAsManyEpisodesAsTheyNeed(kind: HubKind) async throws {
        try await fanIn(kind, streams: true) { served, worker in
            var heard = 0
            var episodes = 0
            while heard < 30 {
                let item = try await worker.next()
                let episode = try item.episode
                guard episode.instanceID == "a" else {
                    try await worker.complete(item, [.end])
                    continue
                }
                episodes += 1
                heard += episode.newEvents.count { if case .eventRaised = $0.kind { true } else { false } }
                try await worker.complete(item, heard == 30 ? [.end] : [])
            }
            #expect(episodes > 1)
            #expect(try await served.hub.waitForCompletion(of: "a").status == .completed)
            let raised = try await served.hub.history(of: "a").compactMap { event -> String? in
                if case .eventRaised(let name, _) = event.kind { name } else { nil }
            }
            #expect(raised == (0..<30).map { "\($0)" })
        }
    }

    @Test func anInstanceThatNoWorkerCanTakeEndsAndTheOthersGoOn() async throws {
        var configuration = TaskHubServiceConfiguration()
        configuration.holdBackTime = .milliseconds(5)
        configuration.messageBytes = 100_000
        try await withServedHub(.memory, configuration) { served in
            try await served.start("a", name: "long", input: "\"\(String(repeating: "x", count: 90_000))\"")
            let worker = try RawWorker(served)
            try await worker.complete(try await worker.next(), [])
            try await served.hub.raiseEvent("word", String(repeating: "y", count: 30_000), to: "a")
            try await served.start("b", name: "other")
            try await worker.complete(try await worker.next(), [.end])
            #expect(try await served.hub.waitForCompletion(of: "b").status == .completed)
            let end = try await served.hub.waitForCompletion(of: "a")
            #expect(end.failure?.type == "HistoryTooLong", "\(end)")
            #expect(end.failure?.message.contains("fetches histories in parts") == true)
        }
    }
}
