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
        var nextRandom = 0
        /// The run that ids and random numbers are made from; another than the own after a rewinding.
        var seed: String?
        /// How many events the orchestrator has heard.
        var heard = 0
        var pending: [Int: OrchestratorAction.Kind] = [:]
        var open: [WaitID: Wait] = [:]
        /// The actions whose answers bear a name of their own, by it.
        var requests: [String: Int] = [:]
        var inbox = EventInbox()
        var sections = CriticalSections()
        /// What was asked for before a rewinding; nil for an instance that was never rewound.
        var memory: Recollection?
        /// How many rewindings are still to come in the past; what stands before the last is remembered.
        var rewindingsAhead = 0
        /// Whether what the orchestrator asked for by now needs not be recorded: the next episode does that.
        var isBehindRewinding = false
        /// How often the orchestrator asked for something.
        var asked = 0
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
        /// Somebody awaits it.
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

    func takeRandomNumber() -> Int {
        checked { state in
            defer { state.nextRandom += 1 }
            return state.nextRandom
        }
    }

    /// What ids and random numbers are made from: the same in every replay, also after a rewinding.
    var seed: String { "\(instanceID)\u{0}\(checked { $0.seed } ?? executionID)" }

    /// Asks for an action that is answered.
    ///
    /// - Parameter kind: Makes the action from its id.
    /// - Returns: the action's id, to be awaited at once by ``answer(to:)``.
    /// - Throws: `CancellationError` in a cancelled task, in a lost race, and in a run that was left.
    func ask(_ kind: @Sendable (Int) -> OrchestratorAction.Kind) async throws -> Int {
        try await admit { $0.ask(kind).id }
    }

    /// Asks for another orchestration; ``ask(_:)`` says the rest.
    ///
    /// - Throws: also ``ChildRefusal``, so that it is not taken for a failure of the child.
    func askForChild(_ call: @Sendable (Int) -> SubOrchestrationCall) async throws -> Int {
        let id = try await admit { state -> Int? in
            if state.sections.areHeld { return nil }
            return state.ask { .createSubOrchestration(call($0)) }.id
        }
        guard let id else { throw ChildRefusal() }
        return id
    }

    /// Asks for an action that is not answered.
    ///
    /// - Throws: as ``ask(_:)``.
    func tell(_ kind: OrchestratorAction.Kind) async throws {
        try await admit { state in _ = state.add { _ in kind } }
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

    func admit<Value: Sendable>(_ body: @Sendable (inout State) -> Value) async throws -> Value {
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
    var isRemembering: Bool { rewindingsAhead > 0 }

    /// Asks for an action, unless it is remembered.
    ///
    /// - Returns: the action's id, and what is remembered of it.
    @discardableResult
    mutating func add(_ kind: (Int) -> OrchestratorAction.Kind) -> (id: Int, record: Recollection.Record?) {
        let order = asked
        asked += 1
        if let record = memory?.claim(kind(order), preferring: order) {
            if !record.isSettled { pending[record.id] = kind(record.id) }
            return (record.id, record)
        }
        defer { nextID += 1 }
        pending[nextID] = kind(nextID)
        return (nextID, nil)
    }

    /// Asks for an action that is answered.
    mutating func ask(_ kind: (Int) -> OrchestratorAction.Kind) -> (id: Int, record: Recollection.Record?) {
        let (id, record) = add(kind)
        open[.action(id)] = memory?.takeAnswer(to: id).map { .answered($0) } ?? .scheduled
        return (id, record)
    }

    /// Forgets a wait; what already has its answer keeps it.
    mutating func cancel(_ id: ReplayCore.WaitID) -> CheckedContinuation<String?, any Error>? {
        guard let wait = open[id] else { return nil }
        if case .answered = wait { return nil }
        switch id {
        case .action(let number):
            let isWithdrawn = pending.removeValue(forKey: number) != nil
            sections.abandon(action: number, isWithdrawn: isWithdrawn)
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
