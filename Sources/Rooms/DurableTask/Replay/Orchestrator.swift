// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
package import Telemetry

/// A live run of an orchestrator: history goes in, actions come out, nothing else.
///
/// One caller at a time may use it, from any thread. It must be closed.
package final class Orchestrator: Sendable {
    private let registry: TaskRegistry
    private let executor: ReplayExecutor
    private let core: ReplayCore
    private let root = Lock<Task<Void, Never>?>(nil)
    /// What came while the instance holds still; nil while it does not.
    private let held = Lock<[HistoryEvent]?>(nil)

    /// A run that has seen nothing yet.
    ///
    /// - Parameters:
    ///   - childVersion: The version of the orchestrations that this one calls without naming any.
    ///   - reportEscape: Called at most once, on any thread, when awaited work came back that the engine does not
    ///     know: the instance needs another episode to be ended.
    package init(
        _ execution: ExecutionKey, registry: TaskRegistry, childVersion: String? = nil, log: Log,
        reportEscape: @escaping @Sendable () -> Void = {}
    ) {
        self.registry = registry
        executor = ReplayExecutor(reportEscape: reportEscape)
        core = ReplayCore(execution, childVersion: childVersion, executor: executor, log: log)
    }

    /// Feeds what was recorded; the orchestrator runs as it did then.
    package func replay(_ past: [HistoryEvent]) {
        core.readNotes(in: past)
        for event in past { apply(event, isReplaying: true) }
    }

    /// Feeds what is new and returns what the orchestrator wants done about it; nothing while it is suspended.
    package func advance(_ new: [HistoryEvent]) -> OrchestratorTurn {
        for event in new { apply(event, isReplaying: false) }
        if executor.hasEscape || (core.completion == nil && !core.isWaiting && hasStarted) { fail(.escapedWork) }
        return isSuspended && !core.isEndedByEngine ? core.holdTurn() : core.takeTurn()
    }

    /// The names of the events that it waits for.
    var awaitedEvents: [String] { core.awaitedEvents }

    /// Leaves the run: its waits end with cancellation, and what it asks for then is ignored.
    package func close() {
        executor.run {
            core.close()
            root.withLock { $0 }?.cancel()
        }
        root.withLock { $0 = nil }
        executor.close()
    }

    private var hasStarted: Bool { root.withLock { $0 != nil } }

    private var isSuspended: Bool { held.withLock { $0 != nil } }

    private func apply(_ event: HistoryEvent, isReplaying: Bool) {
        switch event.kind {
        case .orchestratorStarted:
            if !isSuspended, core.recordsEpisodes { checkEpisodeIsRecorded() }
            core.begin(at: event.timestamp, isReplaying: isReplaying)
        case .executionRewound: core.passRewinding()
        case .executionTerminated(let reason, _): end(Completion(.terminated, result: reason))
        case .executionSuspended: held.withLock { $0 = $0 ?? [] }
        case .executionResumed: resume()
        default:
            let isHeld = held.withLock { held in
                held?.append(event)
                return held != nil
            }
            if !isHeld { hear(event) }
        }
    }

    private func resume() {
        let events = held.withLock { held in
            defer { held = nil }
            return held ?? []
        }
        for event in events { hear(event) }
    }

    private func hear(_ event: HistoryEvent) {
        if let action = OrchestratorAction.Kind(recordedAs: event.kind) {
            if !core.isRemembering { confirm(event.id, action.name) }
            return
        }
        if case .executionCompleted(let completion) = event.kind { return confirm(completion) }
        switch event.kind {
        case .executionStarted(let start): begin(start)
        case .taskCompleted(let id, let result), .subOrchestrationCompleted(let id, let result):
            resolve(id, .success(result))
        case .taskFailed(let id, let failure), .subOrchestrationFailed(let id, let failure):
            resolve(id, .failure(failure))
        case .timerFired(let id, _): resolve(id, .success(nil))
        case .eventRaised(let name, let input): listen { core.raise(name, input, at: event.timestamp) }
        case .entityOperationCompleted(let request, let output):
            listen { core.resolve(request, .success(output)) }
        case .entityOperationFailed(let request, let failure):
            listen { core.resolve(request, .failure(failure)) }
        case .entityLockGranted(let section): listen { core.grant(section) }
        default: break
        }
    }

    /// Lets the orchestrator run until it waits again.
    private func listen(_ body: () -> Void) {
        core.countEvent()
        executor.run(body)
    }

    private func begin(_ start: ExecutionStarted) {
        guard !hasStarted, core.completion == nil else { return }
        guard let body = registry.orchestration(named: start.name) else {
            return fail(.notFound("orchestration", start.name, TaskFailure.EngineType.orchestrationNotFound))
        }
        core.begin(start)
        executor.run {
            let context = OrchestrationContext(core)
            // Unstructured: the orchestrator's own task; the engine drains its executor and `close` ends it.
            let task = Task.detached(executorPreference: executor) { [core] in
                core.finish(await body(context, start.input))
            }
            root.withLock { $0 = task }
        }
    }

    private func resolve(_ id: Int, _ result: Result<String?, any Error>) {
        listen { core.resolve(id, result) }
    }

    private func end(_ completion: Completion) {
        if core.completion == nil { core.end(completion) }
    }

    private func fail(_ failure: TaskFailure) {
        core.end(Completion(.failed, failure: failure))
    }
}

