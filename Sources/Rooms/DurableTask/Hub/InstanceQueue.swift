// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// Which instances have news, in the order in which the news came, and which are being processed.
///
/// Messages that came through this process are kept beside their instance, so that the usual episode reads nothing
/// from the store. The store stays the truth: whenever the memory may be incomplete, `mustLoad` is set.
struct InstanceQueue {
    /// An instance handed out.
    struct Ready {
        var id: String
        var messages: [StoredMessage]
        var mustLoad: Bool
    }

    private struct Slot {
        var messages: [StoredMessage] = []
        var mustLoad = false
        var isInFlight = false
        var isQueued = false

        var hasNews: Bool { mustLoad || !messages.isEmpty }
    }

    /// More messages than this are better read from the store in one go.
    static let messageLimit = 256

    private var slots: [String: Slot] = [:]
    private var order = FIFO<String>()
    private(set) var inFlightCount = 0

    /// How many instances wait to be handed out.
    var waitingCount: Int { order.count }
    var hasNext: Bool { !order.isEmpty }
    var isIdle: Bool { order.isEmpty && inFlightCount == 0 }

    /// A message was stored.
    mutating func arrived(_ message: StoredMessage, for id: String) {
        changeSlot(id) { slot in
            guard !slot.mustLoad else { return }
            slot.messages.append(message)
            if slot.messages.count > Self.messageLimit {
                slot.messages = []
                slot.mustLoad = true
            }
        }
    }

    /// The store has news that the memory does not.
    mutating func mustLoad(_ id: String) {
        changeSlot(id) { slot in
            slot.messages = []
            slot.mustLoad = true
        }
    }

    /// Hands the next instance out.
    mutating func next() -> Ready? {
        guard let id = order.popFirst(), var slot = slots[id] else { return nil }
        let ready = Ready(id: id, messages: slot.messages, mustLoad: slot.mustLoad)
        slot = Slot(isInFlight: true)
        slots[id] = slot
        inFlightCount += 1
        return ready
    }

    /// The instance was processed, or there was nothing to process; later news hand it out again.
    ///
    /// - Parameter mustReload: Whether the store may still have news.
    mutating func finished(_ id: String, mustReload: Bool) {
        guard var slot = slots[id], slot.isInFlight else { return }
        inFlightCount -= 1
        slot.isInFlight = false
        if mustReload {
            slot.messages = []
            slot.mustLoad = true
        }
        slots[id] = slot.hasNews ? slot : nil
        enqueueIfNews(id)
    }

    private mutating func changeSlot(_ id: String, _ change: (inout Slot) -> Void) {
        change(&slots[id, default: Slot()])
        enqueueIfNews(id)
    }

    private mutating func enqueueIfNews(_ id: String) {
        guard let slot = slots[id], slot.hasNews, !slot.isInFlight, !slot.isQueued else { return }
        slots[id]?.isQueued = true
        order.append(id)
    }
}
