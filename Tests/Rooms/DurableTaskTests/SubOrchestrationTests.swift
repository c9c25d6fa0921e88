// Darkroom
// SPDX-License-Identifier: Apache-2.0

import DurableTask
import FoundationEssentials
import Telemetry
import Testing

/// Orchestrations that call others as children.
struct SubOrchestrationTests {
    struct Double: Orchestration {
        static let name = "double"
        func run(_ context: OrchestrationContext, _ number: Int) async throws -> Int { number * 2 }
    }

    /// The first twelve hex digits of the digest of the run "e".
    static let run = "58e6b3a414a1"

    @Test func aChildHasAnIdOfItsOwnAndItsResultComesBack() {
        let script = Script { context, input in
            async let one = context.call(Double.self, input)
            async let two = context.call(Double.self, input + 1, id: "mine")
            return try await one * 100 + two
        }
        #expect(script.start(with: 3) == ["0 child double(3) as i:\(Self.run):0000", "1 child double(4) as mine"])
        #expect(script.step([.subOrchestrationCompleted(taskID: 1, result: "8")]) == [])
        #expect(script.step([.subOrchestrationCompleted(taskID: 0, result: "6")]) == ["2 completed 608"])
    }

    @Test func childrenOfAnotherRunHaveOtherIds() {
        var registry = TaskRegistry()
        registry.addOrchestration("script") { (context: OrchestrationContext, input: Int) in
            try await context.call(Double.self, input)
        }
        let ids = ["e", "f"].map { run -> String? in
            let key = ExecutionKey(instanceID: "i", executionID: run)
            let orchestrator = Orchestrator(key, registry: registry, log: .silent)
            defer { orchestrator.close() }
            let start = ExecutionStarted(name: "script", input: "1", instanceID: "i", executionID: run)
            let turn = orchestrator.advance([HistoryEvent(at: Script.epoch, .executionStarted(start))])
            guard case .createSubOrchestration(let call) = turn.actions[0].kind else { return nil }
            return call.instanceID
        }
        #expect(ids[0] == "i:\(Self.run):0000")
        #expect(ids[1]?.hasSuffix(":0000") == true)
        #expect(ids[0] != ids[1])
    }

    @Test func aFailureNamesTheChildAndCarriesItsCause() {
        let script = Script { context, _ in
            do {
                return try await context.call(Double.self, 1)
            } catch let failure as TaskFailure {
                #expect(failure.type == TaskFailure.EngineType.subOrchestrationFailed)
                #expect(failure.cause == TaskFailure(type: "Bad", message: "no"))
                throw failure
            }
        }
        _ = script.start()
        let failure = HistoryEvent.Kind.subOrchestrationFailed(
            taskID: 0, failure: TaskFailure(type: "Bad", message: "no"))
        let end = "SubOrchestrationFailed: orchestration \"double\" failed (caused by Bad: no)"
        #expect(script.step([failure]) == ["1 failed \(end)"])
    }

    @Test func everyAttemptIsAnotherChild() {
        let script = Script { context, _ in
            let retry = RetryPolicy(maximumAttempts: 3, firstDelay: .seconds(1))
            async let one = context.call(Double.self, 1, retry: retry)
            async let two = context.call(Double.self, 2, id: "mine", retry: retry)
            return try await one + two
        }
        _ = script.start()
        let bad = TaskFailure(type: "Bad", message: "no")
        _ = script.step((0...1).map { .subOrchestrationFailed(taskID: $0, failure: bad) })
        #expect(
            script.step((2...3).map { .timerFired(timerID: $0, fireAt: Script.epoch) }) == [
                "4 child double(1) as i:\(Self.run):0000:2", "5 child double(2) as mine:2",
            ])
        let answers = (4...5).map { HistoryEvent.Kind.subOrchestrationCompleted(taskID: $0, result: "1") }
        #expect(script.step(answers) == ["6 completed 2"])
    }

    @Test func optionsTravelWithTheCall() throws {
        var registry = TaskRegistry()
        registry.addOrchestration("script") { (context: OrchestrationContext, _: Int) in
            var inherited = ChildOptions()
            inherited.tags = ["who": "me"]
            var chosen = inherited
            chosen.version = "2.0"
            async let one = context.call(Double.self, 1, options: inherited)
            async let two = context.call(Double.self, 1, options: chosen)
            return try await one + two
        }
        let orchestrator = Orchestrator(Script.key, registry: registry, childVersion: "1.5", log: .silent)
        defer { orchestrator.close() }
        let start = ExecutionStarted(name: "script", input: "1", instanceID: "i", executionID: "e")
        let turn = orchestrator.advance([HistoryEvent(at: Script.epoch, .executionStarted(start))])
        let calls = turn.actions.compactMap { action -> SubOrchestrationCall? in
            guard case .createSubOrchestration(let call) = action.kind else { return nil }
            return call
        }
        #expect(calls.map(\.version) == ["1.5", "2.0"])
        #expect(calls.map(\.tags) == [["who": "me"], ["who": "me"]])
    }

    @Test func aChildKnowsItsParentVersionAndTags() {
        var registry = TaskRegistry()
        registry.addOrchestration("script") { (context: OrchestrationContext, _: Int) in
            "\(context.parent?.instanceID ?? "") \(context.version ?? "") \(context.tags)"
        }
        var start = ExecutionStarted(name: "script", version: "1.2", input: "1", instanceID: "i", executionID: "e")
        start.parent = ParentInstance(instanceID: "above", executionID: nil, taskID: 7)
        start.tags = ["a": "b"]
        let turn = Script.replay([], [HistoryEvent(at: Script.epoch, .executionStarted(start))], registry)
        #expect(turn.completion?.result == #""above 1.2 [\"a\": \"b\"]""#)
    }

    @Test func callOptionsOfActivitiesBecomeTheirTags() throws {
        let script = Script { context, _ in
            var options = ActivityOptions(retry: RetryPolicy(maximumAttempts: 2, firstDelay: .zero))
            options.version = "3"
            options.tags = ["who": "me"]
            options.priority = 5
            options.fairnessKey = "pictures"
            options.startToClose = .seconds(2)
            options.scheduleToStart = .seconds(3)
            options.heartbeatTimeout = .milliseconds(4)
            return try await context.call(activity: "a", 1, as: Int.self, options: options)
        }
        _ = script.start()
        _ = script.fail(0)
        _ = script.fire(1)
        for (number, attempt) in [(0, 1), (2, 2)] {
            let action = try #require(script.history.first { $0.id == number })
            guard case .taskScheduled(let call) = action.kind else {
                throw TaskFailure(type: "Test", message: "\(action)")
            }
            #expect(call.version == "3" && call.tags?["who"] == "me" && call.attempt == attempt)
            #expect(call.priority == 5 && call.fairnessKey == "pictures" && call.startToClose == .seconds(2))
            #expect(call.scheduleToStart == .seconds(3) && call.heartbeatTimeout == .milliseconds(4))
        }
    }
}
