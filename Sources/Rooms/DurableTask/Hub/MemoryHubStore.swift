// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import FoundationEssentials

/// A store that lives as long as the process: the reference for what every store does.
final class MemoryHubStore: HubStore {
    struct Instance {
        var sequence: Int64
        var head: InstanceHead
        var createdAt: Date
        var updatedAt: Date
        var endedAt: Date?
        var scheduledStart: Date?
        /// The state, when it is an entity.
        var input: String?
        var output: String?
        var customStatus: String?
        var failure: TaskFailure?
        var parked: String?
        var chunks: [String] = []
        var inbox: [Letter] = []
    }

    struct Letter {
        var message: StoredMessage
        var order: Int64

        func isIn(_ part: InboxPart) -> Bool {
            part.orders.contains(order) && part.sender.map { $0 == message.executionID } ?? true
        }
    }

    struct QueuedItem {
        /// Its count of deliveries leaves the present one out.
        var item: ActivityWorkItem
        var isFree: Bool
        var parked: String?
    }

    struct Rows {
        var member: Int64 = 0
        var lastSequence: Int64 = 0
        var instances: [String: Instance] = [:]
        var tasks: [Int64: QueuedItem] = [:]
        var timers = TimerOrder()
        var payloads: [String: (users: Set<String>, text: String)] = [:]

        mutating func nextSequence() -> Int64 {
            lastSequence += 1
            return lastSequence
        }

        /// The tasks that nobody holds, as they would be handed out, the most urgent first.
        func free(_ isMeant: (ActivityWorkItem) -> Bool) -> [ActivityWorkItem] {
            let free = tasks.values.filter { $0.isFree && $0.parked == nil && isMeant($0.item) }
            let items = free.map { task in
                var item = task.item
                item.deliveries += 1
                return item
            }
            return items.sorted { (-$0.call.priority, $0.sequence) < (-$1.call.priority, $1.sequence) }
        }

        mutating func lease(_ item: ActivityWorkItem, _ lease: Int64) -> ActivityWorkItem {
            tasks[item.sequence]?.item.lease = lease
            tasks[item.sequence]?.isFree = false
            var item = item
            item.lease = lease
            return item
        }
    }

    let rows = Lock(Rows())
    let isShared = false

    func join(for duration: Duration) async throws -> Int64 {
        rows.withLock { rows in
            rows.member += 1
            for (sequence, task) in rows.tasks where !task.isFree {
                rows.tasks[sequence]?.isFree = true
                rows.tasks[sequence]?.item.deliveries += 1
            }
            return rows.member
        }
    }

    func commit(
        _ locks: HubLocks, as member: Int64, _ decide: @escaping @Sendable ([String: InstanceHead]) throws -> HubChanges
    ) async throws -> HubReceipt {
        try rows.withLock { rows in
            var heads: [String: InstanceHead] = [:]
            for id in locks.subjects.union(locks.targets) { heads[id] = rows.instances[id]?.head }
            return rows.apply(try decide(heads))
        }
    }

    func status(of id: String) async throws -> InstanceStatus? {
        rows.withLock { rows in rows.instances[id].flatMap { $0.head.isExpected || $0.head.isEntity ? nil : $0.status }
        }
    }

    func list(_ query: InstanceQuery) async throws -> InstancePage {
        let before = query.after.flatMap(Int64.init) ?? .max
        let found = matching(query).filter { $0.sequence < before }.sorted { $0.sequence > $1.sequence }
        let page = found.prefix(query.limit)
        let instances = page.map { instance in
            var status = instance.status
            if !query.includesPayloads {
                status.input = nil
                status.output = nil
            }
            return status
        }
        return InstancePage(
            instances: instances, next: found.count > query.limit ? page.last.map { "\($0.sequence)" } : nil)
    }

    func countByStatus(_ query: InstanceQuery) async throws -> [RuntimeStatus: Int] {
        Dictionary(matching(query).map { ($0.head.status, 1) }, uniquingKeysWith: +)
    }

    private func matching(_ query: InstanceQuery) -> [Instance] {
        rows.withLock { rows in
            rows.instances.values.filter { !$0.head.isEntity && !$0.head.isExpected && query.admits($0.status) }
        }
    }

    func history(of id: String) async throws -> StoredHistory? {
        guard let instance = rows.withLock({ $0.instances[id] }) else { return nil }
        var position = HistoryPosition(
            executionID: instance.head.executionID, eventCount: instance.head.eventCount,
            byteCount: instance.head.byteCount)
        position.parentID = instance.head.parent?.instanceID
        return StoredHistory(position: position, events: try instance.chunks.flatMap { try HistoryText.decode($0) })
    }

    func inbox(of id: String, at time: Date, limit: Int) async throws -> InboxPage? {
        rows.withLock { rows in
            guard let instance = rows.instances[id] else { return nil }
            let letters = instance.head.inbox(at: time).flatMap { part in
                instance.inbox.filter { $0.isIn(part) }
                    .sorted { ($0.order, $0.message.sequence) < ($1.order, $1.message.sequence) }
            }
            return InboxPage(
                head: instance.head, state: instance.input, messages: letters.prefix(limit).map(\.message))
        }
    }

