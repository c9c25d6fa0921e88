// Darkroom
// SPDX-License-Identifier: Apache-2.0

import DurableTask
import FoundationEssentials
import Testing

/// Changed orchestrators against the histories of instances that run.
struct HistoryCheckTests {
    /// Calls "a", sleeps, calls "b".
    private static let original: Script.Body = { context, _ in
        let a = try await context.number("a")
        try await context.sleep(for: .seconds(1))
        return try await context.number("b", a)
    }

    private func difference(_ history: [HistoryEvent], _ changed: @escaping Script.Body) throws -> HistoryDifference? {
        var registry = TaskRegistry()
        registry.addOrchestration("script", changed)
        return try HistoryCheck(registry).difference(in: HistoryText.encode(history))
    }

    /// Histories of every length.
    private func histories() -> [[HistoryEvent]] {
        let script = Script(Self.original)
        let steps = [
            { _ = script.start() }, { _ = script.complete(0, "1") }, { _ = script.fire(1) },
            { _ = script.complete(2, "5") },
        ]
        return steps.map { step in
            step()
            return script.history
        }
    }

    @Test func whatDidNotChangeGoesOn() throws {
        for history in histories() { #expect(try difference(history, Self.original) == nil) }
    }

    @Test func aChangeMattersOnlyToInstancesThatHavePassedIt() throws {
        let found = try histories().map { history in
            try difference(history) { context, _ in
                _ = try await context.number("a")
                return try await context.number("c")
            }
        }
        #expect(found[0] == nil)
        for difference in found.dropFirst() {
            #expect(difference?.action == 1)
            #expect(difference?.expected == "a timer")
            #expect(difference?.found == "activity \"c\"")
            #expect(difference?.instanceID == "i" && difference?.orchestration == "script")
            #expect(difference?.description.hasPrefix("script \"i\": NonDeterminism: history records action 1") == true)
        }
    }

    @Test func aPatchedChangeMattersToNone() throws {
        for history in histories() {
            let difference = try difference(history) { context, _ in
                let a = try await context.number("a")
                if context.patched("no wait") { return try await context.number("c", a) }
                try await context.sleep(for: .seconds(1))
                return try await context.number("b", a)
            }
            #expect(difference == nil)
        }
    }

    @Test func whatIsAskedForBeyondTheEndOfTheHistoryIsFound() throws {
        let more = try difference(histories()[0]) { context, _ in
            async let a = context.number("a")
            async let z = context.number("z")
            return try await a + z
        }
        #expect(more?.action == 1 && more?.found == "activity \"z\"" && more?.expected == nil)
        let end = try difference(histories()[1]) { context, _ in try await context.number("a") }
        #expect(end?.expected == "a timer" && end?.found == nil)
        let early = try difference(Array(histories()[1].dropLast())) { context, _ in try await context.number("a") }
        #expect(early?.found == "its end")
    }

    @Test func aMissingOrchestrationIsFound() throws {
        let difference = try HistoryCheck(TaskRegistry()).difference(in: HistoryText.encode(histories()[0]))
        #expect(difference?.failure.type == TaskFailure.EngineType.orchestrationNotFound)
    }

    @Test func aMendedFailureIsNoDifference() throws {
        let script = Script { context, _ in try await context.number("a") }
        _ = script.start()
        _ = script.fail(0)
        let difference = try difference(script.history) { context, _ in
            do { return try await context.number("a") } catch { return try await context.number("instead") }
        }
        #expect(difference == nil)
    }

    @Test func rewoundAndSuspendedHistoriesAreChecked() throws {
        let script = Script { context, _ in try await context.number("a") }
        _ = script.start()
        _ = script.fail(0)
        let again = try script.rewound()
        #expect(try difference(again.history) { context, _ in try await context.number("a") } == nil)
        let held = Script(Self.original)
        _ = held.start()
        _ = held.step([.taskCompleted(taskID: 0, result: "1"), .executionSuspended(reason: nil)])
        #expect(try difference(held.history, Self.original) == nil)
    }

    @Test func whatIsNoHistoryIsRefused() throws {
        #expect(throws: TaskHubError.self) { try HistoryCheck(TaskRegistry()).difference(in: "{}") }
        #expect(HistoryCheck(TaskRegistry()).difference(in: [])?.failure.message == "the history has no beginning")
    }
}
