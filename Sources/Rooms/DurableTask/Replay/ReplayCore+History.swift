// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import FoundationEssentials

// What history says.
extension ReplayCore {
    /// Reads what the engine noted in the past, which may say more about an episode than stood there at its time.
    ///
    /// What stands before a rewinding is remembered, not confirmed.
    func readNotes(in past: [HistoryEvent]) {
        let rewindings = past.indices.filter { past[$0].kind.isRewinding }
        let memory = rewindings.last.map { Recollection(of: past[..<$0]) }
        state.withLock { state in
            for note in past.lazy.compactMap({ HistoryNote($0.kind) }) {
                switch note {
                case .patched(let change): state.patches.remember(change)
                case .seed(let run): state.seed = run
                case .used(let id): state.nextID = id + 1
                }
            }
            guard let memory else { return }
            state.memory = memory
            state.rewindingsAhead = rewindings.count
        }
    }

    /// Whether the events are those before the last rewinding.
    var isRemembering: Bool { state.withLock { $0.isRemembering } }

    /// Whether all that the orchestrator asked for by now is recorded.
    var recordsEpisodes: Bool { state.withLock { !$0.isRemembering && !$0.isBehindRewinding } }

    /// The events before a rewinding are over.
    func passRewinding() {
        state.withLock { state in
            guard state.isRemembering else { return }
            state.rewindingsAhead -= 1
            state.isBehindRewinding = !state.isRemembering
        }
    }

    /// An episode begins.
    func begin(at now: Date, isReplaying: Bool) {
        state.withLock { state in
            state.now = now
            state.refusals = 0
            state.isReplaying = isReplaying
            state.isBehindRewinding = false
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
        let continuation = state.withLock { state in
            state.memory?.keep(result, for: id)
            return state.takeWaiting(.action(id))
        }
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

    /// The names of the events that are waited for, each once.
    var awaitedEvents: [String] {
        var known: Set<String> = []
        return state.withLock { $0.inbox.awaited }.filter { known.insert($0.lowercased()).inserted }
    }

    /// How the instance ended, if it did.
    var completion: Completion? { state.withLock { $0.completion } }

    /// Whether the engine ended the instance.
    var isEndedByEngine: Bool { state.withLock { $0.endedByEngine } }

    /// The orchestrator returned or threw.
    func finish(_ completion: Completion) {
        state.withLock { state in
            if !state.isClosed, state.completion == nil { state.completion = completion }
        }
        unlockAll()
    }

    /// The engine ends the instance.
    func end(_ completion: Completion) {
        state.withLock { state in
            state.completion = completion
            state.endedByEngine = true
        }
        unlockAll()
    }

    /// Hands over what is pending.
    func takeTurn() -> OrchestratorTurn { state.withLock { $0.takeTurn() } }

    /// A turn without actions; what is pending waits for a later one.
    ///
    /// Patches are handed over all the same: a replay of this episode must find them.
    func holdTurn() -> OrchestratorTurn {
        state.withLock { state in
            OrchestratorTurn(actions: [], customStatus: state.customStatus, patches: state.patches.takeNew())
        }
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
        var actions = pending.sorted { $0.key < $1.key }.map { OrchestratorAction(id: $0.key, $0.value) }
        if endedByEngine { actions.removeAll { !$0.kind.givesBackLock } }
        pending.removeAll()
        if var completion {
            if completion.status == .continuedAsNew { completion.carryover = inbox.unconsumed }
            let id = endedByEngine ? -1 : nextID
            actions.append(OrchestratorAction(id: id, .completeOrchestration(completion)))
        }
        return OrchestratorTurn(actions: actions, customStatus: customStatus, patches: patches.takeNew())
    }
}

extension OrchestratorAction.Kind {
    /// Locks are given back even by an instance that the engine ends.
    fileprivate var givesBackLock: Bool {
        if case .unlockEntity = self { return true }
        return false
    }
}

extension HistoryEvent.Kind {
    fileprivate var isRewinding: Bool {
        if case .executionRewound = self { return true }
        return false
    }
}
