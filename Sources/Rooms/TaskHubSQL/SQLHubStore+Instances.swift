// Darkroom
// SPDX-License-Identifier: Apache-2.0

import DurableTask
import FoundationEssentials
import SQL

extension SQLHubStore {
    func status(of id: String) async throws -> InstanceStatus? {
        let select = "SELECT \(InstanceRow.columns(withPayloads: true)) FROM hub_instance WHERE"
        guard dialect.joinsRows else {
            return try await query("\(select) id = ? AND \(InstanceCondition.isKnown)", [.text(id)])
                .first.map(InstanceRow.status)
        }
        return try await statusReader.status(of: id) { ids in
            let rows = try await query("\(select) id = ANY(?) AND \(InstanceCondition.isKnown)", [.texts(ids)])
            return Dictionary(
                uniqueKeysWithValues: rows.map { row in (row.text(0), Result { try InstanceRow.status(row) }) })
        }
    }

    func list(_ query: InstanceQuery) async throws -> InstancePage {
        let condition = InstanceCondition(query, dialect)
        let columns = InstanceRow.columns(withPayloads: query.includesPayloads)
        let before: Int64 = query.after.flatMap(Int64.init) ?? .max
        return try await search { connection in
            let rows = try connection.query(
                """
                SELECT \(columns) FROM hub_instance WHERE sequence < ? AND \(condition.text)
                ORDER BY sequence DESC LIMIT ?
                """, [.integer(before)] + condition.values + [.int(query.limit + 1)])
            let page = rows.prefix(query.limit)
            return InstancePage(
                instances: try page.map(InstanceRow.status),
                next: rows.count > query.limit ? page.last.map { "\(InstanceRow.sequence($0))" } : nil)
        }
    }

    func countByStatus(_ query: InstanceQuery) async throws -> [RuntimeStatus: Int] {
        let condition = InstanceCondition(query, dialect)
        return try await search { connection in
            let rows = try connection.query(
                "SELECT COUNT(*), status FROM hub_instance WHERE \(condition.text) GROUP BY status", condition.values)
            return try Dictionary(uniqueKeysWithValues: rows.map { (try HeadRow.status($0, 1), Int($0.int(0))) })
        }
    }

    func history(of id: String) async throws -> StoredHistory? {
        try await read { [dialect] connection in
            let key = dialect.historyKey
            // Position and events in one statement: between two, another process may append.
            let rows = try connection.query(
                """
                SELECT i.execution_id, i.event_count, i.byte_count, i.parent_id, h.events
                FROM hub_instance i LEFT JOIN hub_history h ON \(key.condition)
                WHERE i.id = ? ORDER BY h.position
                """, [.text(id)])
            guard let first = rows.first else { return nil }
            var position = HistoryPosition(
                executionID: first.text(0), eventCount: Int(first.int(1)), byteCount: Int(first.int(2)))
            position.parentID = first.optionalText(3)
            let events = try rows.compactMap { $0.optionalText(4) }.flatMap { try HistoryText.decode($0) }
            return StoredHistory(position: position, events: events)
        }
    }

    func inbox(of id: String, at time: Date, limit: Int) async throws -> InboxPage? {
        try await read { [dialect] connection in
            let columns = HeadRow.columns(dialect)
            let instance = try connection.query(
                "SELECT \(columns), input FROM hub_instance WHERE id = ?", [.text(id)])
            guard let row = instance.first else { return nil }
            var page = InboxPage(head: try HeadRow.head(row), state: row.optionalText(HeadRow.width), messages: [])
            for part in page.head.inbox(at: time) where page.messages.count < limit {
                let call = InboxRow.reading(part, of: id, limit: limit - page.messages.count)
                page.messages += try connection.query(call.sql, call.parameters).map(InboxRow.message)
            }
            return page
        }
    }

    func children(of id: String) async throws -> [String] {
        try await ids("SELECT id FROM hub_instance WHERE parent_id = ? AND ended_at IS NULL", [.text(id)])
    }

    func endedChildren(of id: String) async throws -> [String] {
        try await ids("SELECT id FROM hub_instance WHERE parent_id = ? AND ended_at IS NOT NULL", [.text(id)])
    }

    func expected(before time: Date, limit: Int) async throws -> [String] {
        try await ids(
            "SELECT id FROM hub_instance WHERE status = ? AND execution_id = '' AND created_at < ? LIMIT ?",
            [.text(RuntimeStatus.pending.rawValue), .time(time), .int(limit)])
    }

    func entitiesLocked(by id: String) async throws -> [String] {
        try await ids("SELECT id FROM hub_instance WHERE lock_holder = ?", [.text(id)])
    }

