// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import FoundationEssentials

// What history says.
extension ReplayCore {
    /// Reads what the engine noted in the past, which may say more about an episode than stood there at its time.
    func readNotes(in past: [HistoryEvent]) {
        for case .patched(let change) in past.lazy.compactMap({ HistoryNote($0.kind) }) {
            state.withLock { $0.patches.remember(change) }
        }
    }

    /// An episode begins.
    func begin(at now: Date, isReplaying: Bool) {
        state.withLock { state in
            state.now = now
            state.refusals = 0
            state.isReplaying = isReplaying
        }
    }

    /// The instance begins.
    func begin(_ start: ExecutionStarted) { state.withLock { $0.start = start } }

    /// Counts an event that every replay hears, too.
    func countEvent() { state.withLock { $0.heard += 1 } }

    /// Takes the action that history records under this id.
    func confirm(_ id: Int) -> OrchestratorAction.Kind? {
        state.withLock { $0.pending.removeValue(forKey: id) }
    }

    /// The first action that history should have recorded by now.
    var firstPending: OrchestratorAction? {
        state.withLock { state in
            guard let id = state.pending.keys.min(), let kind = state.pending[id] else { return nil }
            return OrchestratorAction(id: id, kind)
        }
    }

    /// Answers an action; an answer that nobody waits for is a repetition or too late, and ignored.
    func resolve(_ id: Int, _ result: Result<String?, any Error>) {
        let continuation = state.withLock { $0.takeWaiting(.action(id)) }
        continuation?.resume(with: result)
    }

    /// An event came: the longest waiting listener hears it, else it is kept.
    func raise(_ name: String, _ input: String?, at time: Date) {
        let listener = state.withLock { state -> CheckedContinuation<String?, any Error>? in
            guard let ticket = state.inbox.put(name, input, at: time) else { return nil }
            return state.takeWaiting(.event(ticket))
        }
        listener?.resume(returning: input)
    }

    /// Whether something that the engine knows of will go on by itself.
    var isWaiting: Bool { state.withLock { !$0.open.isEmpty } }

    /// How the instance ended, if it did.
    var completion: Completion? { state.withLock { $0.completion } }

    /// Whether the engine ended the instance.
    var isEndedByEngine: Bool { state.withLock { $0.endedByEngine } }

    /// The orchestrator returned or threw.
    func finish(_ completion: Completion) {
        state.withLock { state in
            if !state.isClosed, state.completion == nil { state.completion = completion }
        }
    }

    /// The engine ends the instance.
    func end(_ completion: Completion) {
        state.withLock { state in
            state.completion = completion
            state.endedByEngine = true
        }
    }

    /// Hands over what is pending.
    func takeTurn() -> OrchestratorTurn { state.withLock { $0.takeTurn() } }

    /// A turn that hands over nothing; what is pending waits for a later one.
    func holdTurn() -> OrchestratorTurn {
        state.withLock { OrchestratorTurn(actions: [], customStatus: $0.customStatus) }
    }

    /// Refuses all further calls and ends the open waits with cancellation.
    func close() {
        let waits = state.withLock { state in
            state.isClosed = true
            defer { state.open.removeAll() }
            return state.open.sorted { $0.key < $1.key }.map(\.value)
        }
        for case .waiting(let continuation) in waits { continuation.resume(throwing: CancellationError()) }
    }
}

extension ReplayCore.State {
    fileprivate mutating func takeWaiting(_ id: ReplayCore.WaitID) -> CheckedContinuation<String?, any Error>? {
        guard case .waiting(let continuation) = open[id] else { return nil }
        open[id] = nil
        return continuation
    }

    fileprivate mutating func takeTurn() -> OrchestratorTurn {
        var actions: [OrchestratorAction] = []
        if !endedByEngine {
            actions = pending.sorted { $0.key < $1.key }.map { OrchestratorAction(id: $0.key, $0.value) }
        }
        pending.removeAll()
        if var completion {
            if completion.status == .continuedAsNew { completion.carryover = inbox.unconsumed }
            let id = endedByEngine ? -1 : nextID
            actions.append(OrchestratorAction(id: id, .completeOrchestration(completion)))
        }
        return OrchestratorTurn(actions: actions, customStatus: customStatus, patches: patches.takeNew())
    }
}
