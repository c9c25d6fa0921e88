// Darkroom
// SPDX-License-Identifier: Apache-2.0

import DurableTask
import FoundationEssentials
import Telemetry
import Testing

/// Versions of workers, and changes of orchestrators that run already.
struct VersionTests {
    struct Case: CustomTestStringConvertible {
        var instance: String?
        var worker: String?
        var isSame = false
        var isOlder = false
        var testDescription: String { "\(instance ?? "nil") on \(worker ?? "nil")" }
    }

    static let cases = [
        Case(instance: "1.2.3", worker: "1.2.3", isSame: true),
        Case(instance: "1.2", worker: "1.2.0", isSame: true),
        Case(instance: "v1.2", worker: "1.2", isSame: true),
        Case(instance: "1.9", worker: "1.10", isOlder: true),
        Case(instance: "1.10", worker: "1.9"),
        Case(instance: "2", worker: "10", isOlder: true),
        Case(instance: "alpha", worker: "beta", isOlder: true),
        Case(instance: "beta", worker: "beta", isSame: true),
        Case(instance: "1.x", worker: "1.10"),
        Case(instance: nil, worker: "0", isOlder: true),
        Case(instance: "0", worker: nil),
        Case(instance: nil, worker: nil, isSame: true),
    ]

    @Test(arguments: cases)
    func workersRunWhatTheyMatch(_ test: Case) {
        func admits(_ match: WorkerVersioning.Match) -> Bool {
            WorkerVersioning(version: test.worker, match: match).admits(test.instance)
        }
        #expect(admits(.any))
        #expect(admits(.strict) == test.isSame)
        #expect(admits(.currentOrOlder) == (test.isSame || test.isOlder))
    }

    @Test func aRefusalNamesBothVersions() {
        let versioning = WorkerVersioning(version: "1.0", match: .strict, mismatch: .fail)
        let failure = versioning.failure(for: "2.0")
        #expect(failure.type == "VersionMismatch" && !failure.isRetriable)
        #expect(failure.message.hasPrefix("the instance has version \"2.0\", this worker's is \"1.0\""))
        #expect(versioning.childVersion == "1.0")
    }

    private static let patched: Script.Body = { context, _ in
        let a = try await context.number(context.patched("first") ? "new" : "old")
        let b = try await context.number(context.patched("second") ? "new" : "old", a)
        return try await context.number(context.patched("first") ? "new" : "old", b)
    }

    @Test func whatRunsForTheFirstTimeRunsTheNewCodeAndRemembersIt() {
        let script = Script(Self.patched)
        #expect(script.start() == ["0 new(0)"])
        #expect(script.lastTurn.patches == ["first"])
        #expect(script.complete(0, "1") == ["1 new(1)"])
        #expect(script.lastTurn.patches == ["second"])
        #expect(script.complete(1, "2") == ["2 new(2)"])
        #expect(script.lastTurn.patches == [])
        #expect(script.complete(2, "3") == ["3 completed 3"])
    }

    @Test func whatRanBeforeTheChangeStaysOnItsWayAndTakesLaterChanges() {
        let old = Script { context, _ in
            let a = try await context.number("old")
            let b = try await context.number("old", a)
            return try await context.number("old", b)
        }
        _ = old.start()
        var registry = TaskRegistry()
        registry.addOrchestration("script", Self.patched)
        let news: [HistoryEvent.Kind] = [.orchestratorStarted, .taskCompleted(taskID: 0, result: "1")]
        let episode = news.map { HistoryEvent(at: Script.epoch, $0) }
        let turn = Script.replay(old.history, episode, registry)
        #expect(turn.patches == ["second"])
        let history = old.history + episode + Script.record(turn, at: Script.epoch)
        let next = [HistoryEvent(at: Script.epoch, .taskCompleted(taskID: 1, result: "2"))]
        guard case .scheduleTask(let call)? = Script.replay(history, next, registry).actions.first?.kind else {
            Issue.record("no call")
            return
        }
        #expect(call.name == "old" && call.input == "2")
    }
}
