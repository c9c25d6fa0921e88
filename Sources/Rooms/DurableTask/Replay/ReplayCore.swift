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
    struct State {
        var start: ExecutionStarted?
        var now = Date(millisecondsSince1970: 0)
        var isReplaying = false
        var nextID = 0
        var nextUUID = 0
        /// How many events the orchestrator has heard.
        var heard = 0
        var pending: [Int: OrchestratorAction.Kind] = [:]
        var open: [WaitID: Wait] = [:]
        var inbox = EventInbox()
        var patches = Patches()
        var customStatus: String?
        var completion: Completion?
        /// Whether the engine ended the instance, not the orchestrator: then nothing else is handed over.
        var endedByEngine = false
        var isClosed = false
        var refusals = 0
    }

    /// What a wait is for.
    enum WaitID: Hashable, Comparable {
        /// The answer to an action.
        case action(Int)
        /// An event; the waits for events are counted on their own.
        case event(Int)
    }

    enum Wait {
        /// Nobody awaits it yet.
        case scheduled
        /// The answer came before somebody awaited it.
        case answered(Result<String?, any Error>)
        case waiting(CheckedContinuation<String?, any Error>)
        case cancelled
    }

    /// How often the context refuses calls of cancelled tasks within one episode before it parks the caller: an
    /// orchestrator that swallows every error in a loop would otherwise never let go of the thread.
    private static let refusalLimit = 20_000

    let instanceID: String
    let executionID: String
    /// The version of children that nobody chose one for.
    let childVersion: String?
    let executor: ReplayExecutor
    let log: Log
    let state = Lock(State())

    init(_ execution: ExecutionKey, childVersion: String?, executor: ReplayExecutor, log: Log) {
        instanceID = execution.instanceID
        executionID = execution.executionID
        self.childVersion = childVersion
        self.executor = executor
        self.log = log
    }
}

// What the context asks.
extension ReplayCore {
    var now: Date { checked { $0.now } }
    var isReplaying: Bool { checked { $0.isReplaying } }
    /// How the instance began.
    var start: ExecutionStarted? { checked { $0.start } }
    /// Whether what the orchestrator says now is new, and said by the run that counts.
    var isHeard: Bool { checked { !$0.isReplaying && !$0.isClosed } }
    /// What was heard and asked so far: the same in every replay, unlike the number of events recorded.
    var historyLength: Int { checked { $0.heard + $0.nextID } }

    func isPatched(_ change: String) -> Bool { checked { $0.patches.contains(change, isNew: !$0.isReplaying) } }

    func setCustomStatus(_ json: String) { checked { if !$0.isClosed { $0.customStatus = json } } }

    func takeUUIDNumber() -> Int {
        checked { state in
            defer { state.nextUUID += 1 }
            return state.nextUUID
        }
    }

    /// Asks for an action that is answered.
    ///
    /// - Parameter kind: Makes the action from its id.
    /// - Returns: the action's id, to be awaited at once by ``answer(to:)``.
    /// - Throws: `CancellationError` in a cancelled task, in a lost race, and in a run that was left.
    func ask(_ kind: @Sendable (Int) -> OrchestratorAction.Kind) async throws -> Int {
        try await admit { state in
            let id = state.nextID
            state.add(kind(id))
            state.open[.action(id)] = .scheduled
            return id
        }
    }

    /// Asks for an action that is not answered.
    ///
    /// - Throws: as ``ask(_:)``.
    func tell(_ kind: OrchestratorAction.Kind) async throws {
        try await admit { $0.add(kind) }
    }

    /// Waits for an event, or takes the oldest of those that came before.
    ///
    /// - Throws: as ``ask(_:)``, and when the task is cancelled while it waits; the event then stays for others.
    func event(named name: String) async throws -> String? {
        let wait = try await admit { state in
            let ticket = state.inbox.takeTicket()
            if let event = state.inbox.take(name) {
                state.open[.event(ticket)] = .answered(.success(event))
            } else {
                state.inbox.listen(name, ticket)
                state.open[.event(ticket)] = .scheduled
            }
            return WaitID.event(ticket)
        }
        return try await answer(to: wait)
    }

    /// Waits for the answer to an action.
    @discardableResult
    func answer(to id: Int) async throws -> String? { try await answer(to: .action(id)) }

    /// A cancelled task stops waiting at once; an action that was not handed over yet is withdrawn.
    private func answer(to id: WaitID) async throws -> String? {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { wait(for: id, $0) }
        } onCancel: {
            cancel(id)
        }
    }

    private func admit<Value: Sendable>(_ body: @Sendable (inout State) -> Value) async throws -> Value {
        if state.withLock({ $0.refusals > Self.refusalLimit }) { await park() }
        return try enter(body)
    }

    private func enter<Value: Sendable>(_ body: @Sendable (inout State) -> Value) throws -> Value {
        guard executor.isCurrent else {
            executor.noteEscape()
            throw TaskFailure.escapedWork
        }
        let isCancelled = Task.isCancelled || Race.isLost
        let value = state.withLock { state -> Value? in
            if isCancelled || state.isClosed {
                state.refusals += 1
                return nil
            }
            return body(&state)
        }
        guard let value else { throw CancellationError() }
        return value
    }

    private func wait(for id: WaitID, _ continuation: CheckedContinuation<String?, any Error>) {
        let answer = state.withLock { state -> Result<String?, any Error>? in
            switch state.open.removeValue(forKey: id) {
            case .scheduled:
                state.open[id] = .waiting(continuation)
                return nil
            case .answered(let result): return result
            default: return .failure(CancellationError())
            }
        }
        if let answer { continuation.resume(with: answer) }
    }

    private func cancel(_ id: WaitID) {
        let continuation = state.withLock { $0.cancel(id) }
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

extension ReplayCore.State {
    mutating func add(_ kind: OrchestratorAction.Kind) {
        pending[nextID] = kind
        nextID += 1
    }

    /// Forgets a wait; what already has its answer keeps it.
    mutating func cancel(_ id: ReplayCore.WaitID) -> CheckedContinuation<String?, any Error>? {
        guard let wait = open[id] else { return nil }
        if case .answered = wait { return nil }
        switch id {
        case .action(let number): pending[number] = nil
        case .event(let ticket): inbox.forget(ticket)
        }
        guard case .waiting(let continuation) = wait else {
            open[id] = .cancelled
            return nil
        }
        open[id] = nil
        return continuation
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
