// Darkroom
// SPDX-License-Identifier: Apache-2.0

import DurableTask
import FoundationEssentials
import Telemetry
import Testing

/// Orchestrators that were changed while an instance ran.
struct DeterminismTests {
    struct Change: CustomTestStringConvertible {
        var testDescription: String
        var changed: Script.Body
        var message: String
    }

    /// Calls "a", sleeps, calls "b".
    private static let original: Script.Body = { context, _ in
        let a = try await context.number("a")
        try await context.sleep(for: .seconds(1))
        return try await context.number("b", a)
    }

    static let changes = [
        Change(
            testDescription: "another activity",
            changed: { context, _ in try await context.number("c") },
            message: "history records action 0 as activity \"a\", the orchestrator asks for activity \"c\" instead"),
        Change(
            testDescription: "another kind",
            changed: { context, _ in
                try await context.sleep(for: .seconds(1))
                return 1
            },
            message: "history records action 0 as activity \"a\", the orchestrator asks for a timer instead"),
        Change(
            testDescription: "a step less",
            changed: { _, _ in 1 },
            message: "history records action 0 as activity \"a\", the orchestrator asks for nothing"),
        Change(
            testDescription: "a step more",
            changed: { context, _ in
                async let a = context.number("a")
                async let extra = context.number("z")
                return try await a + extra
            },
            message: "the orchestrator asks for activity \"z\" as action 1, history does not"),
        Change(
            testDescription: "an earlier end",
            changed: { context, _ in try await context.number("a") },
            message: "history records action 1 as a timer, the orchestrator asks for nothing"),
    ]

    @Test(arguments: changes)
    func aChangedOrchestratorFailsWithTheDifference(_ change: Change) {
        let script = Script(Self.original)
        _ = script.start()
        _ = script.complete(0, "1")
        _ = script.fire(1)
        var registry = TaskRegistry()
        registry.addOrchestration("script", change.changed)
        let new = [
            HistoryEvent(at: Script.epoch, .orchestratorStarted),
            HistoryEvent(at: Script.epoch, .taskCompleted(taskID: 2, result: "1")),
        ]
        let turn = Script.replay(script.history, new, registry)
        #expect(turn.actions.map(\.id) == [-1])
        #expect(turn.completion?.failure?.type == TaskFailure.EngineType.nonDeterminism)
        #expect(turn.completion?.failure?.message.hasPrefix(change.message) == true)
    }

    struct Step: CustomTestStringConvertible {
        var testDescription: String { name }
        var name: String
        var original: Script.Body
        var changed: Script.Body
    }

    static let steps = [
        Step(
            name: "orchestration \"a\"",
            original: { context, _ in try await context.call(orchestration: "a", 1, as: Int.self) },
            changed: { context, _ in try await context.call(orchestration: "b", 1, as: Int.self) }),
        Step(
            name: "event \"a\" to \"x\"", original: Self.sending("a"), changed: Self.sending("b")),
        Step(
            name: "operation \"get\" of \"@e@a\"",
            original: { context, _ in try await context.call(EntityID("e", "a"), "get", as: Int.self) },
            changed: { context, _ in try await context.call(EntityID("e", "b"), "get", as: Int.self) }),
        Step(
            name: "a lock", original: { context, _ in try await context.lock(EntityID("e", "a")) { 1 } },
            changed: { context, _ in try await context.event("instead", as: Int.self) }),
    ]

    private static func sending(_ name: String) -> Script.Body {
        { context, _ in
            try await context.send(event: name, to: "x")
            return try await context.event("answer", as: Int.self)
        }
    }

    @Test(arguments: steps)
    func everyKindOfActionIsCompared(_ step: Step) {
        let script = Script(step.original)
        _ = script.start()
        var registry = TaskRegistry()
        registry.addOrchestration("script", step.changed)
        let turn = Script.replay(script.history, [HistoryEvent(at: Script.epoch, .orchestratorStarted)], registry)
        let failure = turn.completion?.failure
        #expect(
            failure?.message.hasPrefix("history records action 0 as \(step.name), the orchestrator asks for") == true)
        #expect(failure?.details["action"] == "0" && failure?.details["expected"] == step.name)
    }

    @Test func namesAreComparedWithoutCase() {
        let script = Script { context, _ in try await context.number("a") }
        _ = script.start()
        var registry = TaskRegistry()
        registry.addOrchestration("SCRIPT") { (context: OrchestrationContext, _: Int) in try await context.number("A") }
        let new = [HistoryEvent(at: Script.epoch, .taskCompleted(taskID: 0, result: "1"))]
        #expect(Script.replay(script.history, new, registry).completion?.result == "1")
    }

    @Test func aFinishedHistoryReplaysToItsEnd() {
        let script = Script(Self.original)
        _ = script.start()
        _ = script.complete(0, "1")
        _ = script.fire(1)
        _ = script.complete(2, "5")
        let orchestrator = Orchestrator(Script.key, registry: script.registry, log: .silent)
        defer { orchestrator.close() }
        orchestrator.replay(script.history)
        #expect(orchestrator.advance([]).completion == Completion(.completed, result: "5"))
    }
}
