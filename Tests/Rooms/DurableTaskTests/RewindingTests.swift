// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import DurableTask
import FoundationEssentials
import Telemetry
import Testing

/// Failed instances that try again what failed.
struct RewindingTests {
    @Test func onlyWhatFailedIsAskedForAgain() throws {
        let script = Script { context, _ in
            async let one = context.number("a")
            async let two = context.number("b")
            let sum = try await one + two
            return try await context.number("c", sum)
        }
        _ = script.start()
        _ = script.complete(0, "4")
        #expect(script.fail(1) == ["2 failed Bad: no"])
        let again = try script.rewound()
        #expect(again.step([]) == ["1 b(0)"])
        #expect(again.complete(1, "5") == ["3 c(9)"])
        #expect(again.complete(3, "7") == ["4 completed 7"])
    }

    @Test func aChildThatIsNamedLikeAFurtherAttemptIsAChildOfItsOwn() throws {
        let script = Script { context, _ in
            async let one = context.call(
                orchestration: "kid", 1, as: Int.self, options: ChildOptions(id: "x"))
            async let two = context.call(
                orchestration: "kid", 2, as: Int.self, options: ChildOptions(id: "x:2"))
            return try await two + one
        }
        _ = script.start()
        let calls = script.history.unansweredChildren
        let one = try #require(calls.first { $0.value.instanceID == "x" }?.key)
        let two = try #require(calls.first { $0.value.instanceID == "x:2" }?.key)
        _ = script.step([.subOrchestrationCompleted(taskID: two, result: "2")])
        _ = script.step([.subOrchestrationFailed(taskID: one, failure: TaskFailure(type: "Bad", message: "no"))])
        let again = try script.rewound()
        #expect(again.history.unansweredChildren.keys.sorted() == [one])
        #expect(again.step([]) == [])
        #expect(again.step([.subOrchestrationCompleted(taskID: one, result: "1")]) == ["3 completed 3"])
    }

    @Test func whatWasDoneAboutTheFailureIsForgottenAndDoneOnceMoreWhenItFailsAgain() throws {
        let script = Script { context, _ in
            do {
                return try await context.number("a")
            } catch {
                _ = try await context.number("clean up")
                throw error
            }
        }
        _ = script.start()
        _ = script.fail(0)
        #expect(script.complete(1, "1") == ["2 failed Bad: no"])
        let again = try script.rewound()
        #expect(again.step([]) == ["0 a(0)"])
        #expect(again.fail(0) == ["3 failed Bad: no"])
        let third = try again.rewound()
        #expect(third.step([]) == ["0 a(0)"])
        #expect(third.complete(0, "5") == ["4 completed 5"])
    }

    @Test func aFailureThatSurfacesLateIsMendedWithoutRepeatingWhatSucceededSince() throws {
        let script = Script { context, _ in
            async let bad = context.number("bad")
            let one = try await context.number("one")
            let two = try await context.number("two", one)
            return try await bad + two
        }
        #expect(script.start() == ["0 one(0)", "1 bad(0)"])
        _ = script.fail(1)
        _ = script.complete(0, "1")
        #expect(script.complete(2, "2") == ["3 failed Bad: no"])
        let again = try script.rewound()
        #expect(again.step([]) == ["1 bad(0)"])
        #expect(again.complete(1, "10") == ["4 completed 12"])
    }

    @Test func workAfterAMendedFailureIsRecalledByItsContent() throws {
        let script = Script { context, _ in
            let first = (try? await context.number("first")) ?? 0
            if first == 0 { _ = try await context.number("report") }
            let middle = try await context.number("middle", 7)
            return try await context.number("last", middle)
        }
        _ = script.start()
        _ = script.fail(0)
        _ = script.complete(1, "0")
        _ = script.complete(2, "8")
        #expect(script.fail(3) == ["4 failed Bad: no"])
        let again = try script.rewound()
        #expect(again.step([]) == ["0 first(0)"])
        #expect(again.complete(0, "1") == ["3 last(8)"])
        #expect(again.complete(3, "9") == ["5 completed 9"])
    }

    @Test func aRetryPolicyStartsOver() throws {
        let script = Script { context, _ in
            try await context.number("flaky", retry: RetryPolicy(maximumAttempts: 2, firstDelay: .seconds(5)))
        }
        _ = script.start()
        _ = script.fail(0)
        _ = script.fire(1)
        #expect(script.fail(2) == ["3 failed Bad: no"])
        let again = try script.rewound()
        #expect(again.history.filter { $0.kind.recordsAction }.map(\.id) == [0])
        #expect(again.history.allSatisfy { if case .timerFired = $0.kind { false } else { true } })
        #expect(again.step([]) == ["0 flaky(0)"])
        #expect(again.fail(0) == ["4 timer +5000"])
        #expect(again.fire(4) == ["5 flaky(0)"])
        #expect(again.complete(5, "4") == ["6 completed 4"])
    }

    @Test func aCallThatSucceededInTheEndKeepsItsAttempts() throws {
        let script = Script { context, _ in
            let one = try await context.number("flaky", retry: RetryPolicy(maximumAttempts: 2))
            return try await context.number("b", one)
        }
        _ = script.start()
        _ = script.fail(0)
        _ = script.fire(1)
        _ = script.complete(2, "3")
        #expect(script.fail(3) == ["4 failed Bad: no"])
        let again = try script.rewound()
        #expect(again.step([]) == ["3 b(3)"])
    }

