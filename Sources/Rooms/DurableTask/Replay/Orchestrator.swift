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

    /// A run that has seen nothing yet.
    ///
    /// - Parameter reportEscape: Called at most once, on any thread, when awaited work came back that the engine
    ///   does not know: the instance needs another episode to be ended.
    package init(
        _ execution: ExecutionKey, registry: TaskRegistry, log: Log,
        reportEscape: @escaping @Sendable () -> Void = {}
    ) {
        self.registry = registry
        executor = ReplayExecutor(reportEscape: reportEscape)
        core = ReplayCore(
            instanceID: execution.instanceID, executionID: execution.executionID, executor: executor, log: log)
    }

    /// Feeds what was recorded; the orchestrator runs as it did then.
    package func replay(_ past: [HistoryEvent]) {
        for event in past { apply(event, isReplaying: true) }
    }

    /// Feeds what is new and returns what the orchestrator wants done about it.
    package func advance(_ new: [HistoryEvent]) -> OrchestratorTurn {
        for event in new { apply(event, isReplaying: false) }
        if executor.hasEscape || (core.completion == nil && !core.isWaiting && hasStarted) { fail(.escapedWork) }
        return core.takeTurn()
    }

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

    private func apply(_ event: HistoryEvent, isReplaying: Bool) {
        switch event.kind {
        case .orchestratorStarted:
            checkEpisodeIsRecorded()
            core.begin(at: event.timestamp, isReplaying: isReplaying)
        case .executionStarted(let start): begin(start)
        case .executionCompleted(let completion): confirm(completion)
        case .executionTerminated(let reason, _): end(Completion(.terminated, result: reason))
        case .taskScheduled(let call): confirm(event.id, "activity \"\(call.name)\"")
        case .timerCreated: confirm(event.id, OrchestratorAction.timerName)
        case .taskCompleted(let id, let result): resolve(id, .success(result))
        case .taskFailed(let id, let failure): resolve(id, .failure(failure))
        case .timerFired(let id, _): resolve(id, .success(nil))
        default: break
        }
    }

    private func begin(_ start: ExecutionStarted) {
        guard !hasStarted, core.completion == nil else { return }
        guard let body = registry.orchestration(named: start.name) else {
            return fail(.notFound("orchestration", start.name, TaskFailure.EngineType.orchestrationNotFound))
        }
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
        executor.run { core.resolve(id, result) }
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
        failAsChanged("history records action \(id) as \(recorded), \(instead)")
    }

    private func confirm(_ recorded: Completion) {
        guard let completion = core.completion else {
            if recorded.status == .completed { failAsChanged("history records its end, the orchestrator goes on") }
            return
        }
        if completion.status != recorded.status {
            failAsChanged("history records its end as \(recorded.status), it now ends as \(completion.status)")
        }
    }

    /// Everything an episode asks for is recorded before the next one begins.
    private func checkEpisodeIsRecorded() {
        if core.completion != nil {
            failAsChanged("the orchestrator ends where history goes on")
        } else if let action = core.firstPending {
            failAsChanged("the orchestrator asks for \(action.kind.name) as action \(action.id), history does not")
        }
    }

    private func failAsChanged(_ difference: String) {
        if core.completion?.failure?.type == TaskFailure.EngineType.nonDeterminism { return }
        fail(
            TaskFailure(
                type: TaskFailure.EngineType.nonDeterminism,
                message: """
                    \(difference): the orchestrator was changed while this instance ran, or depends on something \
                    other than its context; restart the instance, or run the version that it was started with
                    """,
                isRetriable: false))
    }
}

extension OrchestratorAction {
    static let timerName = "a timer"
}

extension OrchestratorAction.Kind {
    /// What is compared with history, and shown when it differs.
    var name: String {
        switch self {
        case .scheduleTask(let call): "activity \"\(call.name)\""
        case .createTimer: OrchestratorAction.timerName
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
