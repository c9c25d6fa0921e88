// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import Telemetry

/// The instances that may be what ends their processes: one of them is handed out at a time, so that it is told from
/// its neighbours.
struct LonelyInstances {
    fileprivate(set) var current: String?
    fileprivate var waiting = FIFO<String>()
}

extension EmbeddedTaskHub.State {
    /// Whether a suspicious instance may be handed out; if not, it waits for ``releaseLonely()``.
    fileprivate mutating func admitLonely(_ id: String) -> Bool {
        if lonely.current == id { return true }
        guard lonely.current == nil, !activities.hasSuspect else {
            lonely.waiting.append(id)
            return false
        }
        lonely.current = id
        activities.yieldsToSuspect = true
        return true
    }

    /// An instance is in nobody's hands any more.
    mutating func endLonely(_ id: String) {
        guard lonely.current == id else { return }
        lonely.current = nil
        activities.yieldsToSuspect = false
    }

    /// Lets the next suspicious instance be handed out, once there is nothing suspicious in hand.
    mutating func releaseLonely() {
        guard !lonely.waiting.isEmpty, lonely.current == nil, !activities.hasSuspect else { return }
        if let next = lonely.waiting.popFirst() { instances.finished(next, mustReload: true, mayBeLost: true) }
    }
}

// Work that nobody answers for.
//
// What is handed out from memory is not counted: that would be a write for each step. After a start, or when somebody
// has left it behind, an instance comes from the store; from then on every handing out is counted before it happens,
// until an episode is stored.
extension EmbeddedTaskHub {
    /// Counts that an instance is handed out which somebody may have had and never answered.
    ///
    /// - Returns: nil when it is not to be handed out now.
    func counted(_ page: InboxPage, mayBeLost: Bool) async throws -> InboxPage? {
        let id = page.head.id
        guard mayBeLost || page.head.deliveries > 0, !page.messages.isEmpty else { return page }
        if page.head.deliveries >= configuration.maximumDeliveries {
            let isAside = await setAside(
                id, "it was handed out \(page.head.deliveries) times and never answered; does it end its process?")
            finish(id, mustReload: !isAside)
            return nil
        }
        // Who had it first had it from memory.
        let losses = max(1, page.head.deliveries)
        if losses >= configuration.suspicion, !state.withLock({ $0.admitLonely(id) }) {
            settle(id, areStored: false)
            return nil
        }
        var page = page
        page.head.deliveries = losses + 1
        try await journal.perform(HubLocks([id])) { try $0.count(losses + 1, of: id) }
        return page
    }

    /// Gives the item back; its news are read again from the store.
    public func abandon(_ item: OrchestrationWorkItem, because reason: String?) async {
        if let reason { await noteTrouble(item.instanceID, reason) } else { await uncount(item) }
        finish(item.instanceID, mustReload: true)
    }

    /// Gives the item back undone; its operations are handed out again.
    public func abandon(_ item: EntityWorkItem, because reason: String?) async {
        if let reason {
            log(.warning, "an entity could not be processed", ["entity": item.instanceID, "reason": reason])
        } else {
            await uncount(item.deliveries, of: item.instanceID)
        }
        finish(item.instanceID, mustReload: true)
    }

    /// Takes back what its holder has left behind without a word.
    public func lose(_ item: OrchestrationWorkItem) async {
        finish(item.instanceID, mustReload: true, mayBeLost: true)
    }

    /// Takes back what its holder has left behind without a word.
    public func lose(_ item: EntityWorkItem) async { finish(item.instanceID, mustReload: true, mayBeLost: true) }

    private func uncount(_ item: OrchestrationWorkItem) async { await uncount(item.deliveries, of: item.instanceID) }

    /// What is given back in order is not held against it.
    private func uncount(_ deliveries: Int, of id: String) async {
        guard deliveries > 0 else { return }
        do {
            try await journal.perform(HubLocks([id])) { try $0.count(deliveries - 1, of: id) }
        } catch {
            log(.warning, "what was given back could not be noted", ["instance": id, "error": "\(error)"])
        }
    }

    /// Sets an instance aside that could not be processed time and again.
    private func noteTrouble(_ id: String, _ reason: String) async {
        let count = state.withLock { $0.troubles.note(id) }
        guard count >= configuration.maximumDeliveries else { return }
        _ = await setAside(id, "\(count) attempts to process it failed, the last because: \(reason)")
    }

    /// - Returns: whether the store knows of it.
    private func setAside(_ id: String, _ reason: String) async -> Bool {
        do {
            try await journal.perform(HubLocks([id])) { try $0.park(id, because: reason) }
            state.withLock { $0.troubles.forget(id) }
            metrics?.setAside(.orchestration)
            log(.error, "an instance was set aside", ["instance": id, "reason": reason])
            return true
        } catch {
            log(.error, "an instance could not be set aside", ["instance": id, "error": "\(error)"])
            return false
        }
    }
}

extension HubDraft {
    /// Notes how often an instance was handed out that nobody has answered for.
    fileprivate mutating func count(_ deliveries: Int, of id: String) throws {
        guard let head = self[id] else { throw TaskHubError.notFound(id) }
        set(deliveries, of: head)
    }

    /// Somebody has answered for an instance, or it begins anew.
    mutating func clearDeliveries(of id: String) {
        if let head = self[id], head.deliveries > 0 { set(0, of: head) }
    }

    private mutating func set(_ deliveries: Int, of head: InstanceHead) {
        var head = head
        head.deliveries = deliveries
        update(head)
        changes.flags.append(InstanceFlag(id: head.id, kind: .deliveries(deliveries)))
    }
}
