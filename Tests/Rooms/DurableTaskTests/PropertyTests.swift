// Darkroom
// SPDX-License-Identifier: Apache-2.0

import DurableTask
import DurableTaskTesting
import FoundationEssentials
import Telemetry
import Testing

/// Orchestrators of random shape under random orders of events; a failing seed reproduces.
@Suite(.timeLimit(.minutes(5)))
struct PropertyTests {
    /// Runs a plan to its end, answering open actions in an order drawn from the seed.
    private func play(_ plan: Plan, seed: UInt64, breakage: Int = 0) -> Script {
        let script = Script { context, _ in try await plan.run(context) }
        _ = script.start()
        var player = Player(seed: seed, breakage: breakage)
        player.finish(script)
        return script
    }

    @Test(arguments: 0..<300)
    func replayFromAnyPrefixGivesTheSameActions(_ seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let plan = Plan.random(&generator)
        let script = play(plan, seed: seed)
        #expect(script.lastTurn.completion?.status == .completed, "seed \(seed)")
        let again = play(plan, seed: seed)
        #expect(again.history == script.history, "seed \(seed)")
        let text = HistoryText.encode(script.history)
        #expect(try HistoryText.decode(text) == script.history, "seed \(seed)")
        #expect(try HistoryCheck(script.registry).difference(in: text) == nil, "seed \(seed)")
    }

    @Test(arguments: 0..<40)
    func everyRunBeginsWithWhatTheOneBeforeDidNotHear(_ seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let plan = Plan.random(&generator)
        var registry = TaskRegistry()
        registry.addOrchestration("script") { (context: OrchestrationContext, round: Int) in
            let result = try await plan.run(context)
            if round < 3 { throw context.continueAsNew(round + 1) }
            return result
        }
        var player = Player(seed: seed)
        var carryover: [HistoryEvent.Kind] = []
        for round in 0...3 {
            let script = Script(registry)
            let start = ExecutionStarted(name: "script", input: "\(round)", instanceID: "i", executionID: "e")
            _ = script.step([.executionStarted(start)] + carryover)
            player.finish(script)
            let end = try #require(script.lastTurn.completion)
            #expect(end.status == (round < 3 ? .continuedAsNew : .completed), "seed \(seed)")
            carryover = end.carryover.map(\.kind)
        }
    }

    /// Rewinds until nothing breaks any more; every step is checked against a replay.
    @Test(arguments: 0..<100)
    func rewoundHistoriesGoOn(_ seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let plan = Plan.random(&generator)
        var script = play(plan, seed: seed, breakage: 15)
        for round in 0..<4 where script.lastTurn.completion?.status == .failed {
            #expect(script.lastTurn.completion?.failure?.type != TaskFailure.EngineType.nonDeterminism)
            script = try script.rewound()
            _ = script.step([])
            var player = Player(seed: seed, breakage: round < 3 ? 15 : 0)
            player.finish(script)
        }
        #expect(script.lastTurn.completion?.status == .completed, "seed \(seed)")
    }

    @Test(arguments: 0..<100)
    func exactlyWhatFailedOrWasUnderWayIsAskedForAgain(_ seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        var steps = 0
        let plan = Plan.calm(&generator, &steps)
        let script = play(plan, seed: seed, breakage: 10)
        guard script.lastTurn.completion?.status == .failed else { return }
        let again = try script.rewound()
        let children = again.history.unansweredChildren.keys
        _ = again.step([])
        let asked = again.lastTurn.actions.map(\.id) + children
        // What was answered beside the failure leads to further steps, under ids of their own.
        let used = script.history.map(\.id).max() ?? 0
        #expect(asked.filter { $0 <= used }.sorted() == script.openActions, "seed \(seed)")
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

extension Script {
    /// The actions that were asked for and not answered well.
    fileprivate var openActions: [Int] {
        var open: Set<Int> = []
        var requests: [String: Int] = [:]
        for event in history {
            switch event.kind {
            case .taskCompleted(let id, _), .subOrchestrationCompleted(let id, _), .timerFired(let id, _):
                open.remove(id)
            case .entityOperationCompleted(let request, _): requests[request].map { _ = open.remove($0) }
            case .entityOperationCalled(let operation):
                requests[operation.requestID] = event.id
                open.insert(event.id)
            case .executionCompleted: break
            default: if event.kind.recordsAction { open.insert(event.id) }
            }
        }
        return open.sorted()
    }
}
