// Darkroom
// SPDX-License-Identifier: Apache-2.0

public import DurableTask
import FoundationEssentials
import GRPC
import Telemetry

extension GRPCTaskHub {
    /// Waits for an instance with news.
    public func nextOrchestration(_ filter: WorkFilter, _ intake: Intake) async throws -> OrchestrationWorkItem? {
        await orchestrations.next(filter, intake)
    }

    /// The history that came with the item.
    public func history(for item: OrchestrationWorkItem) async throws -> StoredHistory {
        let episode = try held(item)
        return episode.request.history(of: episode.executionID)
    }

    func historyEvents(_ request: Wire.StreamInstanceHistoryRequest) async throws -> [Wire.HistoryEvent] {
        var events: [Wire.HistoryEvent] = []
        try await client.stream("StreamInstanceHistory", request, as: Wire.HistoryChunk.self) { chunks in
            for try await chunk in chunks { events += chunk.events }
        }
        return events
    }

    /// Sends what an episode asks for, until it has arrived.
    ///
    /// An action that the hub does not know ends the instance as failed, and says which; so does a turn that is too
    /// large for the hub.
    public func complete(
        _ item: OrchestrationWorkItem, with turn: OrchestratorTurn, from position: HistoryPosition
    ) async throws -> EpisodeOutcome {
        let episode = try held(item)
        guard position == episode.position else {
            throw TaskHubError(.leaseLost, "the worker remembers another history than the hub has")
        }
        var turn = refusal(of: turn) ?? turn
        var answer = Wire.OrchestratorResponse()
        answer.instanceID = item.instanceID
        answer.actions = turn.actions.map(Wire.OrchestratorAction.init)
        answer.customStatus = turn.customStatus
        answer.completionToken = episode.token
        answer.orchestrationTraceContext = episode.request.orchestrationTraceContext
        try await deliver(answer, .episode, nil) { failure in
            let end = OrchestratorAction(id: -1, .completeOrchestration(Completion(.failed, failure: failure)))
            turn = OrchestratorTurn(actions: [end])
            answer.actions = turn.actions.map(Wire.OrchestratorAction.init)
            answer.customStatus = nil
            return answer
        }
        return EpisodeOutcome(position: .unknown(of: episode.executionID), completion: turn.completion)
    }

    /// Forgets an item that was completed; the hub hands out the next news by itself.
    public func release(_ item: OrchestrationWorkItem) { held.dropEpisode(item.number) }

    /// Gives the item back undone.
    public func abandon(_ item: OrchestrationWorkItem, because reason: String?) async {
        guard let token = held.episode(item.number)?.token else { return }
        held.dropEpisode(item.number)
        await giveBack([(HeldWork.Calls.episode.abandon, token)])
    }

    /// Sends the instance an event that no orchestrator waits for: the protocol has no other way to wake one.
    public func wake(_ instanceID: String, note: String) async throws {
        try await raiseEvent(
            SentEvent(instanceID: instanceID, name: "darkroom.wake", input: nil), ifMissing: .refuse)
    }

    private func held(_ item: OrchestrationWorkItem) throws -> HeldWork.Episode {
        guard let episode = held.episode(item.number) else {
            throw TaskHubError(.leaseLost, "the episode is no longer this worker's")
        }
        return episode
    }
}

extension OrchestrationWorkItem {
    /// The number under which it is held.
    var number: Int64 { messages.first ?? 0 }
}

// What the hub cannot do for an orchestrator.
extension GRPCTaskHub {
    private func refusal(of turn: OrchestratorTurn) -> OrchestratorTurn? {
        var needs: HubCapabilities = turn.patches.isEmpty ? [] : .patches
        for action in turn.actions { needs.formUnion(action.kind.needs) }
        let missing = needs.subtracting(capabilities)
        guard !missing.isEmpty else { return nil }
        let error = MissingCapabilities(capabilities: missing, backend: configuration.backend.name)
        let failure = TaskFailure(type: "MissingCapability", message: error.description, isRetriable: false)
        return OrchestratorTurn(
            actions: [OrchestratorAction(id: -1, .completeOrchestration(Completion(.failed, failure: failure)))],
            customStatus: turn.customStatus)
    }
}

extension OrchestratorAction.Kind {
    fileprivate var needs: HubCapabilities {
        switch self {
        case .signalEntity, .callEntity, .lockEntities, .unlockEntity: .entities
        case .sendEvent: .sendEvent
        case .terminateOrchestration: .terminateAction
        case .scheduleTask, .createTimer, .createSubOrchestration, .rewindOrchestration, .completeOrchestration: []
        }
    }
}
