// Darkroom
// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials

extension MemoryHubStore.Rows {
    /// Writes changes, table by table.
    mutating func apply(_ changes: HubChanges) -> HubReceipt {
        for id in changes.deletedInstances { delete(id) }
        for instance in changes.newInstances { create(instance) }
        for run in changes.newRuns { begin(run, createdAt: run.createdAt) }
        for run in changes.continued { begin(run, createdAt: nil) }
        for move in changes.moves { instances[move.id]?.apply(move) }
        for head in changes.rewound { rewind(head) }
        for move in changes.entityMoves { instances[move.id]?.apply(move) }
        for flag in changes.flags { instances[flag.id]?.apply(flag) }
        consume(changes)
        passOver(changes.passedOver)
        for id in changes.clearedHistories { instances[id]?.chunks = [] }
        for chunk in changes.history { instances[chunk.id]?.chunks.append(chunk.events) }
        for payload in changes.payloads { payloads[payload.row] = ([], payload.text) }
        for use in changes.payloadUses { payloads[use.row]?.users.insert(use.instanceID) }
        for use in changes.droppedPayloadUses {
            payloads[use.row]?.users.remove(use.instanceID)
            if payloads[use.row]?.users.isEmpty == true { payloads[use.row] = nil }
        }
        for sequence in changes.finishedTasks { tasks[sequence] = nil }
        for id in changes.clearedTasks { clearTasks(of: id) }
        for progress in changes.progress where tasks[progress.sequence]?.item.lease == progress.lease {
            tasks[progress.sequence]?.item.progress = progress.text
        }
        var receipt = HubReceipt()
        receipt.messages = changes.messages.map { deliver($0) }
        receipt.tasks = changes.tasks.map { queue($0) }
        for id in changes.awaited { receipt.ends[id] = instances[id]?.status }
        return receipt
    }

    private mutating func create(_ new: NewInstance) {
        instances[new.head.id] = MemoryHubStore.Instance(
            sequence: nextSequence(), head: new.head, createdAt: new.createdAt, updatedAt: new.createdAt,
            scheduledStart: new.scheduledStart, input: new.input)
    }

    private mutating func begin(_ run: NewInstance, createdAt: Date?) {
        guard let old = instances[run.head.id] else { return }
        var head = run.head
        head.isWatched = old.head.isWatched
        instances[head.id] = MemoryHubStore.Instance(
            sequence: old.sequence, head: head, createdAt: createdAt ?? old.createdAt,
            updatedAt: run.createdAt, scheduledStart: run.scheduledStart, input: run.input,
            customStatus: run.customStatus ?? (createdAt == nil ? old.customStatus : nil), chunks: old.chunks,
            inbox: old.inbox)
    }

    private mutating func rewind(_ head: InstanceHead) {
        instances[head.id]?.head = head
        instances[head.id]?.endedAt = nil
        instances[head.id]?.output = nil
        instances[head.id]?.failure = nil
    }

    mutating func delete(_ id: String) {
        instances[id] = nil
        clearTasks(of: id)
        for row in payloads.keys { payloads[row]?.users.remove(id) }
        payloads = payloads.filter { !$0.value.users.isEmpty }
    }

    private mutating func clearTasks(of id: String) {
        for (sequence, task) in tasks where task.item.instanceID == id { tasks[sequence] = nil }
    }

    private mutating func consume(_ changes: HubChanges) {
        for id in changes.clearedInboxes { instances[id]?.inbox = [] }
        for id in changes.clearedRuns { instances[id]?.inbox.removeAll { $0.message.executionID != nil } }
        let consumed = Set(changes.consumed)
        guard !consumed.isEmpty else { return }
        let ids = changes.moves.map(\.id) + changes.entityMoves.map(\.id) + changes.continued.map(\.head.id)
        for id in ids { instances[id]?.inbox.removeAll { consumed.contains($0.message.sequence) } }
    }

    private mutating func passOver(_ messages: [PassedOverMessage]) {
        for message in messages {
            guard
                let index = instances[message.entity]?.inbox.firstIndex(where: {
                    $0.message.sequence == message.sequence
                })
            else { continue }
            instances[message.entity]?.inbox[index].order = NewMessage.Visibility.passedOver
            instances[message.entity]?.inbox[index].message.executionID = message.sender
        }
    }

    private mutating func deliver(_ message: NewMessage) -> Int64 {
        let stored = StoredMessage(
            sequence: nextSequence(), executionID: message.executionID, event: message.event)
        let order = message.visibility.order
        instances[message.id]?.inbox.append(MemoryHubStore.Letter(message: stored, order: order))
        if order > 0 { timers.insert(TimerOrder.Entry(order: order, sequence: stored.sequence, id: message.id)) }
        return stored.sequence
    }

    private mutating func queue(_ task: NewTask) -> Int64 {
        let sequence = nextSequence()
        var item = ActivityWorkItem(
            sequence: sequence, lease: task.lease ?? 0, deliveries: 0,
            execution: task.execution, (task.id, task.call))
        item.queuedAt = task.time
        item.orchestration = task.orchestration
        tasks[sequence] = MemoryHubStore.QueuedItem(item: item, isFree: task.lease == nil)
        return sequence
    }
}

extension MemoryHubStore.Instance {
    fileprivate mutating func apply(_ move: InstanceMove) {
        head.status = move.status
        head.eventCount = move.position.eventCount
        head.byteCount = move.position.byteCount
        updatedAt = move.time
        customStatus = move.customStatus ?? customStatus
        guard let completion = move.completion else { return }
        endedAt = move.time
        output = completion.result
        failure = completion.failure
    }

    fileprivate mutating func apply(_ move: EntityMove) {
        head.eventCount = move.revision
        head.lock = move.lock
        input = move.state
        updatedAt = move.time
    }

    fileprivate mutating func apply(_ flag: InstanceFlag) {
        switch flag.kind {
        case .watched: head.isWatched = true
        case .parent(let parent): head.parent = parent
        case .parked(let reason):
            head.isParked = reason != nil
            parked = reason
        case .deliveries(let count): head.deliveries = count
        }
    }
}
