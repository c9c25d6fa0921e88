// Darkroom
// SPDX-License-Identifier: Apache-2.0

import DurableTask
import FoundationEssentials
import Telemetry

/// A live orchestrator driven step by step, with every step checked against a replay of the same history.
struct Script {
    typealias Body = @Sendable (OrchestrationContext, Int) async throws -> Int

    static let epoch = Date(timeIntervalSince1970: 1_750_000_000)

    private let live: Orchestrator
    private(set) var history: [HistoryEvent] = []
    let registry: TaskRegistry
    private var now = Script.epoch

    init(_ body: @escaping Body) {
        var registry = TaskRegistry()
        registry.addOrchestration("script", body)
        self.registry = registry
        live = Orchestrator(Self.key, registry: registry, log: .silent)
    }

    static let key = ExecutionKey(instanceID: "i", executionID: "e")

    mutating func start(with input: Int) -> [String] {
        let start = ExecutionStarted(name: "script", input: "\(input)", instanceID: "i", executionID: "e")
        return step([.executionStarted(start)])
    }

    mutating func complete(_ id: Int, _ result: String) -> [String] {
        step([.taskCompleted(taskID: id, result: result)])
    }

    mutating func fail(_ id: Int, _ failure: TaskFailure) -> [String] {
        step([.taskFailed(taskID: id, failure: failure)])
    }

    mutating func fire(_ id: Int) -> [String] {
        step([.timerFired(timerID: id, fireAt: now)])
    }

    mutating func step(_ kinds: [HistoryEvent.Kind]) -> [String] {
        now = now.addingTimeInterval(1)
        let new = ([.orchestratorStarted] + kinds).map { HistoryEvent(at: now, $0) }
        let turn = live.advance(new)
        let replayed = Self.replay(history, new, registry)
        precondition(replayed == turn, "a replay answered \(replayed), the live run \(turn)")
        history += new + turn.actions.map { record($0) }
        return turn.actions.map(describe)
    }

    static func replay(_ past: [HistoryEvent], _ new: [HistoryEvent], _ registry: TaskRegistry) -> OrchestratorTurn {
        let orchestrator = Orchestrator(key, registry: registry, log: .silent)
        defer { orchestrator.close() }
        orchestrator.replay(past)
        return orchestrator.advance(new)
    }

    private func record(_ action: OrchestratorAction) -> HistoryEvent {
        switch action.kind {
        case .scheduleTask(let call): HistoryEvent(id: action.id, at: now, .taskScheduled(call))
        case .createTimer(let fireAt): HistoryEvent(id: action.id, at: now, .timerCreated(fireAt: fireAt))
        case .completeOrchestration(let end): HistoryEvent(id: action.id, at: now, .executionCompleted(end))
        }
    }

    private func describe(_ action: OrchestratorAction) -> String {
        switch action.kind {
        case .scheduleTask(let call): "\(action.id) \(call.name)(\(call.input ?? ""))"
        case .createTimer(let fireAt): "\(action.id) timer +\(Int((fireAt.timeIntervalSince(now) * 1000).rounded()))"
        case .completeOrchestration(let end):
            "\(action.id) \(end.status) \(end.failure?.description ?? end.result ?? "")"
        }
    }
}
