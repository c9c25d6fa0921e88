// Darkroom
// SPDX-License-Identifier: Apache-2.0

import DurableTask
import FoundationEssentials
import Telemetry
import Testing

/// A live orchestrator driven step by step, with every step checked against a replay of the same history.
final class Script {
    typealias Body = @Sendable (OrchestrationContext, Int) async throws -> Int

    static let epoch = Date(timeIntervalSince1970: 1_750_000_000)
    static let key = ExecutionKey(instanceID: "i", executionID: "e")

    let live: Orchestrator
    let registry: TaskRegistry
    private(set) var history: [HistoryEvent] = []
    private(set) var lastTurn = OrchestratorTurn(actions: [])
    private var now = Script.epoch

    convenience init(log: Log = .silent, _ body: @escaping Body) {
        var registry = TaskRegistry()
        registry.addOrchestration("script", body)
        self.init(registry, log: log)
    }

    /// - Parameter history: What the instance goes on from.
    init(_ registry: TaskRegistry, log: Log = .silent, from history: [HistoryEvent] = []) {
        self.registry = registry
        self.history = history
        live = Orchestrator(Self.key, registry: registry, log: log)
        live.replay(history)
        if let last = history.last { now = last.timestamp }
    }

    /// The instance after it failed and was rewound.
    func rewound() throws -> Script {
        let history = try #require(history.rewound(by: Rewinding(reason: nil), executionID: Self.key.executionID))
        return Script(registry, from: history)
    }

    deinit { live.close() }

    func start(_ name: String = "script", with input: Int = 0) -> [String] {
        let start = ExecutionStarted(name: name, input: "\(input)", instanceID: "i", executionID: "e")
        return step([.executionStarted(start)])
    }

    func complete(_ id: Int, _ result: String) -> [String] {
        step([.taskCompleted(taskID: id, result: result)])
    }

    func fail(_ id: Int, _ failure: TaskFailure = TaskFailure(type: "Bad", message: "no")) -> [String] {
        step([.taskFailed(taskID: id, failure: failure)])
    }

    func fire(_ id: Int) -> [String] { step([.timerFired(timerID: id, fireAt: now)]) }

    func raise(_ name: String, _ value: String? = nil) -> [String] { step([.eventRaised(name: name, input: value)]) }

    /// The entity that the action calls answers, or the locks that it asks for are held.
    func answer(_ id: Int, _ output: String? = nil) -> [String] {
        for event in history where event.id == id {
            switch event.kind {
            case .entityOperationCalled(let call):
                return step([.entityOperationCompleted(requestID: call.requestID, output: output)])
            case .entityLockRequested(let request):
                return step([.entityLockGranted(criticalSectionID: request.criticalSectionID)])
            default: break
            }
        }
        return ["no entity is called by action \(id)"]
    }

    /// One episode with these news, a second after the one before.
    func step(_ kinds: [HistoryEvent.Kind]) -> [String] {
        now = now.addingTimeInterval(1)
        let new = ([.orchestratorStarted] + kinds).map { HistoryEvent(at: now, $0) }
        lastTurn = live.advance(new)
        #expect(Self.replay(history, new, registry) == lastTurn, "a replay differs from the live run")
        history += new + Self.record(lastTurn, at: now)
        return lastTurn.actions.map(describe)
    }

    /// The pure function behind every episode.
    static func replay(_ past: [HistoryEvent], _ new: [HistoryEvent], _ registry: TaskRegistry) -> OrchestratorTurn {
        let orchestrator = Orchestrator(key, registry: registry, log: .silent)
        defer { orchestrator.close() }
        orchestrator.replay(past)
        return orchestrator.advance(new)
    }

    /// What a hub writes about a turn.
    static func record(_ turn: OrchestratorTurn, at now: Date) -> [HistoryEvent] {
        turn.actions.compactMap { HistoryEvent(recording: $0, at: now) }
            + turn.patches.map { HistoryEvent(at: now, HistoryNote.patched($0).event) }
    }

    private func describe(_ action: OrchestratorAction) -> String {
        switch action.kind {
        case .scheduleTask(let call): "\(action.id) \(call.name)(\(call.input ?? ""))"
        case .createTimer(let fireAt): "\(action.id) timer +\(Int((fireAt.timeIntervalSince(now) * 1000).rounded()))"
        case .createSubOrchestration(let call):
            "\(action.id) child \(call.name)(\(call.input ?? "")) as \(call.instanceID)"
        case .sendEvent(let event): "\(action.id) \(event.name)(\(event.input ?? "")) to \(event.instanceID)"
        case .callEntity(let operation):
            "\(action.id) call \(operation.operation)(\(operation.input ?? "")) of \(operation.target)"
        case .signalEntity(let operation):
            "\(action.id) signal \(operation.operation)(\(operation.input ?? "")) of \(operation.target)"
        case .lockEntities(let request): "\(action.id) lock \(request.lockSet.joined(separator: " "))"
        case .unlockEntity(let unlock): "\(action.id) unlock \(unlock.target)"
        case .completeOrchestration(let end):
            "\(action.id) \(end.status) \(end.failure?.description ?? end.result ?? "")"
        default: "\(action.id) \(action.kind)"
        }
    }
}

extension OrchestrationContext {
    /// Calls an activity of whole numbers.
    func number(_ name: String, _ input: Int = 0, retry: RetryPolicy? = nil) async throws -> Int {
        try await call(activity: name, input, as: Int.self, retry: retry)
    }
}