    func children(of id: String) async throws -> [String] {
        rows.withLock { rows in
            rows.instances.values.map(\.head).filter { $0.parent?.instanceID == id && !$0.status.isFinal }.map(\.id)
        }
    }

    func endedChildren(of id: String) async throws -> [String] {
        rows.withLock { rows in
            rows.instances.values.map(\.head).filter { $0.parent?.instanceID == id && $0.status.isFinal }.map(\.id)
        }
    }

    func expected(before time: Date, limit: Int) async throws -> [String] {
        rows.withLock { rows in
            rows.instances.values.filter { $0.head.isExpected && $0.createdAt < time }.prefix(limit).map(\.head.id)
        }
    }

    func ended(_ filter: PurgeFilter, limit: Int) async throws -> [String] {
        rows.withLock { rows in
            let ended = rows.instances.values.filter { filter.admits($0.status) }
            let ordered = ended.sorted { ($0.endedAt ?? .distantPast) < ($1.endedAt ?? .distantPast) }
            return ordered.prefix(limit).map(\.head.id)
        }
    }

    func readyInstances(after sequence: Int64, limit: Int) async throws -> [(sequence: Int64, news: InstanceNews)] {
        rows.withLock { rows in
            let ready = rows.instances.values.filter(\.isAwake).flatMap { instance in
                instance.inbox.filter { $0.order <= 0 && $0.message.sequence > sequence && instance.hears($0) }
                    .map { (sequence: $0.message.sequence, news: instance.news) }
            }
            return Array(ready.sorted { $0.sequence < $1.sequence }.prefix(limit))
        }
    }

    func dueInstances(after begin: Date, until end: Date) async throws -> [InstanceNews] {
        let (begin, end) = (begin.millisecondsSince1970, end.millisecondsSince1970)
        return rows.withLock { rows in
            let instances = rows.instances
            let due = rows.timers.all(after: begin, until: end) { instances.hasTimer($0) }
            return Set(due.map(\.id)).compactMap { instances[$0] }.filter(\.isAwake).map(\.news)
        }
    }

    func nextTimer(after time: Date) async throws -> Date? {
        rows.withLock { rows in
            let instances = rows.instances
            let next = rows.timers.first(after: time.millisecondsSince1970) { instances.hasTimer($0) }
            return next.map { Date(millisecondsSince1970: $0.order) }
        }
    }
}

extension [String: MemoryHubStore.Instance] {
    fileprivate func hasTimer(_ timer: TimerOrder.Entry) -> Bool {
        self[timer.id]?.inbox.contains { $0.message.sequence == timer.sequence } ?? false
    }
}

// The task queue.
extension MemoryHubStore {
    func claimTasks(_ claim: TaskClaim) async throws -> [ActivityWorkItem] {
        rows.withLock { rows in
            let free = rows.free { $0.call.workName == claim.name && $0.call.priority > claim.above ?? .min }
            let trusted = free.filter { $0.deliveries <= claim.suspicion }
            let urgent = trusted.filter { $0.call.priority == trusted[0].call.priority }
            let suspects = claim.takesSuspect ? free.filter { $0.deliveries > claim.suspicion }.prefix(1) : []
            return (Self.inTurn(urgent, claim) + suspects).map { rows.lease($0, claim.lease) }
        }
    }

    /// The tasks of each key up to its share, in the order in which they were queued.
    private static func inTurn(_ tasks: [ActivityWorkItem], _ claim: TaskClaim) -> [ActivityWorkItem] {
        let queues = Dictionary(grouping: tasks, by: \.call.fairnessKey)
        let keys = queues.keys.sorted()
        let next = claim.afterKey.map { last in keys.filter { $0 > last } } ?? []
        let served = (next.isEmpty ? keys : next).prefix(claim.limit)
        return served.flatMap { queues[$0, default: []].prefix(claim.share(of: served.count)) }
            .sorted { $0.sequence < $1.sequence }
    }

    func claimOverdue(at time: Date, limit: Int, lease: Int64) async throws -> [ActivityWorkItem] {
        rows.withLock { rows in
            rows.free { $0.startLimit ?? .distantFuture <= time }.prefix(limit).map { rows.lease($0, lease) }
        }
    }

    func nextStartLimit() async throws -> Date? {
        rows.withLock { rows in rows.free { $0.startLimit != nil }.compactMap(\.startLimit).min() }
    }

    func waitingTaskNames() async throws -> [WorkName: Int] {
        rows.withLock { rows in
            Dictionary(rows.free { _ in true }.map { ($0.call.workName, $0.call.priority) }, uniquingKeysWith: max)
        }
    }

    func giveBack(_ items: [ActivityWorkItem], _ way: TaskReturn) async throws {
        rows.withLock { rows in
            for item in items {
                guard let task = rows.tasks[item.sequence], task.item.lease == item.lease else { continue }
                var given = task.item
                given.progress = item.progress
                given.deliveries += way.loss
                rows.tasks[item.sequence] = QueuedItem(item: given, isFree: true, parked: way.reason)
            }
        }
    }

