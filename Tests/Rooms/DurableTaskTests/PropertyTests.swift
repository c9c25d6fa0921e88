// Darkroom
// SPDX-License-Identifier: Apache-2.0

import DurableTask
import FoundationEssentials
import Telemetry
import Testing

/// Orchestrators of random shape under random orders of events; a failing seed reproduces.
@Suite(.timeLimit(.minutes(1)))
struct PropertyTests {
    /// Runs a plan to its end, answering open actions in an order drawn from the seed.
    private func play(_ plan: Plan, seed: UInt64) -> Script {
        var generator = SeededGenerator(seed: seed)
        let script = Script { context, _ in try await plan.run(context) }
        _ = script.start()
        var open: [OrchestratorAction] = []
        while true {
            if script.lastTurn.completion != nil { return script }
            open += script.lastTurn.actions
            precondition(!open.isEmpty, "seed \(seed): nothing to answer, yet no end")
            var news: [HistoryEvent.Kind] = []
            for _ in 0..<min(open.count, Int.random(in: 1...3, using: &generator)) {
                let action = open.remove(at: Int.random(in: 0..<open.count, using: &generator))
                news.append(answer(to: action, &generator))
                if Int.random(in: 0..<10, using: &generator) == 0 { news.append(news[news.count - 1]) }
            }
            _ = script.step(news)
        }
    }

    private func answer(to action: OrchestratorAction, _ generator: inout SeededGenerator) -> HistoryEvent.Kind {
        switch action.kind {
        case .createTimer(let fireAt): return .timerFired(timerID: action.id, fireAt: fireAt)
        case .scheduleTask(let call) where call.name == "flaky" && Bool.random(using: &generator):
            return .taskFailed(taskID: action.id, failure: TaskFailure(type: "Flaky", message: "again"))
        default:
            return .taskCompleted(taskID: action.id, result: "\(action.id + 1)")
        }
    }

    @Test(arguments: 0..<300)
    func replayFromAnyPrefixGivesTheSameActions(_ seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let plan = Plan.random(&generator)
        let script = play(plan, seed: seed)
        #expect(script.lastTurn.completion?.status == .completed, "seed \(seed)")
        let again = play(plan, seed: seed)
        #expect(again.history == script.history, "seed \(seed)")
    }

    @Test func theOrderIsTheSameInAThousandRounds() throws {
        let branches = (1...8).map { number -> Plan in
            let steps = Plan.sequence([.sleep(1), .call(number), .flaky(number)])
            return .pair(.group([.call(number), .flaky(number), steps]), .race(.call(number), .sleep(2)))
        }
        let script = play(.group(branches), seed: 7)
        #expect(script.history.count > 100)
        let last = try #require(script.history.lastIndex { $0.kind == .orchestratorStarted })
        let (past, news) = (script.history[..<last], script.history[last...].prefix { !$0.kind.recordsAction })
        for _ in 0..<1_000 {
            #expect(Script.replay(Array(past), Array(news), script.registry) == script.lastTurn)
        }
    }
}
