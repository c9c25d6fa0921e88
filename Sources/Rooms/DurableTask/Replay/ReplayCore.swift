// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import FoundationEssentials
import Telemetry

/// What an orchestrator's context and its history meet in: the actions it asked for and the waits they answer.
///
/// Ids count from 0 in the order of the calls; every attempt of a retry takes a new one. An action stays pending
/// until it is handed to the hub or, in a replay, until history confirms it.
final class ReplayCore: Sendable {
    private struct State {
        var now = Date(millisecondsSince1970: 0)
        var isReplaying = false
        var nextID = 0
        var nextUUID = 0
        var pending: [Int: OrchestratorAction.Kind] = [:]
        var open: [Int: Wait] = [:]
        var customStatus: String?
        var completion: Completion?
        /// Whether the engine ended the instance, not the orchestrator: then nothing else is handed over.
        var endedByEngine = false
        var isClosed = false
        var refusals = 0
    }

    private enum Wait {
        case scheduled
        case waiting(CheckedContinuation<String?, any Error>)
        case cancelled
    }

    /// How often the context refuses calls of cancelled tasks within one episode before it parks the caller: an
    /// orchestrator that swallows every error in a loop would otherwise never let go of the thread.
    private static let refusalLimit = 20_000

    let instanceID: String
    let executionID: String
    let executor: ReplayExecutor
    let log: Log
    private let state = Lock(State())

    init(instanceID: String, executionID: String, executor: ReplayExecutor, log: Log) {
        self.instanceID = instanceID
        self.executionID = executionID
        self.executor = executor
        self.log = log
    }
}

// What the context asks.
extension ReplayCore {
    var now: Date { checked { $0.now } }
    var isReplaying: Bool { checked { $0.isReplaying } }
    /// Whether what the orchestrator says now is new, and said by the run that counts.
    var isHeard: Bool { checked { !$0.isReplaying && !$0.isClosed } }

    func setCustomStatus(_ json: String) { checked { if !$0.isClosed { $0.customStatus = json } } }

    func takeUUIDNumber() -> Int {
        checked { state in
            defer { state.nextUUID += 1 }
            return state.nextUUID
        }
    }

    /// Asks for an action.
    ///
    /// - Returns: the action's id, to be awaited at once by ``answer(to:)``.
    /// - Throws: `CancellationError` in a cancelled task and in a run that was left.
    func ask(_ kind: OrchestratorAction.Kind) async throws -> Int {
        if state.withLock({ $0.refusals > Self.refusalLimit }) { await park() }
        return try register(kind)
    }

    /// Waits for the answer to an action.
    ///
    /// A cancelled task stops waiting at once; an action that was not handed over yet is withdrawn.
    @discardableResult
    func answer(to id: Int) async throws -> String? {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { wait(for: id, $0) }
        } onCancel: {
            cancel(id)
        }
    }

    private func register(_ kind: OrchestratorAction.Kind) throws -> Int {
        guard executor.isCurrent else {
            executor.noteEscape()
            throw TaskFailure.escapedWork
        }
        let isCancelled = Task.isCancelled
        let id: Int? = state.withLock { state in
            if isCancelled || state.isClosed {
                state.refusals += 1
                return nil
            }
            let id = state.nextID
            state.nextID += 1
            state.pending[id] = kind
            state.open[id] = .scheduled
            return id
        }
        guard let id else { throw CancellationError() }
        return id
    }

    private func wait(for id: Int, _ continuation: CheckedContinuation<String?, any Error>) {
        let isCancelled = state.withLock { state in
            guard case .scheduled = state.open[id] else {
                state.open[id] = nil
                return true
            }
            state.open[id] = .waiting(continuation)
            return false
        }
        if isCancelled { continuation.resume(throwing: CancellationError()) }
    }

    private func cancel(_ id: Int) {
        let continuation = state.withLock { state -> CheckedContinuation<String?, any Error>? in
            guard let wait = state.open[id] else { return nil }
            state.pending[id] = nil
            guard case .waiting(let continuation) = wait else {
                state.open[id] = .cancelled
                return nil
            }
            state.open[id] = nil
            return continuation
        }
        continuation?.resume(throwing: CancellationError())
    }

    private func checked<Value>(_ body: (inout sending State) -> sending Value) -> Value {
        if !executor.isCurrent { executor.noteEscape() }
        return state.withLock(body)
    }

    private func park() async {
        log(.error, "an orchestrator goes on calling in a cancelled task; it must let CancellationError through")
        await unsafe withUnsafeContinuation { (_: UnsafeContinuation<Void, Never>) in }
    }
}

// What history says.
extension ReplayCore {
    /// An episode begins.
    func begin(at now: Date, isReplaying: Bool) {
        state.withLock { state in
            state.now = now
            state.refusals = 0
            state.isReplaying = isReplaying
        }
    }

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

    /// Answers a wait; an answer that nobody waits for is a repetition or too late, and ignored.
    func resolve(_ id: Int, _ result: Result<String?, any Error>) {
        let continuation = state.withLock { state -> CheckedContinuation<String?, any Error>? in
            guard case .waiting(let continuation) = state.open[id] else { return nil }
            state.open[id] = nil
            return continuation
        }
        continuation?.resume(with: result)
    }

    /// Whether something that the engine knows of will go on by itself.
    var isWaiting: Bool { state.withLock { !$0.open.isEmpty } }

    /// How the instance ended, if it did.
    var completion: Completion? { state.withLock { $0.completion } }

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
    func takeTurn() -> OrchestratorTurn {
        state.withLock { state in
            var actions: [OrchestratorAction] = []
            if !state.endedByEngine {
                actions = state.pending.sorted { $0.key < $1.key }.map { OrchestratorAction(id: $0.key, $0.value) }
            }
            state.pending.removeAll()
            if let completion = state.completion {
                actions.append(
                    OrchestratorAction(
                        id: state.endedByEngine ? -1 : state.nextID, .completeOrchestration(completion)))
            }
            return OrchestratorTurn(actions: actions, customStatus: state.customStatus)
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

extension TaskFailure {
    static let escapedWork = TaskFailure(
        type: EngineType.escapedWork,
        message: """
            the orchestrator awaited something other than its context, so it cannot be replayed: use async let or a \
            task group instead of Task {}, context.sleep instead of Task.sleep, and an activity for everything that \
            calls an actor, a file or a service
            """,
        isRetriable: false)
}