// Whether the orchestrator still does what its history records.
extension Orchestrator {
    private func confirm(_ id: Int, _ recorded: String) {
        let found = core.confirm(id).map(\.name)
        if let found, found.lowercased() == recorded.lowercased() { return }
        let instead = found.map { "the orchestrator asks for \($0) instead" } ?? "the orchestrator asks for nothing"
        failAsChanged(id, recorded, found, "history records action \(id) as \(recorded), \(instead)")
    }

    private func confirm(_ recorded: Completion) {
        guard let completion = core.completion else {
            if recorded.status == .completed {
                failAsChanged(nil, "its end", nil, "history records its end, the orchestrator goes on")
            }
            return
        }
        if completion.status != recorded.status {
            failAsChanged(
                nil, "\(recorded.status)", "\(completion.status)",
                "history records its end as \(recorded.status), it now ends as \(completion.status)")
        }
    }

    /// Everything an episode asks for is recorded before the next one begins.
    private func checkEpisodeIsRecorded() {
        if core.completion != nil {
            failAsChanged(nil, nil, "its end", "the orchestrator ends where history goes on")
        } else {
            checkActionsAreRecorded()
        }
    }

    private func checkActionsAreRecorded() {
        guard let action = core.firstPending else { return }
        let found = action.kind.name
        failAsChanged(
            action.id, nil, found, "the orchestrator asks for \(found) as action \(action.id), history does not")
    }

    /// Checks that a history that ends here records all of its last episode.
    ///
    /// - Parameter hasEnded: Whether it records the end of the instance.
    func checkLastEpisode(hasEnded: Bool) {
        guard !isSuspended, core.recordsEpisodes else { return }
        if hasEnded { checkActionsAreRecorded() } else { checkEpisodeIsRecorded() }
    }

    private func failAsChanged(_ action: Int?, _ expected: String?, _ found: String?, _ difference: String) {
        if core.isEndedByEngine { return }
        var failure = TaskFailure(
            type: TaskFailure.EngineType.nonDeterminism,
            message: """
                \(difference): the orchestrator was changed while this instance ran, or depends on something other \
                than its context; restart the instance, or run the version that it was started with
                """,
            isRetriable: false)
        failure.details[TaskFailure.Detail.action] = action.map { "\($0)" }
        failure.details[TaskFailure.Detail.expected] = expected
        failure.details[TaskFailure.Detail.found] = found
        fail(failure)
    }
}

extension OrchestratorAction.Kind {
    /// The action that an event records; nil for events that record none.
    init?(recordedAs event: HistoryEvent.Kind) {
        switch event {
        case .taskScheduled(let call): self = .scheduleTask(call)
        case .timerCreated(let fireAt): self = .createTimer(fireAt: fireAt)
        case .subOrchestrationCreated(let call): self = .createSubOrchestration(call)
        case .eventSent(let event): self = .sendEvent(event)
        case .entityOperationSignaled(let operation): self = .signalEntity(operation)
        case .entityOperationCalled(let operation): self = .callEntity(operation)
        case .entityLockRequested(let request): self = .lockEntities(request)
        case .entityUnlockSent(let unlock): self = .unlockEntity(unlock)
        default: return nil
        }
    }

    /// What is compared with history, and shown when it differs.
    var name: String {
        switch self {
        case .scheduleTask(let call): "activity \"\(call.name)\""
        case .createTimer: "a timer"
        case .createSubOrchestration(let call): "orchestration \"\(call.name)\""
        case .sendEvent(let event): "event \"\(event.name)\" to \"\(event.instanceID)\""
        case .signalEntity(let operation), .callEntity(let operation):
            "operation \"\(operation.operation)\" of \"\(operation.target)\""
        case .lockEntities: "a lock"
        case .unlockEntity(let unlock): "the unlocking of \"\(unlock.target)\""
        case .terminateOrchestration(let id, _, _): "the end of \"\(id)\""
        case .rewindOrchestration: "a rewinding"
        case .completeOrchestration: "its end"
        }
    }
}

extension TaskFailure {
    static func notFound(_ kind: String, _ name: String, _ type: String) -> TaskFailure {
        TaskFailure(
            type: type, message: "this worker has no \(kind) \"\(name)\"; register it, or start a worker that has it",
            isRetriable: false)
    }
}
