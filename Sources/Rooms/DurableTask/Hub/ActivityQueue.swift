// Darkroom
// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials

/// The activities that this process holds: queued by name, and handed out under leases.
///
/// A name whose tasks do not fit is marked: its further tasks stay in the store and are claimed once the queue of
/// the name has run dry, or when some of them may be more urgent than what is queued.
struct ActivityQueue {
    /// What a fetch does next.
    enum Step {
        case take(ActivityWorkItem)
        case claim(Claim)
        case wait
    }

    /// What is to be claimed from the store.
    struct Claim: Equatable {
        var name: WorkName
        /// The priority that no stored task exceeds.
        var bound: Int
        /// The priority of what memory has to offer instead.
        var above: Int?
        /// Whether a suspicious task may be among it.
        var takesSuspect: Bool
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

    /// How many empty queues of names are kept for what comes next.
    private static let keptLines = 64

    /// How often a task was lost that is handed out alone.
    private let suspicion: Int
    private var lines: [WorkName: ActivityLine] = [:]
    /// The names that are marked, with the priorities that none of their stored tasks exceeds.
    private var inStore: [WorkName: Int] = [:]
    /// Those of them of which nothing but suspicious tasks was left, while there was one here.
    private var withheld: [WorkName: Int] = [:]
    /// The suspicious tasks that this process has: one, unless another comes by a way of its own.
    private var suspects: Set<Int64> = []
    private var isClaimingSuspect = false
    /// Whether a suspicious instance is in hand instead.
    var yieldsToSuspect = false {
        didSet { releaseWithheld() }
    }
    /// Where the last claim of a name ended that had not room for all keys.
    private var lastKeys: [WorkName: String] = [:]
    /// The queued tasks whose callers do not wait for ever.
    private var startLimits: [Int64: Date] = [:]
    private var leases: [Int64: Lease] = [:]
    private var cancelled: [ObjectIdentifier: [ActivityWorkItem]] = [:]

    init(suspicion: Int = HubConfiguration.suspicion) { self.suspicion = suspicion }

    /// Whether a task may be what ends its processes.
    func isSuspect(_ item: ActivityWorkItem) -> Bool { item.deliveries > suspicion }

    /// Whether a suspicious task is here, or on its way.
    var hasSuspect: Bool { !suspects.isEmpty || isClaimingSuspect }

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
        inStore[name] == nil && withheld[name] == nil && (lines[name]?.count ?? 0) < limit
    }

    /// The store holds tasks of this name that nobody leased, of this priority at the most.
    mutating func markInStore(_ name: WorkName, upTo priority: Int) {
        inStore[name] = max(inStore[name] ?? .min, priority)
    }

    mutating func append(_ item: ActivityWorkItem) {
        lines[item.call.workName, default: ActivityLine()].append(item)
        if let limit = item.startLimit { startLimits[item.sequence] = limit }
        if isSuspect(item) { suspects.insert(item.sequence) }
    }

    /// Whether a fetch with this filter would not wait.
    func hasWork(_ filter: WorkFilter) -> Bool {
        lines.contains { !$0.value.isEmpty && filter.admits($0.key) } || inStore.contains { filter.admits($0.key) }
    }

    /// The next queued task that the filter admits, or a name to claim: one that may have something more urgent, or of
    /// which nothing is queued.
    mutating func next(_ filter: WorkFilter, _ intake: Intake, leasedUntil deadline: Date) -> Step {
        let best = best(filter)
        if let claim = nextClaim(filter, before: best?.rank.priority) { return .claim(claim) }
        guard let name = best?.name, let item = lines[name]?.popFirst() else { return .wait }
        dropIfEmpty(name)
        startLimits[item.sequence] = nil
        leases[item.sequence] = Lease(item: item, deadline: deadline, intake: intake, storedProgress: item.progress)
        return .take(item)
    }

    private mutating func nextClaim(_ filter: WorkFilter, before priority: Int?) -> Claim? {
        if inStore.isEmpty { return nil }
        let found = inStore.first { name, bound in
            guard filter.admits(name) else { return false }
            guard let priority else { return true }
            return lines[name]?.isEmpty ?? true ? bound >= priority : bound > priority
        }
        guard let (name, bound) = found else { return nil }
        inStore[name] = nil
        let takesSuspect = !hasSuspect && !yieldsToSuspect
        if takesSuspect { isClaimingSuspect = true }
        let isDry = lines[name]?.isEmpty ?? true
        return Claim(name: name, bound: bound, above: isDry ? nil : priority, takesSuspect: takesSuspect)
    }

