// Darkroom
// SPDX-License-Identifier: Apache-2.0

package import FoundationEssentials

extension HistoryEvent {
    /// The event that records an action.
    ///
    /// Nil for actions that history does not record.
    package init?(recording action: OrchestratorAction, at time: Date) {
        guard let kind = Kind(recording: action.kind) else { return nil }
        self.init(id: action.id, at: time, kind)
    }
}

extension HistoryEvent.Kind {
    fileprivate init?(recording action: OrchestratorAction.Kind) {
        switch action {
        case .scheduleTask(let call): self = .taskScheduled(call)
        case .createTimer(let fireAt): self = .timerCreated(fireAt: fireAt)
        case .createSubOrchestration(let call): self = .subOrchestrationCreated(call)
        case .sendEvent(let event): self = .eventSent(event)
        case .signalEntity(let operation): self = .entityOperationSignaled(operation)
        case .callEntity(let operation): self = .entityOperationCalled(operation)
        case .lockEntities(let request): self = .entityLockRequested(request)
        case .unlockEntity(let unlock): self = .entityUnlockSent(unlock)
        case .completeOrchestration(let completion): self = .executionCompleted(completion)
        case .terminateOrchestration, .rewindOrchestration: return nil
        }
    }
}
