// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// The queued tasks of one name: by priority, and within a priority in turn by fairness key.
struct ActivityLine {
    /// Where a line stands among others: less is sooner.
    struct Rank: Comparable {
        var priority: Int
        var sequence: Int64

        static func < (left: Rank, right: Rank) -> Bool {
            (right.priority, left.sequence) < (left.priority, right.sequence)
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
    ///
    /// - Returns: those that were there.
    @discardableResult
    mutating func remove(where isDropped: (ActivityWorkItem) -> Bool) -> [ActivityWorkItem] {
        let dropped = items.filter(isDropped)
        if dropped.isEmpty { return [] }
        var rest = self
        self = ActivityLine()
        while let item = rest.popFirst() {
            if !isDropped(item) { append(item) }
        }
        return dropped
    }
}
