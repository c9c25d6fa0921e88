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
        case claim(WorkName)
        case wait
    }

    private struct Lease {
        var item: ActivityWorkItem
        var deadline: Date
        var intake: Intake
        /// Whether its result is on the way to the store, so that nobody else may run it.
        var isEnding = false
        /// The progress that the store knows.
        var storedProgress: String?
    }

    private var lines: [WorkName: ActivityLine] = [:]
    private var inStore: Set<WorkName> = []
    private var leases: [Int64: Lease] = [:]
    private var cancelled: [ObjectIdentifier: [ActivityWorkItem]] = [:]

    /// Whether nothing is queued, claimed or running.
    var isIdle: Bool { leases.isEmpty && inStore.isEmpty && lines.values.allSatisfy(\.isEmpty) }

    /// How many tasks are queued in memory.
    var queuedCount: Int { lines.values.reduce(0) { $0 + $1.count } }

    /// How many tasks run.
    var runningCount: Int { leases.count }

    /// How many fetches would find something: queued tasks, and names to claim.
    var offeredCount: Int { lines.values.reduce(inStore.count) { $0 + $1.count } }

    /// Whether a task of this name may be queued in memory: there is room, and none of its elders is in the store.
    func admits(_ name: WorkName, limit: Int) -> Bool {
        !inStore.contains(name) && (lines[name]?.count ?? 0) < limit
    }

    /// The store holds tasks of this name that nobody leased.
    mutating func markInStore(_ name: WorkName) { inStore.insert(name) }

    mutating func append(_ item: ActivityWorkItem) {
        lines[item.call.workName, default: ActivityLine()].append(item)
    }

    /// Whether a fetch with this filter would not wait.
    func hasWork(_ filter: WorkFilter) -> Bool {
        lines.contains { !$0.value.isEmpty && filter.admits($0.key) } || inStore.contains { filter.admits($0) }
    }

    /// The next queued task that the filter admits, else a name to claim.
    mutating func next(_ filter: WorkFilter, _ intake: Intake, leasedUntil deadline: Date) -> Step {
        if let name = nextName(filter), let item = lines[name]?.popFirst() {
            // There may be any number of versions in the life of a hub.
            if name.version != nil, lines[name]?.isEmpty == true { lines[name] = nil }
            leases[item.sequence] = Lease(
                item: item, deadline: deadline, intake: intake, storedProgress: item.progress)
            return .take(item)
        }
        guard let name = inStore.first(where: { filter.admits($0) }) else { return .wait }
        inStore.remove(name)
        return .claim(name)
    }

    /// The name whose next task has the highest priority, and is the oldest of these.
    private func nextName(_ filter: WorkFilter) -> WorkName? {
        var best: (name: WorkName, rank: ActivityLine.Rank)?
        for (name, line) in lines {
            guard let rank = line.rank, filter.admits(name) else { continue }
            if best.map({ rank < $0.rank }) ?? true { best = (name, rank) }
        }
        return best?.name
    }

    /// The tasks of an instance, or of all: those that are queued and those that run.
    func items(of instanceID: String?) -> [ActivityWorkItem] {
        let items = lines.values.flatMap(\.items) + running
        guard let instanceID else { return items }
        return items.filter { $0.instanceID == instanceID }
    }

    /// Drops the queued tasks of an instance and ends the leases of those that run; their holders are told.
    ///
    /// - Returns: whether any of them run.
    mutating func cancel(_ instanceID: String) -> Bool { drop(items(of: instanceID)) }

    /// Drops queued tasks and ends the leases of those that run; their holders are told.
    ///
    /// - Returns: whether any of them run.
    mutating func drop(_ items: [ActivityWorkItem]) -> Bool {
        let dropped = Dictionary(items.map { ($0.sequence, $0.lease) }) { $1 }
        for name in Set(items.map(\.call.workName)) { lines[name]?.remove { dropped[$0.sequence] == $0.lease } }
        var isAnyRunning = false
        for item in items {
            guard holds(item), let lease = leases.removeValue(forKey: item.sequence) else { continue }
            cancelled[ObjectIdentifier(lease.intake), default: []].append(lease.item)
            isAnyRunning = true
        }
        return isAnyRunning
    }

    /// Whether tasks of some names are queued.
    func hasQueued(_ isMeant: (WorkName) -> Bool) -> Bool {
        lines.contains { !$0.value.isEmpty && isMeant($0.key) }
    }

    /// Takes the queued tasks of some names; nobody here will run them.
    mutating func takeQueued(_ isTaken: (WorkName) -> Bool) -> [ActivityWorkItem] {
        var taken: [ActivityWorkItem] = []
        for (name, line) in lines where isTaken(name) {
            taken += line.items
            lines[name] = nil
        }
        return taken
    }

    /// Drops everything; those who run tasks are told.
    mutating func cancelAll() {
        for lease in leases.values { cancelled[ObjectIdentifier(lease.intake), default: []].append(lease.item) }
        lines = [:]
        inStore = []
        leases = [:]
    }

    /// The next running task of an intake whose result nobody wants any more.
    mutating func nextCancellation(_ intake: Intake) -> ActivityWorkItem? {
        guard var items = cancelled[ObjectIdentifier(intake)], !items.isEmpty else { return nil }
        defer { cancelled[ObjectIdentifier(intake)] = items.isEmpty ? nil : items }
        return items.removeFirst()
    }

    /// The intake is closed; nobody will ask for its cancellations.
    mutating func forget(_ intake: Intake) { cancelled[ObjectIdentifier(intake)] = nil }

    /// Whether the item is still leased to its holder.
    func holds(_ item: ActivityWorkItem) -> Bool { leases[item.sequence]?.item.lease == item.lease }

    /// The tasks that run.
    var running: [ActivityWorkItem] { leases.values.map(\.item) }

    /// Moves the end of a lease, and takes note of the progress.
    ///
    /// - Returns: false when the lease was lost.
    mutating func renew(_ item: ActivityWorkItem, until deadline: Date) -> Bool {
        guard holds(item) else { return false }
        leases[item.sequence]?.deadline = deadline
        leases[item.sequence]?.item.progress = item.progress
        return true
    }

    /// What the store does not know yet of the progress of tasks that are held.
    func unstoredProgress(of items: [ActivityWorkItem]) -> [TaskProgress] {
        items.compactMap { item in
            guard holds(item), let lease = leases[item.sequence], let progress = lease.item.progress,
                progress != lease.storedProgress
            else { return nil }
            return TaskProgress(sequence: item.sequence, lease: item.lease, text: progress)
        }
    }

    /// The store knows it now.
    mutating func noteStored(_ progress: [TaskProgress]) {
        for progress in progress where leases[progress.sequence]?.item.lease == progress.lease {
            leases[progress.sequence]?.storedProgress = progress.text
        }
    }

    /// A task has a result: until that is stored, or cannot be, the lease does not end.
    ///
    /// - Returns: false when the lease was lost.
    mutating func beginEnd(of item: ActivityWorkItem) -> Bool {
        guard holds(item) else { return false }
        leases[item.sequence]?.isEnding = true
        return true
    }

    /// The item as it was last renewed; nil when the lease was lost.
    func leased(_ item: ActivityWorkItem) -> ActivityWorkItem? { holds(item) ? leases[item.sequence]?.item : nil }

    /// The task was completed or given back.
    ///
    /// - Returns: the item as it was last renewed; nil when the lease was lost.
    @discardableResult
    mutating func removeLease(_ item: ActivityWorkItem) -> ActivityWorkItem? {
        guard holds(item) else { return nil }
        return leases.removeValue(forKey: item.sequence)?.item
    }

    /// Takes the leases that ended by `now` away from their holders.
    mutating func takeExpired(at now: Date) -> [ActivityWorkItem] {
        let expired = leases.values.filter { $0.deadline <= now && !$0.isEnding }.map(\.item)
        for item in expired { leases[item.sequence] = nil }
        return expired
    }

    /// When the first lease ends.
    var firstDeadline: Date? { leases.values.lazy.filter { !$0.isEnding }.map(\.deadline).min() }
}

