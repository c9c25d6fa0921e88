// Darkroom
// SPDX-License-Identifier: Apache-2.0

import DurableTask
import FoundationEssentials

/// A history as sentences; what says nothing to a person is left out.
func describe(_ history: [HistoryEvent]) -> [RunDetail.Step] {
    var names: [Int: String] = [:]
    return history.compactMap { event in
        if case .taskScheduled(let call) = event.kind { names[event.id] = call.name }
        return sentence(event.kind, names).map { RunDetail.Step(time: event.timestamp, text: $0) }
    }
}

private func sentence(_ kind: HistoryEvent.Kind, _ names: [Int: String]) -> String? {
    switch kind {
    case .orchestratorStarted: nil
    case .executionStarted: "the run began"
    case .executionCompleted(let end): "the run ended: \(end.failure?.message ?? end.result ?? end.status.rawValue)"
    case .executionTerminated(let reason): "somebody asked to end the run: \(reason)"
    case .taskScheduled(let call): "\(call.name) was asked for\(call.tags.map { _ in " again" } ?? "")"
    case .taskCompleted(let id, _): "\(names[id] ?? "a step") is done"
    case .taskFailed(let id, let failure): "\(names[id] ?? "a step") failed: \(failure.message)"
    case .timerCreated(let time): "waits until \(time.formatted(.iso8601))"
    case .timerFired: "waited long enough"
    case .genericEvent(let note): note
    }
}