    /// What a store is asked for.
    func taskClaim(for claim: Claim, limit: Int, lease: Int64) -> TaskClaim {
        var task = TaskClaim(claim.name, limit: limit, lease: lease)
        task.above = claim.above
        task.afterKey = lastKeys[claim.name]
        task.takesSuspect = claim.takesSuspect
        task.suspicion = suspicion
        return task
    }

    /// A claim was answered: what it brought is queued, and its name is marked again if there may be more.
    mutating func settle(_ claim: Claim, _ items: [ActivityWorkItem], limit: Int) {
        for item in items { append(item) }
        let trusted = items.filter { !isSuspect($0) }
        let keys = Set(trusted.map(\.call.fairnessKey))
        lastKeys[claim.name] = keys.count >= limit ? keys.max() : nil
        if let priority = trusted.first?.call.priority {
            markInStore(claim.name, upTo: priority)
        } else if !items.isEmpty {
            markInStore(claim.name, upTo: claim.bound)
        } else if let above = claim.above {
            markInStore(claim.name, upTo: above)
        } else if !claim.takesSuspect {
            withheld[claim.name] = claim.bound
        }
        endClaim(claim)
    }

    /// A claim failed: nobody knows what it found.
    mutating func fail(_ claim: Claim) {
        markInStore(claim.name, upTo: claim.bound)
        endClaim(claim)
    }

    private mutating func endClaim(_ claim: Claim) {
        if claim.takesSuspect { isClaimingSuspect = false }
        releaseWithheld()
    }

    /// The next suspicious task may be claimed once there is none here.
    private mutating func releaseWithheld() {
        guard !withheld.isEmpty, !hasSuspect, !yieldsToSuspect else { return }
        for (name, bound) in withheld { markInStore(name, upTo: bound) }
        withheld = [:]
    }

    /// A task is here no more.
    private mutating func forget(_ sequence: Int64) {
        startLimits[sequence] = nil
        if suspects.remove(sequence) != nil { releaseWithheld() }
    }

    /// There may be any number of names and versions in the life of a hub.
    private mutating func dropIfEmpty(_ name: WorkName) {
        if lines.count > Self.keptLines || name.version != nil, lines[name]?.isEmpty == true { lines[name] = nil }
    }

    /// The name whose next task has the highest priority, and is the oldest of these.
    private func best(_ filter: WorkFilter) -> (name: WorkName, rank: ActivityLine.Rank)? {
        var best: (name: WorkName, rank: ActivityLine.Rank)?
        for (name, line) in lines {
            guard let rank = line.rank, filter.admits(name) else { continue }
            if best.map({ rank < $0.rank }) ?? true { best = (name, rank) }
        }
        return best
    }

    /// Takes the queued tasks whose callers do not wait any longer.
    mutating func takeOverdue(at now: Date) -> [ActivityWorkItem] {
        let overdue = Set(startLimits.lazy.filter { $0.value <= now }.map(\.key))
        if overdue.isEmpty { return [] }
        var taken: [ActivityWorkItem] = []
        for name in Array(lines.keys) {
            taken += lines[name]?.remove { overdue.contains($0.sequence) } ?? []
            dropIfEmpty(name)
        }
        for sequence in overdue { forget(sequence) }
        return taken
    }

    /// When the first caller of a queued task stops waiting.
    var firstStartLimit: Date? { startLimits.values.min() }

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
        for name in Set(items.map(\.call.workName)) {
            let removed = lines[name]?.remove { dropped[$0.sequence] == $0.lease } ?? []
            for item in removed { forget(item.sequence) }
        }
        var isAnyRunning = false
        for item in items {
            guard holds(item), let lease = leases.removeValue(forKey: item.sequence) else { continue }
            forget(item.sequence)
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
        for item in taken { forget(item.sequence) }
        return taken
    }

    /// Drops everything; those who run tasks are told.
    mutating func cancelAll() {
        for lease in leases.values { cancelled[ObjectIdentifier(lease.intake), default: []].append(lease.item) }
        lines = [:]
        inStore = [:]
        withheld = [:]
        suspects = []
        startLimits = [:]
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
        defer { forget(item.sequence) }
        return leases.removeValue(forKey: item.sequence)?.item
    }

    /// Takes the leases that ended by `now` away from their holders.
    mutating func takeExpired(at now: Date) -> [ActivityWorkItem] {
        let expired = leases.values.filter { $0.deadline <= now && !$0.isEnding }.map(\.item)
        for item in expired {
            leases[item.sequence] = nil
            forget(item.sequence)
        }
        return expired
    }

    /// When the first lease ends.
    var firstDeadline: Date? { leases.values.lazy.filter { !$0.isEnding }.map(\.deadline).min() }
}

extension WorkFilter {
    fileprivate func admits(_ work: WorkName) -> Bool { admits(work.name, version: work.version) }
}
