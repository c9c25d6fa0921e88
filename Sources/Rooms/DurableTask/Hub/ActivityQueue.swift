// Darkroom
// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials

/// The activities that this process holds: queued by name, and handed out under leases.
///
/// A name whose tasks do not fit is marked: its further tasks stay in the store and are claimed once the queue of
/// the name has run dry.
struct ActivityQueue {
    /// What a fetch does next.
    enum Step {
        case take(ActivityWorkItem)
        case claim(name: String)
        case wait
    }

    private struct Lease {
        var item: ActivityWorkItem
        var deadline: Date
    }

    private var queues: [String: FIFO<ActivityWorkItem>] = [:]
    private var inStore: Set<String> = []
    private var leases: [Int64: Lease] = [:]

    /// Whether nothing is queued, claimed or running.
    var isIdle: Bool { leases.isEmpty && inStore.isEmpty && queues.values.allSatisfy(\.isEmpty) }

    /// Whether a task of this name may be queued in memory: there is room, and none of its elders is in the store.
    func admits(_ name: String, limit: Int) -> Bool {
        !inStore.contains(name) && (queues[name]?.count ?? 0) < limit
    }

    /// The store holds tasks of this name that nobody leased.
    mutating func markInStore(_ name: String) { inStore.insert(name) }

    mutating func append(_ item: ActivityWorkItem) {
        queues[item.call.name, default: FIFO()].append(item)
    }

    /// Whether a fetch with this filter would not wait.
    func hasWork(_ filter: ActivityFilter) -> Bool {
        queues.contains { !$0.value.isEmpty && filter.admits($0.key) } || inStore.contains { filter.admits($0) }
    }

    /// The oldest queued task that the filter admits, else a name to claim.
    mutating func next(_ filter: ActivityFilter, leasedUntil deadline: Date) -> Step {
        if let name = oldestName(filter), let item = queues[name]?.popFirst() {
            leases[item.sequence] = Lease(item: item, deadline: deadline)
            return .take(item)
        }
        guard let name = inStore.first(where: { filter.admits($0) }) else { return .wait }
        inStore.remove(name)
        return .claim(name: name)
    }

    private func oldestName(_ filter: ActivityFilter) -> String? {
        var oldest: (name: String, sequence: Int64)?
        for (name, queue) in queues {
            guard let sequence = queue.first?.sequence, filter.admits(name) else { continue }
            if sequence < oldest?.sequence ?? .max { oldest = (name, sequence) }
        }
        return oldest?.name
    }

    /// Whether the item is still leased to its holder.
    func holds(_ item: ActivityWorkItem) -> Bool { leases[item.sequence]?.item.lease == item.lease }

    /// Moves the end of a lease.
    ///
    /// - Returns: false when the lease was lost.
    mutating func renew(_ item: ActivityWorkItem, until deadline: Date) -> Bool {
        guard holds(item) else { return false }
        leases[item.sequence]?.deadline = deadline
        return true
    }

    /// The task was completed or given back.
    mutating func removeLease(_ item: ActivityWorkItem) {
        if holds(item) { leases[item.sequence] = nil }
    }

    /// Takes the leases that ended by `now` away from their holders.
    mutating func takeExpired(at now: Date) -> [ActivityWorkItem] {
        let expired = leases.values.filter { $0.deadline <= now }.map(\.item)
        for item in expired { leases[item.sequence] = nil }
        return expired
    }

    /// When the first lease ends.
    var firstDeadline: Date? { leases.values.lazy.map(\.deadline).min() }
}
