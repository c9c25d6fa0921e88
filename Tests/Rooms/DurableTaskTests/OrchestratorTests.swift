// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import DurableTask
import FoundationEssentials
import Telemetry
import Testing

/// The replay executor alone: histories go in, actions come out.
@Suite(.timeLimit(.minutes(5)))
struct OrchestratorTests {
    @Test func sequenceOfCallsTakesIdsFromZero() {
        let script = Script { context, input in
            try await context.number("double", try await context.number("double", input))
        }
        #expect(script.start(with: 3) == ["0 double(3)"])
        #expect(script.complete(0, "6") == ["1 double(6)"])
        #expect(script.complete(1, "12") == ["2 completed 12"])
    }

    @Test func fanOutSchedulesInOrderAndAnswersInAnyOrder() {
        let script = Script { context, _ in
            async let one = context.number("a", 1)
            async let two = context.number("b", 2)
            return try await one * 10 + two
        }
        #expect(script.start() == ["0 a(1)", "1 b(2)"])
        #expect(script.complete(1, "5") == [])
        #expect(script.complete(0, "4") == ["2 completed 45"])
    }

    @Test func severalNewsInOneEpisodeAreTakenInTheirOrder() {
        let script = Script { context, _ in
            try await withThrowingTaskGroup(of: Int.self) { group in
                for number in 1...3 { group.addTask { try await context.number("n", number) } }
                return try await group.reduce(0) { $0 * 10 + $1 }
            }
        }
        #expect(script.start() == ["0 n(1)", "1 n(2)", "2 n(3)"])
        let news: [HistoryEvent.Kind] = [2, 0, 1].map { .taskCompleted(taskID: $0, result: "\($0 + 1)") }
        #expect(script.step(news) == ["3 completed 312"])
    }

    @Test func sleepUsesTheOrchestrationClock() {
        let script = Script { context, _ in
            try await context.sleep(for: .seconds(10))
            return Int(context.now.timeIntervalSince(Script.epoch))
        }
        #expect(script.start() == ["0 timer +10000"])
        #expect(script.fire(0) == ["1 completed 2"])
    }

    @Test func retriesTakeNewIdsAndDurableWaits() {
        let script = Script { context, _ in
            try await context.number("flaky", retry: RetryPolicy(maximumAttempts: 3, firstDelay: .seconds(5)))
        }
        #expect(script.start() == ["0 flaky(0)"])
        #expect(script.fail(0) == ["1 timer +5000"])
        #expect(script.fire(1) == ["2 flaky(0)"])
        #expect(script.history.last?.kind == .taskScheduled(script.retry(attempt: 2, first: 0)))
        #expect(script.fail(2) == ["3 timer +10000"])
        #expect(script.fire(3) == ["4 flaky(0)"])
        #expect(script.fail(4) == ["5 failed Bad: no"])
    }

    @Test func aFailureThatIsNotRetriableIsFinal() {
        let script = Script { context, _ in try await context.number("a", retry: .standard) }
        _ = script.start()
        let failure = TaskFailure(type: "Corrupt", message: "no picture", isRetriable: false)
        #expect(script.fail(0, failure) == ["1 failed Corrupt: no picture"])
    }

    @Test func theLoserOfARaceIsForgotten() {
        let script = Script { context, _ in
            try await withThrowingTaskGroup(of: Int.self) { group in
                group.addTask { try await context.number("slow") }
                group.addTask {
                    try await context.sleep(for: .seconds(1))
                    return -1
                }
                let first = try await group.next() ?? 0
                group.cancelAll()
                return try await context.number("after", first)
            }
        }
        #expect(script.start() == ["0 slow(0)", "1 timer +1000"])
        #expect(script.fire(1) == ["2 after(-1)"])
        #expect(script.complete(0, "7") == [])
        #expect(script.complete(2, "9") == ["3 completed 9"])
    }

    @Test func anActionCancelledBeforeItIsHandedOverIsWithdrawn() {
        let script = Script { context, _ in
            await withTaskGroup(of: Void.self) { group in
                group.addTask { _ = try? await context.number("never") }
                group.addTask { try? await context.sleep(for: .seconds(1)) }
                await Task.yield()
                await Task.yield()
                group.cancelAll()
            }
            return try await context.number("next")
        }
        #expect(script.start() == ["2 next(0)"])
    }

    @Test func repeatedAndUnknownAnswersAreIgnored() {
        let script = Script { context, _ in
            try await context.number("a") + (try await context.number("b"))
        }
        _ = script.start()
        #expect(script.complete(0, "1") == ["1 b(0)"])
        #expect(script.complete(0, "5") == [])
        #expect(script.fire(17) == [])
        #expect(script.complete(1, "2") == ["2 completed 3"])
    }

    @Test func terminationEndsAtOnceAndSchedulesNothing() {
        let script = Script { context, _ in
            do { return try await context.number("a") } catch { return try await context.number("clean up") }
        }
        _ = script.start()
        #expect(script.step([.executionTerminated(reason: "\"why\"", recurse: false)]) == ["-1 terminated \"why\""])
    }

    @Test func uuidsAreTheSameInEveryReplayAndDifferFromEachOther() throws {
        let seen = Lock<[UUID]>([])
        let script = Script { context, _ in
            let ids = [context.newUUID(), context.newUUID()]
            seen.withLock { $0 += ids }
            return try await context.number("a")
        }
        _ = script.start()
        let ids = seen.withLock { $0 }
        #expect(ids.count == 4)
        #expect(Set(ids).count == 2)
        #expect(ids.prefix(2) == ids.suffix(2))
        #expect(ids.allSatisfy { $0.uuid.6 >> 4 == 5 && $0.uuid.8 >> 6 == 2 })
    }

    @Test func logLinesAndStatusSurviveReplayOnce() {
        let lines = Lock<[String]>([])
        let log = Log { line in lines.withLock { $0.append(line.message) } }
        let script = Script(log: log) { context, _ in
            context.log(.info, "begin")
            try context.setCustomStatus("one")
            let answer = try await context.number("a")
            context.log(.info, "end")
            try context.setCustomStatus("two")
            return answer
        }
        _ = script.start()
        #expect(script.lastTurn.customStatus == "\"one\"")
        _ = script.complete(0, "1")
        #expect(script.lastTurn.customStatus == "\"two\"")
        #expect(lines.withLock { $0 } == ["begin", "end"])
    }

    @Test func aSecondBeginningIsIgnored() {
        let script = Script { context, input in try await context.number("a", input) }
        #expect(script.start(with: 1) == ["0 a(1)"])
        #expect(script.start(with: 2) == [])
    }

    @Test func anInputOfAnotherShapeFailsTheInstance() {
        var registry = TaskRegistry()
        registry.addOrchestration("script") { (_: OrchestrationContext, input: [String]) in input }
        let script = Script(registry)
        #expect(
            script.start(with: 1)[0].hasPrefix(
                "0 failed InvalidPayload: the input of \"script\" is not a Array<String>"))
    }
}

extension Script {
    /// The recorded call of a later attempt.
    func retry(attempt: Int, first: Int) -> TaskCall {
        TaskCall(name: "flaky", input: "0", tags: ["attempt": "\(attempt)", "first": "\(first)"])
    }
}