/// The queued tasks of one name: by priority, and within a priority in turn by fairness key.
struct ActivityLine {
    /// Where a line stands among others: less is sooner.
    struct Rank: Comparable {
        var priority: Int
        var sequence: Int64

        static func < (left: Rank, right: Rank) -> Bool {
            (-left.priority, left.sequence) < (-right.priority, right.sequence)
        }
    }

    private struct Level {
        var turns = FIFO<String>()
        var queues: [String: FIFO<ActivityWorkItem>] = [:]

        var first: ActivityWorkItem? { turns.first.flatMap { queues[$0]?.first } }
    }

    private var levels: [Int: Level] = [:]
    private(set) var count = 0

    var isEmpty: Bool { count == 0 }

    /// The rank of the task that is next.
    var rank: Rank? {
        guard let priority = levels.keys.max(), let first = levels[priority]?.first else { return nil }
        return Rank(priority: priority, sequence: first.sequence)
    }

    mutating func append(_ item: ActivityWorkItem) {
        let key = item.call.fairnessKey
        var level = levels.removeValue(forKey: item.call.priority) ?? Level()
        if level.queues[key] == nil { level.turns.append(key) }
        level.queues[key, default: FIFO()].append(item)
        levels[item.call.priority] = level
        count += 1
    }

    mutating func popFirst() -> ActivityWorkItem? {
        guard let priority = levels.keys.max(), var level = levels.removeValue(forKey: priority),
            let key = level.turns.popFirst(), var queue = level.queues.removeValue(forKey: key),
            let item = queue.popFirst()
        else { return nil }
        if !queue.isEmpty {
            level.queues[key] = queue
            level.turns.append(key)
        }
        if !level.queues.isEmpty { levels[priority] = level }
        count -= 1
        return item
    }

    /// All that is queued, in the order of its queues.
    var items: [ActivityWorkItem] { levels.values.flatMap { $0.queues.values.flatMap(\.all) } }

    /// Drops tasks.
    mutating func remove(where isDropped: (ActivityWorkItem) -> Bool) {
        guard items.contains(where: isDropped) else { return }
        var rest = self
        self = ActivityLine()
        while let item = rest.popFirst() {
            if !isDropped(item) { append(item) }
        }
    }
}

extension WorkFilter {
    fileprivate func admits(_ work: WorkName) -> Bool { admits(work.name, version: work.version) }
}
