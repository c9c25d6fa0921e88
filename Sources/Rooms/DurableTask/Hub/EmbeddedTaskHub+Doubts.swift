// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import FoundationEssentials

/// What the store may hold under this process's leases although nobody works on it.
struct LeaseDoubts {
    /// Leases of which it is not known whether they were stored, with the names of their tasks.
    var leases: [Int64: Set<WorkName>] = [:]
    /// Tasks that could not be given back, and how they are to be.
    var items: [(item: ActivityWorkItem, way: TaskReturn)] = []

    mutating func give(back items: [ActivityWorkItem], _ way: TaskReturn) {
        self.items += items.map { ($0, way) }
    }
}

// When the store fails, nobody knows whether it did what it was asked for.
extension EmbeddedTaskHub {
    /// Makes up for changes that may have been stored: what they touched is read again, who waits looks again.
    func distrust(_ draft: HubDraft) {
        let changes = draft.changes
        var unstored: [PendingResult] = []
        var bells: [Bell] = []
        wake { state in
            for id in draft.news.endedRuns { unstored += state.instances.endRun(id) }
            for id in changes.messages.map(\.id) {
                guard let head = draft[id], draft.isMine(head) else { continue }
                state.instances.mustLoad(head.news)
            }
            for news in draft.news.mustLoad { state.instances.mustLoad(news) }
            for move in changes.moves { bells += state.waiters.takeChanged(move.id, isEnded: true) }
            for id in changes.deletedInstances { bells += state.waiters.takeChanged(id, isEnded: true) }
        }
        for result in unstored { result.waiter.resume(returning: false) }
        for bell in bells { bell.ring() }
        doubt { doubts in
            for task in changes.tasks {
                if let lease = task.lease { doubts.leases[lease, default: []].insert(task.call.workName) }
            }
        }
    }

    /// Notes what may have been left behind, and has ``run()`` look after it and after timers.
    func doubt(_ change: (inout LeaseDoubts) -> Void) {
        state.withLock { change(&$0.doubts) }
        setAlarm(clock.now)
    }

    /// Gives back to the queue what nobody works on.
    func settleDoubts() async throws {
        let doubts = state.withLock { $0.doubts }
        for way in [TaskReturn.inOrder, .unanswered] {
            let items = doubts.items.filter { $0.way == way }.map(\.item)
            if items.isEmpty { continue }
            try await store.giveBack(items, way)
            let settled = Dictionary(items.map { ($0.sequence, $0.lease) }) { $1 }
            wake { state in
                state.doubts.items.removeAll { $0.way == way && settled[$0.item.sequence] == $0.item.lease }
                for item in items { state.activities.markInStore(item.call.workName, upTo: item.call.priority) }
            }
        }
        guard !doubts.leases.isEmpty else { return }
        try await store.giveBack(leases: Set(doubts.leases.keys))
        state.withLock { state in
            for lease in doubts.leases.keys { state.doubts.leases[lease] = nil }
        }
        for name in doubts.leases.values.joined() { offerStored(name, upTo: .max) }
    }
}