    func ended(_ filter: PurgeFilter, limit: Int) async throws -> [String] {
        let condition = InstanceCondition(filter)
        return try await ids(
            "SELECT id FROM hub_instance WHERE \(condition.text) ORDER BY ended_at LIMIT ?",
            condition.values + [.int(limit)])
    }

    private func ids(_ sql: String, _ values: [SQLValue]) async throws -> [String] {
        try await query(sql, values).map { $0.text(0) }
    }
}

// What is ready, and when.
extension SQLHubStore {
    func readyInstances(after sequence: Int64, limit: Int) async throws -> [(sequence: Int64, news: InstanceNews)] {
        let isMine = isShared ? "AND i.owner = \(number)" : ""
        return try await query(
            """
            SELECT m.sequence, i.id, i.name, i.version FROM hub_inbox m \(dialect.joinOfInstance)
            WHERE m.sequence > ? AND m.visible_at <= 0 AND i.ended_at IS NULL AND i.parked IS NULL \(isMine)
                AND (m.visible_at <> \(NewMessage.Visibility.passedOver) OR i.lock_holder IS NULL)
            ORDER BY m.sequence LIMIT ?
            """, [.integer(sequence), .int(limit)]
        ).map { (sequence: $0.int(0), news: HeadRow.news($0, from: 1)) }
    }

    func dueInstances(after begin: Date, until end: Date) async throws -> [InstanceNews] {
        let isMine = isShared ? "AND i.owner = \(number)" : ""
        return try await query(
            """
            SELECT DISTINCT i.id, i.name, i.version FROM hub_inbox m \(dialect.joinOfInstance)
            WHERE m.visible_at > 0 AND m.visible_at > ? AND m.visible_at <= ? AND i.parked IS NULL \(isMine)
            """, [.time(begin), .time(end)]
        ).map { HeadRow.news($0) }
    }

    func nextTimer(after time: Date) async throws -> Date? {
        try await query(
            "SELECT MIN(visible_at) FROM hub_inbox WHERE visible_at > 0 AND visible_at > ?", [.time(time)]
        ).first?.optionalTime(0)
    }
}

/// A condition on instances, with the values of its parameters.
struct InstanceCondition {
    /// Orchestrations that were started; entities and what only keeps early events are left out.
    static let isKnown = "execution_id <> ''"

    private(set) var text: String
    private(set) var values: [SQLValue] = []

    init(_ query: InstanceQuery, _ dialect: any SQLHubDialect) {
        text = Self.isKnown
        addStatuses(query.statuses)
        add("name = ?", query.name.map { .text($0) })
        if let prefix = query.idPrefix {
            add("id >= ?", .text(prefix))
            add("id < ?", .text(prefix + "\u{10FFFF}"))
        }
        for (tag, value) in query.tags.sorted(by: { $0.key < $1.key }) {
            text += " AND \(dialect.hasTag)"
            values += [.text(tag), .text(value)]
        }
        add("created_at >= ?", query.createdFrom.map { .time($0) })
        add("created_at <= ?", query.createdTo.map { .time($0) })
        add("ended_at >= ?", query.endedFrom.map { .time($0) })
        add("ended_at <= ?", query.endedTo.map { .time($0) })
    }

    init(_ filter: PurgeFilter) {
        text = "ended_at IS NOT NULL"
        addStatuses(filter.statuses)
        if filter.statuses.isEmpty { text += " AND 1 = 0" }
        add("ended_at < ?", filter.endedBefore.map { .time($0) })
        add("created_at >= ?", filter.createdFrom.map { .time($0) })
        add("created_at <= ?", filter.createdTo.map { .time($0) })
    }

    init(_ query: EntityQuery) {
        text = "execution_id = '' AND id LIKE '@%'"
        if !query.includesTransient { text += " AND input IS NOT NULL" }
        if let prefix = query.idPrefix {
            add("id >= ?", .text(prefix))
            add("id < ?", .text(prefix + "\u{10FFFF}"))
        }
        add("updated_at >= ?", query.updatedFrom.map { .time($0) })
        add("updated_at <= ?", query.updatedTo.map { .time($0) })
    }

    private mutating func addStatuses(_ statuses: Set<RuntimeStatus>) {
        guard !statuses.isEmpty else { return }
        text += " AND status IN (\(statuses.map { _ in "?" }.joined(separator: ", ")))"
        values += statuses.map { .text($0.rawValue) }
    }

    private mutating func add(_ condition: String, _ value: SQLValue?) {
        guard let value else { return }
        text += " AND \(condition)"
        values.append(value)
    }
}
