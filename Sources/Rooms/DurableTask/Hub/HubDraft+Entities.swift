// Darkroom
// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials

extension EntityWorkItem {
    /// The rows that the item's end is decided over.
    func locks(with turn: EntityTurn) -> HubLocks {
        var locks = HubLocks([instanceID])
        locks.targets.formUnion(operations.compactMap(\.parentInstanceID))
        if let request = plan.lockRequest {
            locks.targets.insert(request.parentInstanceID)
            locks.targets.formUnion(request.lockSet.dropFirst(request.nextPosition).prefix(1))
        }
        for effect in turn.effects {
            switch effect {
            case .signal(let operation): locks.targets.insert(operation.target)
            case .start(let request): locks.subjects.insert(request.id)
            }
        }
        return locks
    }
}

extension HubDraft {
    /// Decides what a batch of operations did to its entity and asks of others.
    ///
    /// - Throws: `leaseLost` when the entity's state is not the one that the operations saw.
    mutating func complete(_ item: EntityWorkItem, with referring: Referring<EntityTurn>) throws {
        let turn = referring.carrier
        guard var head = self[item.instanceID], head.eventCount == item.revision else {
            throw TaskHubError.staleEpisode(item.instanceID)
        }
        guard turn.results.count == item.operations.count else {
            throw TaskHubError(.invalid, "an entity's turn has one result for each of its operations")
        }
        if item.deliveries > 0 {
            clearDeliveries(of: head.id)
            head.deliveries = 0
        }
        head.eventCount += 1
        head.lock = item.plan.lock
        var mustLookAgain = item.plan.mustLookAgain
        if let request = item.plan.lockRequest, !grant(request) {
            head.lock = nil
            // Others were passed over for the sake of one that is gone.
            mustLookAgain = true
        }
        changes.consumed += item.plan.messages
        changes.passedOver += item.plan.passedOver.map { message in
            PassedOverMessage(sequence: message.sequence, sender: message.sender, entity: head.id)
        }
        changes.entityMoves.append(
            EntityMove(id: head.id, time: time, revision: head.eventCount, state: turn.state, lock: head.lock))
        update(head)
        exchangePayloads(of: item, referring)
        for (request, result) in zip(item.plan.operations, turn.results) where request.isCall {
            answer(request.operation, result)
        }
        for effect in turn.effects { perform(effect) }
        if mustLookAgain { news.mustLoad.append(head.news) }
    }

    /// Stores what the operations left and told others, and lets go of what they heard and of the state before: an
    /// entity lives long, and must not keep all that it ever was.
    private mutating func exchangePayloads(of item: EntityWorkItem, _ turn: Referring<EntityTurn>) {
        changes.payloads += turn.payloads
        let (old, new) = (item.storedState, turn.carrier.state)
        if old != new, let row = new.flatMap(PayloadReference.row) {
            changes.payloadUses.append(PayloadUse(row: row, instanceID: item.instanceID))
        }
        let heard = item.plan.operations.map(\.operation.input) + (old == new ? [] : [old])
        changes.droppedPayloadUses += heard.compactMap { $0 }.compactMap(PayloadReference.row).map { row in
            PayloadUse(row: row, instanceID: item.instanceID)
        }
    }

    private mutating func answer(_ operation: EntityOperation, _ result: Result<String?, TaskFailure>) {
        guard let caller = operation.parentInstanceID else { return }
        let kind: HistoryEvent.Kind =
            switch result {
            case .success(let output): .entityOperationCompleted(requestID: operation.requestID, output: output)
            case .failure(let failure): .entityOperationFailed(requestID: operation.requestID, failure: failure)
            }
        deliver(NewMessage(HistoryEvent(at: time, kind), to: caller, run: operation.parentExecutionID))
    }

    /// Hands a lock request on, or tells the requester that it holds all its locks.
    ///
    /// - Returns: false when the requester is gone: a lock that nobody could give back is not taken.
    private mutating func grant(_ request: EntityLockRequest) -> Bool {
        guard let holder = self[request.parentInstanceID], !holder.status.isFinal,
            request.parentExecutionID.map({ $0 == holder.executionID }) ?? true
        else { return false }
        let next = request.nextPosition
        guard next < request.lockSet.count else {
            let event = HistoryEvent(at: time, .entityLockGranted(criticalSectionID: request.criticalSectionID))
            deliver(NewMessage(event, to: holder.id, run: holder.executionID))
            return true
        }
        var request = request
        request.position = next
        deliver(NewMessage(HistoryEvent(at: time, .entityLockRequested(request)), to: request.lockSet[next]))
        return true
    }

    private mutating func perform(_ effect: EntityEffect) {
        switch effect {
        case .signal(let operation): signal(operation)
        case .start(let request):
            let event = ExecutionStarted(request, executionID: UUID.random().uuidString)
            _ = start(NewStart(event: event, replaces: request.replaces))
        }
    }

    /// Asks an entity for something.
    mutating func signal(_ operation: EntityOperation) {
        let visibility = operation.scheduledTime.map { NewMessage.Visibility.at($0) } ?? .now
        let event = HistoryEvent(at: time, .entityOperationSignaled(operation))
        deliver(NewMessage(event, to: operation.target, visibility))
    }

    /// Gives locks back that were asked for, whether they are held already or not.
    mutating func giveBack(_ requests: [EntityLockRequest]) {
        for request in requests {
            for entity in request.lockSet {
                let unlock = EntityUnlock(
                    criticalSectionID: request.criticalSectionID, parentInstanceID: request.parentInstanceID,
                    target: entity)
                deliver(NewMessage(HistoryEvent(at: time, .entityUnlockSent(unlock)), to: entity))
            }
        }
    }

    /// Gives a lock back whose holder is gone.
    mutating func releaseLock(of id: String, heldBy holder: String) {
        guard let lock = self[id]?.lock, lock.holder == holder else { return }
        let unlock = EntityUnlock(criticalSectionID: lock.section, parentInstanceID: holder, target: id)
        deliver(NewMessage(HistoryEvent(at: time, .entityUnlockSent(unlock)), to: id))
    }
}

extension ExecutionStarted {
    /// How an instance begins that is started by a request.
    init(_ request: StartRequest, executionID: String) {
        self.init(
            name: request.name, version: request.version, input: request.input, instanceID: request.id,
            executionID: executionID)
        scheduledStart = request.scheduledStart
        tags = request.tags
        traceContext = request.traceContext
    }
}

extension [HistoryEvent] {
    /// The locks that were asked for and not given back.
    var openLocks: [EntityLockRequest] {
        var requests: [String: EntityLockRequest] = [:]
        for event in self {
            switch event.kind {
            case .entityLockRequested(let request): requests[request.criticalSectionID] = request
            case .entityUnlockSent(let unlock): requests[unlock.criticalSectionID] = nil
            default: break
            }
        }
        return requests.values.sorted { $0.criticalSectionID < $1.criticalSectionID }
    }
}
