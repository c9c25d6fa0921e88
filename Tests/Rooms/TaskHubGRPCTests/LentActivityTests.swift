// Darkroom
// SPDX-License-Identifier: Apache-2.0

import DurableTask
import Foundation
import GRPC
import Testing

@testable import TaskHubGRPC

/// Activities that a worker elsewhere does not answer as it should.
@Suite(.timeLimit(.minutes(2)))
struct LentActivityTests {
    /// Starts an instance that calls one activity with options, and gives the activity as it was lent.
    private func lend(
        _ worker: RawWorker, _ served: ServedHub, _ tags: [String: String] = [:]
    ) async throws -> Wire.WorkItem {
        try await served.start("a")
        let call = Wire.ScheduleTask(name: "work", input: "1", tags: tags)
        try await worker.complete(try await worker.next(), [.init(id: 0, kind: .scheduleTask(call))])
        return try await worker.next()
    }

    /// What the orchestrator hears of its activity.
    private func failure(_ episode: Wire.OrchestratorRequest) throws -> TaskFailure {
        for case .taskFailed(0, let failure)? in episode.newEvents.map({ HistoryEvent($0)?.kind }) { return failure }
        throw RawWorker.Ended()
    }

    @Test(arguments: [
        (["start-to-close-ms": "30"], "ran longer"), (["heartbeat-ms": "30"], "gave no sign of life"),
        (["start-to-close-ms": "-9223372036854775808", "priority": "-9223372036854775808"], "ran longer"),
    ])
    func oneThatIsNotAnsweredInItsTimeFails(tags: [String: String], reason: String) async throws {
        try await withServedHub { served in
            let worker = try RawWorker(served)
            let item = try await lend(worker, served, tags)
            let failure = try failure(try await worker.next().episode)
            #expect(failure.type == "Timeout" && failure.message.contains(reason), "\(failure)")
            // Too late.
            await expect(.failedPrecondition) {
                try await worker.call(
                    "CompleteActivityTask", Wire.ActivityResponse(completionToken: item.completionToken))
            }
        }
    }

    @Test func oneThatWaitedTooLongForAWorkerIsNotLent() async throws {
        try await withServedHub { served in
            var filters = Wire.WorkItemFilters()
            filters.orchestrations = [.init(name: "any")]
            let orchestrators = try RawWorker(served, Wire.GetWorkItemsRequest(workItemFilters: filters))
            try await served.start("a")
            let call = Wire.ScheduleTask(name: "work", tags: ["schedule-to-start-ms": "1"])
            try await orchestrators.complete(
                try await orchestrators.next(), [.init(id: 0, kind: .scheduleTask(call))])
            try await Task.sleep(for: .milliseconds(5))
            filters = Wire.WorkItemFilters()
            filters.activities = [.init(name: "work")]
            let activities = try RawWorker(served, Wire.GetWorkItemsRequest(workItemFilters: filters))
            let failure = try failure(try await orchestrators.next().episode)
            #expect(failure.message.contains("waited longer"), "\(failure)")
            activities.leave()
        }
    }

    @Test func limitsWithoutEndAreNone() async throws {
        try await withServedHub { served in
            let most = "\(Int.max)"
            let worker = try RawWorker(served)
            let item = try await lend(
                worker, served,
                [
                    "start-to-close-ms": most, "schedule-to-start-ms": most, "heartbeat-ms": most, "priority": most,
                ])
            try await worker.call(
                "CompleteActivityTask", Wire.ActivityResponse(result: "1", completionToken: item.completionToken))
            #expect(try await worker.next().episode.newEvents.count == 2)
        }
    }

    @Test func aResultThatIsTooLargeFailsTheActivity() async throws {
        try await withServedHub { served in
            let worker = try RawWorker(served)
            let item = try await lend(worker, served)
            let result = "\"\(String(repeating: "x", count: 6 << 20))\""
            try await worker.call(
                "CompleteActivityTask", Wire.ActivityResponse(result: result, completionToken: item.completionToken))
            let failure = try failure(try await worker.next().episode)
            #expect(failure.type == "PayloadTooLarge" && !failure.isRetriable, "\(failure)")
        }
    }

    @Test func whatAWorkerRefusesAgainAndAgainComesEverMoreSeldom() async throws {
        try await withServedHub { served in
            let worker = try RawWorker(served)
            try await served.start("a")
            let begin = ContinuousClock.now
            for _ in 0..<4 { try await worker.abandon(try await worker.next()) }
            _ = try await worker.next()
            #expect(ContinuousClock.now - begin >= .milliseconds(50 + 100 + 200 + 400))
        }
    }

    @Test func anEntityOnWhichItsWorkerFailsIsNotHandedOutAtOnce() async throws {
        try await withServedHub { served in
            let worker = try RawWorker(served)
            try await served.hub.signal(
                EntityOperation(requestID: "r", operation: "o", input: nil, target: "@e@k"))
            let begin = ContinuousClock.now
            for _ in 0..<3 {
                let failure = Wire.TaskFailureDetails(ModelTests.failure)
                let token = try await worker.next().completionToken
                try await worker.call(
                    "CompleteEntityTask", Wire.EntityBatchResult(failureDetails: failure, completionToken: token))
            }
            _ = try await worker.next()
            #expect(ContinuousClock.now - begin >= .milliseconds(50 + 100 + 200))
        }
    }

    @Test func whatRestsIsHandedOutWhenItsWorkerLeaves() async throws {
        try await withServedHub { served in
            let worker = try RawWorker(served)
            try await served.start("a")
            // From here on the pauses are long.
            for _ in 0..<7 { try await worker.abandon(try await worker.next()) }
            let begin = ContinuousClock.now
            worker.leave()
            let other = try RawWorker(served)
            _ = try await other.next()
            #expect(ContinuousClock.now - begin < .seconds(2))
        }
    }
}
