// Darkroom
// SPDX-License-Identifier: Apache-2.0

import DurableTask
import DurableTaskTesting
import FoundationEssentials
import Testing

/// Plays the world around an orchestrator: answers what it asks for in an order drawn from a seed, some of it twice,
/// and raises events whether somebody waits for them or not.
struct Player {
    private var generator: SeededGenerator
    private let seed: UInt64
    /// How many calls in a hundred fail for good.
    private let breakage: Int
    private var open: [OrchestratorAction] = []

    init(seed: UInt64, breakage: Int = 0) {
        generator = SeededGenerator(seed: seed)
        self.seed = seed
        self.breakage = breakage
    }

    /// Goes on until the run ends.
    mutating func finish(_ script: Script) {
        open = script.lastTurn.actions
        open += script.history.unansweredChildren.sorted { $0.key < $1.key }
            .filter { child in !open.contains { $0.id == child.key } }
            .map { OrchestratorAction(id: $0.key, .createSubOrchestration($0.value)) }
        for _ in 0..<2_000 {
            if script.lastTurn.completion != nil { return }
            _ = script.step(news())
            open += script.lastTurn.actions
        }
        Issue.record("seed \(seed): no end")
    }

    private mutating func news() -> [HistoryEvent.Kind] {
        var news: [HistoryEvent.Kind] = []
        for _ in 0..<min(open.count, Int.random(in: 1...3, using: &generator)) {
            let action = open.remove(at: Int.random(in: 0..<open.count, using: &generator))
            guard let answer = answer(to: action) else { continue }
            news.append(answer)
            if Int.random(in: 0..<10, using: &generator) == 0 { news.append(answer) }
        }
        if open.isEmpty || Int.random(in: 0..<4, using: &generator) == 0 {
            let number = Int.random(in: 0..<3, using: &generator)
            news.append(.eventRaised(name: "Event \(number)", input: "\(number)"))
        }
        if Int.random(in: 0..<20, using: &generator) == 0 {
            news.insert(.executionSuspended(reason: nil), at: Int.random(in: 0...news.count, using: &generator))
        } else if Int.random(in: 0..<3, using: &generator) == 0 {
            news.append(.executionResumed(reason: nil))
        }
        return news
    }

    private mutating func answer(to action: OrchestratorAction) -> HistoryEvent.Kind? {
        let result = "\(action.id + 1)"
        switch action.kind {
        case .createTimer(let fireAt): return .timerFired(timerID: action.id, fireAt: fireAt)
        case .scheduleTask(let call):
            if call.name == "flaky", Bool.random(using: &generator) {
                return .taskFailed(taskID: action.id, failure: TaskFailure(type: "Flaky", message: "again"))
            }
            return breaks
                ? .taskFailed(taskID: action.id, failure: Self.broken)
                : .taskCompleted(taskID: action.id, result: result)
        case .createSubOrchestration:
            return breaks
                ? .subOrchestrationFailed(taskID: action.id, failure: Self.broken)
                : .subOrchestrationCompleted(taskID: action.id, result: result)
        case .callEntity(let operation):
            return breaks
                ? .entityOperationFailed(requestID: operation.requestID, failure: Self.broken)
                : .entityOperationCompleted(requestID: operation.requestID, output: result)
        case .lockEntities(let request): return .entityLockGranted(criticalSectionID: request.criticalSectionID)
        default: return nil
        }
    }

    private var breaks: Bool {
        mutating get { breakage > 0 && Int.random(in: 0..<100, using: &generator) < breakage }
    }

    private static let broken = TaskFailure(type: "Broken", message: "for good", isRetriable: false)
}
