// Darkroom
// SPDX-License-Identifier: Apache-2.0

import DurableTask
import FoundationEssentials

/// A history as sentences; what says nothing to a person is left out.
func describe(_ history: [HistoryEvent]) -> [RunDetail.Step] {
    var names: [Int: String] = [:]
    return history.compactMap { event in
        if case .taskScheduled(let call) = event.kind { names[event.id] = call.name }
        if case .subOrchestrationCreated(let call) = event.kind { names[event.id] = call.name }
        return sentence(event.kind, names).map { RunDetail.Step(time: event.timestamp, text: $0) }
    }
}

private func sentence(_ kind: HistoryEvent.Kind, _ names: [Int: String]) -> String? {
    switch kind {
    case .orchestratorStarted: nil
    case .executionStarted: "the run began"
    case .executionCompleted(let end): "the run ended: \(end.failure?.message ?? end.result ?? end.status.rawValue)"
    case .executionTerminated(let reason, _): "somebody asked to end the run: \(reason ?? "no reason given")"
    case .taskScheduled(let call): "\(call.name) was asked for\(call.tags.map { _ in " again" } ?? "")"
    case .taskCompleted(let id, _): "\(names[id] ?? "a step") is done"
    case .taskFailed(let id, let failure): "\(names[id] ?? "a step") failed: \(failure.message)"
    case .timerCreated(let time): "waits until \(time.formatted(.iso8601))"
    case .timerFired: "waited long enough"
    case .genericEvent(let note): note
    case .orchestratorCompleted: nil
    case .executionSuspended(let reason): "somebody made the run hold still: \(reason ?? "no reason given")"
    case .executionResumed(let reason): "somebody let the run go on: \(reason ?? "no reason given")"
    case .executionRewound: "what failed is tried again"
    default: exchange(kind, names)
    }
}

/// What the run said to others, and they to it.
private func exchange(_ kind: HistoryEvent.Kind, _ names: [Int: String]) -> String? {
    switch kind {
    case .subOrchestrationCreated(let call): "started \"\(call.name)\" as \(call.instanceID)"
    case .subOrchestrationCompleted(let id, _): "\(names[id] ?? "a child") is done"
    case .subOrchestrationFailed(let id, let failure): "\(names[id] ?? "a child") failed: \(failure.message)"
    case .eventSent(let event): "told \(event.instanceID) \"\(event.name)\""
    case .eventRaised(let name, _): "heard \"\(name)\""
    case .entityOperationSignaled(let operation), .entityOperationCalled(let operation):
        "asked \(operation.target) to \(operation.operation)"
    case .entityOperationCompleted: "an entity answered"
    case .entityOperationFailed(_, let failure): "an entity failed: \(failure.message)"
    case .entityLockRequested(let request): "asked for the locks of \(request.lockSet.joined(separator: ", "))"
    case .entityLockGranted: "holds the locks"
    case .entityUnlockSent(let unlock): "gave \(unlock.target) back"
    default: nil
    }
}
