// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import Telemetry

extension TaskHubWorker {
    /// Runs one episode of one instance.
    ///
    /// - Returns: false when nothing more is to be fetched.
    func runNextOrchestration() async throws -> Bool {
        guard let item = try await hub.nextOrchestration(configuration.filter(registry.orchestrationNames), intake)
        else { return false }
        do {
            try await process(item)
            troubles.withLock { $0.forget(item.instanceID) }
        } catch let error as TaskHubError where error.code == .leaseLost && item.newStart != nil {
            // There is an instance of this id already; whoever started this one finds it.
            await hub.abandon(item, because: nil)
        } catch is VersionRefused {
            await leaveToOthers(item)
        } catch {
            await holdBack(item, because: error)
            await hub.abandon(item, because: error.isToBlame ? "\(error)" : nil)
            if (error as? TaskHubError)?.code == .ownerChanged { throw error }
        }
        return true
    }

    private func process(_ item: OrchestrationWorkItem) async throws {
        var instance: LiveInstance
        do {
            instance = try await liveInstance(for: item)
        } catch let refused as VersionRefused where configuration.versioning.mismatch == .fail {
            let outcome = try await hub.complete(item, with: refused.turn, from: refused.position)
            report(refused.trace, item, refused.turn, outcome)
            return hub.release(item)
        }
        do {
            let plain = instance.orchestrator.advance(item.events)
            let turn = instance.trace?.handOn(plain) ?? plain
            let outcome = try await hub.complete(item, with: turn, from: instance.position)
            instance.position = outcome.position
            report(instance.trace, item, turn, outcome)
            settle(instance, item, outcome)
        } catch {
            instance.orchestrator.close()
            throw error
        }
        hub.release(item)
    }

    /// The instance as it waits in memory, or replayed from its history.
    private func liveInstance(for item: OrchestrationWorkItem) async throws -> LiveInstance {
        let live = live.withLock { $0.take(item.instanceID) }
        if let beginning = item.beginsExecution {
            live?.orchestrator.close()
            let position = HistoryPosition.beginning(of: beginning.executionID)
            try checkVersion(in: item.events, beginning, position)
            return LiveInstance(
                orchestrator: orchestrator(for: beginning), position: position,
                trace: RunTrace(of: beginning, item.events, isRecorded: spans != nil))
        }
        if let live { return live }
        let history = try await hub.history(for: item)
        let key = ExecutionKey(instanceID: item.instanceID, executionID: history.position.executionID)
        try checkVersion(in: history.events, key, history.position)
        let orchestrator = orchestrator(for: key)
        orchestrator.replay(history.events)
        return LiveInstance(
            orchestrator: orchestrator, position: history.position,
            trace: RunTrace(of: key, history.events, isRecorded: spans != nil))
    }

    /// Hands over the spans that ended with an episode, now that it is stored.
    private func report(
        _ trace: RunTrace?, _ item: OrchestrationWorkItem, _ turn: OrchestratorTurn,
        _ outcome: EpisodeOutcome
    ) {
        guard let spans, let trace else { return }
        for span in trace.stored(item.events, turn, outcome.completion, at: hub.clock.now) { spans(span) }
    }

    private func orchestrator(for key: ExecutionKey) -> Orchestrator {
        Orchestrator(key, registry: registry, childVersion: configuration.versioning.childVersion, log: log) {
            [escapeReporter] in escapeReporter.yield(key.instanceID)
        }
    }

    private func settle(_ instance: LiveInstance, _ item: OrchestrationWorkItem, _ outcome: EpisodeOutcome) {
        guard let completion = outcome.completion else {
            let leaving = live.withLock { $0.put(instance, item.instanceID) }
            for instance in leaving { instance.orchestrator.close() }
            return
        }
        instance.orchestrator.close()
        if let failure = completion.failure {
            log(.info, "an instance failed", ["instance": item.instanceID, "failure": "\(failure)"])
        }
    }

    /// Waits before an item that cannot be processed is tried again: the longer, the more often it failed.
    private func holdBack(_ item: OrchestrationWorkItem, because error: any Error) async {
        if (error as? TaskHubError)?.code == .leaseLost {
            log(.info, "an episode came too late", ["instance": item.instanceID])
        } else {
            log(.error, "an episode could not be processed", ["instance": item.instanceID, "error": "\(error)"])
        }
        let failures = troubles.withLock { $0.note(item.instanceID) }
        await configuration.pause(Self.delay(after: failures))
    }
}

extension TaskHubWorker {
    /// The names of the events that an instance waits for, found by a replay.
    ///
    /// - Returns: nil when the worker does not run such instances.
    @Sendable
    func awaitedEvents(of key: ExecutionKey, _ history: [HistoryEvent]) -> [String]? {
        guard let start = history.start, registry.orchestration(named: start.name) != nil,
            configuration.versioning.admits(start.version)
        else { return nil }
        let orchestrator = Orchestrator(
            key, registry: registry, childVersion: configuration.versioning.childVersion, log: .silent)
        defer { orchestrator.close() }
        orchestrator.replay(history)
        return orchestrator.awaitedEvents
    }
}

// Instances of versions that this worker does not run.
extension TaskHubWorker {
    /// How long a refused instance is held, so that refusing it again and again costs little.
    private static let refusalPause = Duration.seconds(1)

    private func checkVersion(in events: [HistoryEvent], _ key: ExecutionKey, _ position: HistoryPosition) throws {
        for case .executionStarted(let start) in events.lazy.map(\.kind) {
            if configuration.versioning.admits(start.version) { return }
            throw VersionRefused(
                position: position, failure: configuration.versioning.failure(for: start.version),
                trace: RunTrace(of: key, events, isRecorded: spans != nil))
        }
    }

    /// Gives the item back after a pause that does not hold the lane up.
    private func leaveToOthers(_ item: OrchestrationWorkItem) async {
        // Whoever starts it waits for it to be stored.
        if item.newStart != nil { return await hub.abandon(item, because: nil) }
        log(.debug, "an instance of another version is left to other workers", ["instance": item.instanceID])
        refusals.withLock { $0.append(Refusal(item: item, until: .now + Self.refusalPause)) }
        refusalBell.ring()
    }

    /// Gives back what was refused once its pause is over.
    func returnRefused() async {
        while !Task.isCancelled {
            guard let refusal = refusals.withLock({ $0.popFirst() }) else {
                await refusalBell.wait()
                continue
            }
            try? await Task.sleep(until: refusal.until)
            await hub.abandon(refusal.item, because: nil)
        }
        while let refusal = refusals.withLock({ $0.popFirst() }) { await hub.abandon(refusal.item, because: nil) }
    }

    /// An item that another worker may take, and when it is given back.
    struct Refusal {
        var item: OrchestrationWorkItem
        var until: ContinuousClock.Instant
    }
}

/// The worker does not run instances of a version.
private struct VersionRefused: Error {
    var position: HistoryPosition
    var failure: TaskFailure
    var trace: RunTrace?

    /// The end of the instance, for workers that do not leave it to others.
    var turn: OrchestratorTurn {
        OrchestratorTurn(actions: [
            OrchestratorAction(id: -1, .completeOrchestration(Completion(.failed, failure: failure)))
        ])
    }
}

extension Error {
    /// Whether the instance, not the hub, is why an item could not be processed.
    fileprivate var isToBlame: Bool {
        guard let error = self as? TaskHubError else { return false }
        return error.code == .corrupt || error.code == .invalid
    }
}
