// Darkroom
// SPDX-License-Identifier: Apache-2.0

import DurableTask
import FoundationEssentials

extension Wire.OrchestratorRequest {
    /// What tells the run apart, in every episode the same.
    ///
    /// A hub that names no runs has at least the time at which each began.
    var runID: String {
        for case .executionStarted(let start)? in events.map(\.kind) {
            if let id = start.orchestrationInstance?.executionID.ifNotEmpty { return id }
        }
        if let id = executionID.ifNotEmpty { return id }
        for event in events {
            if case .orchestratorStarted = event.kind {
                return "\(event.timestamp.orBeginning.millisecondsSince1970)"
            }
        }
        return ""
    }

    /// The orchestration's name; nil when neither history nor news tell.
    var name: String? {
        for case .executionStarted(let start)? in events.map(\.kind) { return start.name }
        return nil
    }

    /// The news as events of the house, with the run that they belong to.
    func news(of run: String) -> [HistoryEvent] {
        newEvents.compactMap(HistoryEvent.init).map { $0.naming(instanceID, run) }
    }

    /// The history as events of the house.
    func history(of run: String) -> StoredHistory {
        StoredHistory(
            position: HistoryPosition(executionID: run, eventCount: pastEvents.count, byteCount: 0),
            events: pastEvents.compactMap(HistoryEvent.init).map { $0.naming(instanceID, run) })
    }

    /// Whether the history is left out because the hub takes this worker to remember it.
    var expectsMemory: Bool { properties["IncludeState"]?.kind == .flag(false) }

    private var events: LazySequence<FlattenSequence<[[Wire.HistoryEvent]]>> { [pastEvents, newEvents].joined().lazy }
}

extension HistoryEvent {
    /// The event with instance and run where a hub left them out.
    fileprivate func naming(_ instanceID: String, _ run: String) -> HistoryEvent {
        guard case .executionStarted(var start) = kind else { return self }
        if start.instanceID.isEmpty { start.instanceID = instanceID }
        start.executionID = run
        return HistoryEvent(id: id, at: timestamp, .executionStarted(start))
    }
}

extension Wire.OrchestratorRequest {
    /// The answer to a request to rewind; nil when the episode is an ordinary one.
    ///
    /// The hub leaves it to the worker to say what remains of a failed history.
    var rewinding: Wire.OrchestratorAction? {
        let run = runID
        for case .executionRewound(let request) in news(of: run).map(\.kind) {
            let fresh = UUID().uuidString.lowercased()
            guard let history = history(of: run).events.rewound(by: request, executionID: fresh) else {
                return nil
            }
            return Wire.OrchestratorAction(
                id: -1, kind: .rewindOrchestration(.init(newHistory: history.map(Wire.HistoryEvent.init))))
        }
        return nil
    }
}
