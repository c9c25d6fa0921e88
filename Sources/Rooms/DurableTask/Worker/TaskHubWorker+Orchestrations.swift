// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import Telemetry

extension TaskHubWorker {
    /// Runs one episode of one instance.
    ///
    /// - Returns: false when nothing more is to be fetched.
    func runNextOrchestration() async throws -> Bool {
        guard let item = try await hub.nextOrchestration(.all, intake) else { return false }
        do {
            try await process(item)
            troubles.withLock { $0[item.instanceID] = nil }
        } catch let error as TaskHubError where error.code == .leaseLost && item.newStart != nil {
            // There is an instance of this id already; whoever started this one finds it.
            await hub.abandon(item, because: nil)
        } catch {
            await holdBack(item, because: error)
            await hub.abandon(item, because: error.isToBlame ? "\(error)" : nil)
            if (error as? TaskHubError)?.code == .ownerChanged { throw error }
        }
        return true
    }

    private func process(_ item: OrchestrationWorkItem) async throws {
        let instance = try await liveInstance(for: item)
        do {
            let turn = instance.orchestrator.advance(item.events)
            let outcome = try await hub.complete(item, with: turn, from: instance.position)
            settle(LiveInstance(orchestrator: instance.orchestrator, position: outcome.position), item, outcome)
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
            return LiveInstance(
                orchestrator: orchestrator(for: beginning), position: .beginning(of: beginning.executionID))
        }
        if let live { return live }
        let history = try await hub.history(for: item)
        let key = ExecutionKey(instanceID: item.instanceID, executionID: history.position.executionID)
        let orchestrator = orchestrator(for: key)
        orchestrator.replay(history.events)
        return LiveInstance(orchestrator: orchestrator, position: history.position)
    }

    private func orchestrator(for key: ExecutionKey) -> Orchestrator {
        Orchestrator(key, registry: registry, log: log) { [escapeReporter] in escapeReporter.yield(key.instanceID) }
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
        let failures = troubles.withLock { troubles in
            troubles[item.instanceID, default: 0] += 1
            return troubles[item.instanceID, default: 1]
        }
        try? await Task.sleep(for: Self.delay(after: failures))
    }
}

extension Error {
    /// Whether the instance, not the hub, is why an item could not be processed.
    fileprivate var isToBlame: Bool {
        guard let error = self as? TaskHubError else { return false }
        return error.code == .corrupt || error.code == .invalid
    }
}
