// Darkroom
// SPDX-License-Identifier: Apache-2.0

import DurableTask
import Foundation
import GRPC
import Protobuf
import Sockets
import Testing

@testable import TaskHubGRPC

/// How the service lends work, seen by a worker that speaks the protocol itself.
@Suite(.timeLimit(.minutes(5)))
struct LendingTests {
    @Test func aTokenIsGoodForOneAnswer() async throws {
        try await withServedHub { served in
            let worker = try RawWorker(served)
            try await served.start("a")
            let item = try await worker.next()
            try await worker.complete(item, [.end])
            await expect(.failedPrecondition) { try await worker.complete(item, [.end]) }
            await expect(.failedPrecondition) { try await worker.abandon(item) }
            #expect(try await served.hub.waitForCompletion(of: "a").output == "1")
        }
    }

    @Test func whatIsAbandonedIsHandedOutAgainUnderAnotherToken() async throws {
        try await withServedHub { served in
            let worker = try RawWorker(served)
            try await served.start("a")
            let first = try await worker.next()
            try await worker.abandon(first)
            let second = try await worker.next()
            #expect(first.completionToken != second.completionToken)
            await expect(.failedPrecondition) { try await worker.complete(first, [.end]) }
            try await worker.complete(second, [.end])
        }
    }

    @Test func whatAWorkerDoesNotAnswerIsHandedOutAgain() async throws {
        var configuration = TaskHubServiceConfiguration()
        configuration.pingInterval = .milliseconds(20)
        configuration.answerTime = .milliseconds(50)
        try await withServedHub(.memory, configuration) { served in
            let worker = try RawWorker(served)
            try await served.start("a")
            let first = try await worker.next()
            let second = try await worker.next()
            #expect(worker.pings > 0)
            #expect(first.completionToken != second.completionToken)
        }
    }

    @Test func whatABrokenStreamHadIsHandedOutAtOnce() async throws {
        try await withServedHub { served in
            try await served.start("a")
            do {
                let worker = try RawWorker(served)
                _ = try await worker.next()
                worker.leave()
            }
            let other = try RawWorker(served)
            try await other.complete(try await other.next(), [.end])
            #expect(try await served.hub.waitForCompletion(of: "a").status == .completed)
        }
    }

    @Test func answersMayComeInParts() async throws {
        try await withServedHub { served in
            let worker = try RawWorker(served)
            try await served.start("a")
            let item = try await worker.next()
            let call = Wire.OrchestratorAction(id: 0, kind: .scheduleTask(.init(name: "work", input: "1")))
            try await worker.complete(item, [call], isPartial: true)
            try await worker.complete(item, [.end(id: 1)])
            let kinds = try await served.hub.history(of: "a").map(\.kind)
            #expect(kinds.contains { if case .taskScheduled = $0 { true } else { false } })
        }
    }

    @Test(arguments: [true, false])
    func longHistoriesAreFetchedInPartsByWorkersThatCan(streams: Bool) async throws {
        var configuration = TaskHubServiceConfiguration()
        configuration.streamedHistoryBytes = 10_000
        configuration.messageBytes = 1 << 20
        try await withServedHub(.memory, configuration) { served in
            let capabilities = streams ? [Wire.WorkerCapability.historyStreaming.rawValue] : []
            let worker = try RawWorker(served, Wire.GetWorkItemsRequest(capabilities: capabilities))
            try await served.start("a", input: "\"\(String(repeating: "x", count: 50_000))\"")
            try await worker.complete(try await worker.next(), [])
            try await served.hub.raiseEvent("word", 1, to: "a")
            guard case .orchestratorRequest(let request) = try await worker.next().kind else { return }
            #expect(request.requiresHistoryStreaming == streams)
            #expect(request.pastEvents.isEmpty == streams)
            guard streams else { return }
            let past = try await worker.history(
                Wire.StreamInstanceHistoryRequest(instanceID: "a", forWorkItemProcessing: true))
            let names = past.compactMap(HistoryEvent.init).map { "\($0.kind)".prefix { $0 != "(" } }
            #expect(names.prefix(2) == ["orchestratorStarted", "executionStarted"])
            #expect(!names.contains("eventRaised"))
        }
    }

    @Test func filtersChooseByNameAndVersion() async throws {
        try await withServedHub { served in
            var filters = Wire.WorkItemFilters()
            filters.orchestrations = [.init(name: "wanted", versions: ["2"])]
            let worker = try RawWorker(served, Wire.GetWorkItemsRequest(workItemFilters: filters))
            try await served.start("other", name: "other")
            try await served.start("old", name: "wanted", version: "1")
            try await served.start("new", name: "wanted", version: "2")
            guard case .orchestratorRequest(let request) = try await worker.next().kind else { return }
            #expect(request.instanceID == "new")
            #expect(try await served.hub.status(of: "old")?.status == .pending)
        }
    }

    @Test func failuresAndResultsOfActivitiesArrive() async throws {
        try await withServedHub { served in
            let worker = try RawWorker(served)
            try await served.start("a")
            let call = Wire.ScheduleTask(name: "work", version: "3", input: "1", tags: ["who": "me"])
            try await worker.complete(try await worker.next(), [.init(id: 0, kind: .scheduleTask(call))])
            let item = try await worker.next()
            guard case .activityRequest(let request) = item.kind else { return }
            #expect(request.name == "work" && request.version == "3" && request.tags["who"] == "me")
            var answer = Wire.ActivityResponse(instanceID: "a", completionToken: item.completionToken)
            answer.failureDetails = Wire.TaskFailureDetails(ModelTests.failure)
            try await worker.call("CompleteActivityTask", answer)
            guard case .orchestratorRequest(let episode) = try await worker.next().kind else { return }
            let failures = episode.newEvents.compactMap(HistoryEvent.init).map(\.kind)
            #expect(failures.contains(.taskFailed(taskID: 0, failure: ModelTests.failure)))
        }
    }

    @Test func whatTheServiceDoesNotDoItSays() async throws {
        try await withServedHub { served in
            let worker = try RawWorker(served)
            try await worker.call("CreateTaskHub", Wire.CreateTaskHubRequest())
            await expect(.unimplemented) { try await worker.call("DeleteTaskHub", Wire.Empty()) }
            await expect(.unimplemented) { try await worker.call("NoSuchCall", Wire.Empty()) }
            await expect(.invalidArgument) { try await worker.call("PurgeInstances", Wire.Empty()) }
            await expect(.notFound) { try await worker.call("SuspendInstance", Wire.Empty()) }
        }
    }

    @Test func aStoppedServiceEndsItsStreams() async throws {
        try await withServedHub { served in
            let worker = try RawWorker(served)
            try await served.start("a")
            _ = try await worker.next()
            served.service.stop()
            await #expect(throws: RawWorker.Ended.self) { try await worker.next() }
        }
    }
}