    @Test func whatWasUnderWayIsAskedForAgain() throws {
        let script = Script { context, _ in
            async let slow = context.number("slow")
            async let wait: Void = context.sleep(for: .seconds(60))
            let bad = try await context.number("bad")
            try await wait
            return try await slow + bad
        }
        #expect(script.start().sorted() == ["0 bad(0)", "1 slow(0)", "2 timer +60000"])
        #expect(script.fail(0) == ["3 failed Bad: no"])
        let again = try script.rewound()
        #expect(again.step([]) == ["0 bad(0)", "1 slow(0)", "2 timer +58000"])
    }

    @Test func childrenStayCalledForTheHubToRewind() throws {
        let script = Script { context, _ in
            let retry = RetryPolicy(maximumAttempts: 2)
            return try await context.call(SubOrchestrationTests.Double.self, 1, id: "child", retry: retry)
        }
        let bad = TaskFailure(type: "Bad", message: "no")
        _ = script.start()
        _ = script.step([.subOrchestrationFailed(taskID: 0, failure: bad)])
        _ = script.fire(1)
        _ = script.step([.subOrchestrationFailed(taskID: 2, failure: bad)])
        let again = try script.rewound()
        #expect(again.history.unansweredChildren.mapValues(\.instanceID) == [0: "child"])
        #expect(again.step([]) == [])
        #expect(again.step([.subOrchestrationCompleted(taskID: 0, result: "2")]) == ["4 completed 2"])
    }

    @Test func aSectionInWhichItFailedIsEnteredAgain() throws {
        let script = Script { context, _ in
            try await context.lock(EntityID("e", "k")) {
                let value = try await context.call(EntityID("e", "k"), "get", as: Int.self)
                return try await context.number("work", value)
            }
        }
        _ = script.start()
        _ = script.answer(0)
        _ = script.answer(1, "5")
        #expect(script.fail(2) == ["3 unlock @e@k", "4 failed Bad: no"])
        let again = try script.rewound()
        #expect(again.step([]) == ["0 lock @e@k"])
        #expect(again.answer(0) == ["2 work(5)"])
        #expect(again.complete(2, "6") == ["5 unlock @e@k", "6 completed 6"])
    }

    @Test func eventsAndIdsAreTheSameAfterwards() throws {
        let ids = Lock<Set<UUID>>([])
        let script = Script { context, _ in
            let id = context.newUUID()
            ids.withLock { _ = $0.insert(id) }
            let name = try await context.event("name", as: String.self)
            _ = try await context.call(activity: "a", "\(id)", as: Int.self)
            return try await context.call(activity: "b", name, as: Int.self)
        }
        _ = script.start()
        _ = script.raise("name", "\"x\"")
        _ = script.complete(0, "1")
        _ = script.fail(1)
        let history = try #require(script.history.rewound(by: Rewinding(reason: "why"), executionID: "f"))
        let orchestrator = Orchestrator(
            ExecutionKey(instanceID: "i", executionID: "f"), registry: script.registry, log: .silent)
        defer { orchestrator.close() }
        orchestrator.replay(history)
        let turn = orchestrator.advance([HistoryEvent(at: Script.epoch, .orchestratorStarted)])
        #expect(turn.actions.map(\.id) == [1])
        #expect(ids.withLock { $0.count } == 1)
        #expect(HistoryText.encode(history).contains(#""executionID":"f""#))
        #expect(try HistoryText.decode(HistoryText.encode(history)) == history)
    }

    @Test func aHubMayTellTheRewoundInstanceThatItWasRewound() throws {
        let script = Script { context, _ in
            let one = try await context.number("a")
            return try await context.number("b", context.number("c", one))
        }
        _ = script.start()
        _ = script.complete(0, "4")
        _ = script.fail(1)
        let again = try script.rewound()
        #expect(again.step([.executionRewound(Rewinding(reason: nil))]) == ["1 c(4)"])
        #expect(again.complete(1, "5") == ["3 b(5)"])
        #expect(again.fail(3) == ["4 failed Bad: no"])
        let third = try again.rewound()
        #expect(third.step([.executionRewound(Rewinding(reason: nil))]) == ["3 b(5)"])
        #expect(third.complete(3, "6") == ["5 completed 6"])
    }

    @Test func anAnswerThatComesBeforeTheQuestionIsKept() throws {
        let script = Script { context, _ in
            let first = (try? await context.number("first")) ?? 0
            return try await first + context.call(orchestration: "child", 1, as: Int.self)
        }
        _ = script.start()
        _ = script.fail(0)
        _ = script.step([.subOrchestrationFailed(taskID: 1, failure: TaskFailure(type: "Bad", message: "no"))])
        let again = try script.rewound()
        #expect(again.step([]) == ["0 first(0)"])
        #expect(again.step([.subOrchestrationCompleted(taskID: 1, result: "7")]) == [])
        #expect(again.complete(0, "1") == ["3 completed 8"])
    }

    @Test func onlyFailedInstancesAreRewound() {
        let script = Script { context, _ in try await context.number("a") }
        _ = script.start()
        #expect(script.history.rewound(by: Rewinding(reason: nil), executionID: "f") == nil)
        _ = script.complete(0, "1")
        #expect(script.history.rewound(by: Rewinding(reason: nil), executionID: "f") == nil)
    }

    @Test func theNewRunIsTheOneThatTheRewindingNames() throws {
        let script = Script { context, _ in try await context.number("a") }
        _ = script.start()
        _ = script.fail(0)
        var rewinding = Rewinding(reason: nil, executionID: "chosen")
        rewinding.parentExecutionID = "above"
        let history = try #require(script.history.rewound(by: rewinding, executionID: "f"))
        let starts = history.compactMap { event -> ExecutionStarted? in
            if case .executionStarted(let start) = event.kind { start } else { nil }
        }
        #expect(starts.map(\.executionID) == ["chosen"])
    }
}