    func giveBack(leases: Set<Int64>) async throws {
        rows.withLock { rows in
            for (sequence, task) in rows.tasks where leases.contains(task.item.lease) {
                rows.tasks[sequence]?.isFree = true
            }
        }
    }

    func tasks(of id: String) async throws -> [QueuedTask] {
        rows.withLock { rows in
            rows.tasks.values.filter { $0.item.instanceID == id }.map { task in
                QueuedTask(
                    id: task.item.taskID, name: task.item.call.name, queuedAt: task.item.queuedAt,
                    deliveries: task.item.deliveries + (task.isFree ? 0 : 1),
                    lease: task.isFree ? 0 : task.item.lease, parked: task.parked)
            }
        }
    }

    func unparkTasks(of id: String) async throws -> Set<WorkName> {
        rows.withLock { rows in
            let parked = rows.tasks.values.filter { $0.item.instanceID == id && $0.parked != nil }.map(\.item)
            for var item in parked {
                item.deliveries = 0
                rows.tasks[item.sequence] = QueuedItem(item: item, isFree: true)
            }
            return Set(parked.map(\.call.workName))
        }
    }
}

// Large payloads.
extension MemoryHubStore {
    func payload(_ row: String) async throws -> String? { rows.withLock { $0.payloads[row]?.text } }
}

// Entities.
extension MemoryHubStore {
    func entity(_ id: String) async throws -> StoredEntity? {
        rows.withLock { $0.instances[id]?.entity }
    }

    func entities(_ query: EntityQuery) async throws -> EntityPage {
        let before = query.after.flatMap(Int64.init) ?? .max
        let found = rows.withLock { rows in
            rows.instances.values.filter { $0.head.isEntity && $0.sequence < before && query.admits($0) }
                .sorted { $0.sequence > $1.sequence }
        }
        let page = found.prefix(query.limit)
        return EntityPage(
            entities: page.map { $0.entity.status(includesState: query.includesState) },
            next: found.count > query.limit ? page.last.map { "\($0.sequence)" } : nil)
    }

    func entitiesLocked(by id: String) async throws -> [String] {
        rows.withLock { rows in rows.instances.values.map(\.head).filter { $0.lock?.holder == id }.map(\.id) }
    }

    func deleteEmptyEntities(_ ids: [String]) async throws -> Int {
        rows.withLock { rows in
            let empty = ids.filter { id in
                rows.instances[id].map { $0.input == nil && $0.head.lock == nil && $0.inbox.isEmpty } ?? false
            }
            for id in empty { rows.delete(id) }
            return empty.count
        }
    }
}

extension MemoryHubStore.Instance {
    var news: InstanceNews { head.news }

    /// Whether it is to be handed out when there are messages.
    var isAwake: Bool { head.isAwake }

    /// Whether a message is none that a lock keeps waiting.
    func hears(_ letter: MemoryHubStore.Letter) -> Bool {
        head.lock == nil || letter.order != NewMessage.Visibility.passedOver
    }

    var entity: StoredEntity { StoredEntity(head: head, updatedAt: updatedAt, state: input, backlog: inbox.count) }

    var status: InstanceStatus {
        var status = InstanceStatus(
            id: head.id, name: head.name, status: head.status, createdAt: createdAt, updatedAt: updatedAt)
        status.endedAt = endedAt
        status.input = input
        status.output = output
        status.customStatus = customStatus
        status.failure = failure
        status.executionID = head.executionID
        status.version = head.version
        status.tags = head.tags
        status.parentID = head.parent?.instanceID
        status.scheduledStart = scheduledStart
        status.parked = parked
        return status
    }
}

extension InstanceQuery {
    fileprivate func admits(_ instance: InstanceStatus) -> Bool {
        (statuses.isEmpty || statuses.contains(instance.status)) && (name ?? instance.name) == instance.name
            && instance.id.hasPrefix(idPrefix ?? "") && tags.allSatisfy { instance.tags[$0.key] == $0.value }
            && isBetween(createdFrom, instance.createdAt, createdTo)
            && (endedFrom == nil && endedTo == nil
                || isBetween(endedFrom, instance.endedAt ?? .distantFuture, endedTo ?? .distantFuture - 1))
    }
}

extension PurgeFilter {
    fileprivate func admits(_ instance: InstanceStatus) -> Bool {
        guard let ended = instance.endedAt else { return false }
        return statuses.contains(instance.status) && endedBefore.map { ended < $0 } ?? true
            && isBetween(createdFrom, instance.createdAt, createdTo)
    }
}

extension EntityQuery {
    fileprivate func admits(_ entity: MemoryHubStore.Instance) -> Bool {
        (includesTransient || entity.input != nil) && entity.head.id.hasPrefix(idPrefix ?? "")
            && isBetween(updatedFrom, entity.updatedAt, updatedTo)
    }
}

private func isBetween(_ from: Date?, _ time: Date, _ to: Date?) -> Bool {
    (from.map { time >= $0 } ?? true) && (to.map { time <= $0 } ?? true)
}
