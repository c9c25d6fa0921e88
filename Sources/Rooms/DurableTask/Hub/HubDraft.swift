// Darkroom
// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials

/// A change in the making: rows as they are locked and as the requests decided so far leave them, and what is to be
/// written.
///
/// Requests that share a transaction are decided one after the other, each over what the ones before it left.
/// A request checks first and changes then: one that throws has changed nothing.
struct HubDraft: Sendable {
    /// The rows, as the transaction will leave them.
    private(set) var heads: [String: InstanceHead]
    /// What is to be written.
    var changes = HubChanges()
    /// What this process hears once the changes are durable.
    var news = HubNews()
    /// This process's number.
    let owner: Int64
    /// Whether other processes work on the store.
    let isShared: Bool
    /// What this process keeps in memory of what comes into being.
    let kept: KeptWork
    /// When it happens.
    let time: Date

    init(_ heads: [String: InstanceHead], owner: Int64, isShared: Bool, keeping kept: KeptWork, at time: Date) {
        self.heads = heads
        self.owner = owner
        self.isShared = isShared
        self.kept = kept
        self.time = time
    }

    subscript(id: String) -> InstanceHead? { heads[id] }

    /// Whether this process keeps the instance in memory.
    func isMine(_ head: InstanceHead) -> Bool { !isShared || head.owner == owner }

    /// The process that is to keep a new instance in memory; 0 for whoever claims it.
    func keeper(of head: InstanceHead) -> Int64 { isShared && kept.admits(head.route) ? owner : 0 }

    mutating func update(_ head: InstanceHead) { heads[head.id] = head }

    mutating func remove(_ id: String) { heads[id] = nil }
}

/// What follows from a commit inside this process.
struct HubNews: Sendable {
    /// Instances that must be read again from the store.
    var mustLoad: [InstanceNews] = []
    /// Instances whose run ended or was replaced: what memory holds for it is void.
    var endedRuns: [String] = []
    /// Instances that ended although nobody had them in hand.
    var dropped: [String] = []
    /// Instances whose tasks nobody wants any more.
    var cancelled: [String] = []
}

// Messages.
extension HubDraft {
    /// Puts a message into an inbox and lets its owner know.
    ///
    /// What is meant for an instance that has ended, or that does not exist, is dropped; an entity comes into being.
    mutating func deliver(_ message: NewMessage) {
        guard let head = heads[message.id] ?? newEntity(message.id), head.hears(message) else { return }
        var message = message
        // Before it begins, an instance hears its end alone: that must not be behind any number of events.
        if head.status == .pending, message.event.kind.terminates { message.visibility = .early }
        changes.messages.append(message)
        for row in message.event.payloads.compactMap(PayloadReference.row) {
            changes.payloadUses.append(PayloadUse(row: row, instanceID: message.id))
        }
        if !isMine(head) { changes.signals.append(.news(head.news, owner: head.owner)) }
    }

    /// Drops the messages of runs that a later request of the same transaction ended, and payloads that came with what
    /// was declined; to be called once, at the end.
    mutating func dropUnheard() {
        changes.messages.removeAll { message in heads[message.id].map { !$0.hears(message) } ?? true }
        guard !changes.payloads.isEmpty else { return }
        let used = Set(changes.payloadUses.map(\.row))
        changes.payloads.removeAll { !used.contains($0.row) }
    }

    /// Tells the members of instances that nobody keeps: one that looked for them meanwhile has passed over what this
    /// transaction locked.
    mutating func offerUnclaimed(_ locked: Set<String>) {
        guard isShared else { return }
        for head in locked.compactMap({ heads[$0] }) {
            guard head.owner == 0, !head.status.isFinal, !head.isExpected else { continue }
            changes.signals.append(.news(head.news, owner: 0))
        }
    }

    private mutating func newEntity(_ id: String) -> InstanceHead? {
        guard InstanceHead.isEntity(id), let name = EntityName(id: id) else { return nil }
        var head = InstanceHead(id: id, name: name.text, executionID: "", status: .running)
        head.owner = keeper(of: head)
        changes.newInstances.append(NewInstance(head: head, createdAt: time))
        update(head)
        return head
    }
}

extension InstanceHead {
    /// Whether a message is meant for the instance as it stands: it has not ended, and the run is the one.
    fileprivate func hears(_ message: NewMessage) -> Bool {
        !status.isFinal && (message.executionID == nil || message.executionID == executionID || isEntity)
    }
}

/// The name in an entity's id, `@name@key`.
struct EntityName {
    let text: String

    init?(id: String) {
        guard InstanceHead.isEntity(id) else { return nil }
        let parts = id.dropFirst().split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty else { return nil }
        text = String(parts[0])
    }
}
