// Darkroom
// SPDX-License-Identifier: Apache-2.0

import DurableTask
import FoundationEssentials
import SQL

/// A row of the instance table, as decisions see it.
enum HeadRow {
    static func columns(_ dialect: any SQLHubDialect) -> String {
        """
        id, name, execution_id, version, status, event_count, byte_count, \(dialect.liveOwner), parent, tags,
        lock_holder, lock_section, watched, parked IS NOT NULL, deliveries
        """
    }

    /// How many columns that are.
    static let width = 15

    /// Statements that lock rows in the order of their ids, so that no two processes wait for each other, and read
    /// them.
    static func reading(_ locks: HubLocks, _ dialect: any SQLHubDialect) -> [SQLCall] {
        [(locks.subjects, dialect.lockSubject), (locks.targets, dialect.lockTarget)].flatMap { ids, lock in
            let select = "SELECT \(columns(dialect)) FROM hub_instance WHERE id = "
            if ids.isEmpty { return [SQLCall]() }
            if dialect.joinsRows { return [SQLCall(select + "ANY(?) ORDER BY id" + lock, [.texts(ids.sorted())])] }
            return ids.sorted().map { SQLCall(select + "?" + lock, [.text($0)]) }
        }
    }

    /// The heads in the answers, by id.
    static func heads(_ answers: some Sequence<[SQLRow]>) throws -> [String: InstanceHead] {
        var heads: [String: InstanceHead] = [:]
        for row in answers.joined() { heads[row.text(0)] = try head(row) }
        return heads
    }

    static func head(_ row: SQLRow) throws -> InstanceHead {
        var head = InstanceHead(
            id: row.text(0), name: row.text(1), executionID: row.text(2), status: try status(row, 4))
        head.version = row.optionalText(3)
        head.eventCount = Int(row.int(5))
        head.byteCount = Int(row.int(6))
        head.owner = row.int(7)
        head.parent = try row.optionalText(8).map {
            try Payload.decode(ParentInstance.self, from: $0, what: "a parent")
        }
        head.tags = try tags(row, 9) ?? [:]
        if let holder = row.optionalText(10) { head.lock = EntityLock(holder: holder, section: row.text(11)) }
        head.isWatched = row.int(12) != 0
        head.isParked = row.int(13) != 0
        head.deliveries = Int(row.int(14))
        return head
    }

    /// Word of an instance's news, from a row with its id, name and version.
    static func news(_ row: SQLRow, from column: Int = 0) -> InstanceNews {
        InstanceNews(id: row.text(column), name: row.text(column + 1), version: row.optionalText(column + 2))
    }

    static func status(_ row: SQLRow, _ column: Int) throws -> RuntimeStatus {
        guard let status = RuntimeStatus(rawValue: row.text(column)) else {
            throw TaskHubError(
                .corrupt, "instance \"\(row.text(0))\" has an unknown status \"\(row.text(column))\"")
        }
        return status
    }

    static func tags(_ row: SQLRow, _ column: Int) throws -> [String: String]? {
        try row.optionalText(column).map { try Payload.decode([String: String].self, from: $0, what: "tags") }
    }
}

/// A row of the instance table, as clients see it.
enum InstanceRow {
    /// The columns, with or without the big ones.
    static func columns(withPayloads: Bool) -> String {
        """
        id, name, status, created_at, updated_at, ended_at, custom_status, failure, sequence, execution_id, version,
        tags, parent_id, scheduled_start, parked, \(withPayloads ? "input, output" : "NULL, NULL")
        """
    }

    static func sequence(_ row: SQLRow) -> Int64 { row.int(8) }

    static func status(_ row: SQLRow) throws -> InstanceStatus {
        var instance = InstanceStatus(
            id: row.text(0), name: row.text(1), status: try HeadRow.status(row, 2), createdAt: row.time(3),
            updatedAt: row.time(4))
        instance.endedAt = row.optionalTime(5)
        instance.customStatus = row.optionalText(6)
        instance.failure = try row.optionalText(7).map {
            try Payload.decode(TaskFailure.self, from: $0, what: "a failure")
        }
        instance.executionID = row.text(9)
        instance.version = row.optionalText(10)
        instance.tags = try HeadRow.tags(row, 11) ?? [:]
        instance.parentID = row.optionalText(12)
        instance.scheduledStart = row.optionalTime(13)
        instance.parked = row.optionalText(14)
        instance.input = row.optionalText(15)
        instance.output = row.optionalText(16)
        return instance
    }
}

/// A row of an inbox.
enum InboxRow {
    /// The statement that reads a part of an instance's inbox.
    static func reading(_ part: InboxPart, of id: String, limit: Int) -> SQLCall {
        let select = "SELECT sequence, execution_id, event FROM hub_inbox WHERE instance_id = ?"
        guard let sender = part.sender else {
            return SQLCall(
                "\(select) AND visible_at >= ? AND visible_at <= ? ORDER BY visible_at, sequence LIMIT ?",
                [.text(id), .integer(part.orders.lowerBound), .integer(part.orders.upperBound), .int(limit)])
        }
        // The number stands in the text: the index is for it alone.
        return SQLCall(
            """
            \(select) AND execution_id = ? AND visible_at = \(NewMessage.Visibility.passedOver)
            ORDER BY sequence LIMIT ?
            """, [.text(id), .text(sender), .int(limit)])
    }

    static func message(_ row: SQLRow) throws -> StoredMessage {
        StoredMessage(
            sequence: row.int(0), executionID: row.optionalText(1), event: try HistoryText.decodeEvent(row.text(2)))
    }
}

/// A row of the task queue.
enum TaskRow {
    static let columns = """
        sequence, lease, deliveries, instance_id, execution_id, task_id, name, input, tags, version, orchestration,
        queued_at, progress
        """

    /// From a row that begins with name and version.
    static func workName(_ row: SQLRow) -> WorkName { WorkName(row.text(0), version: row.optionalText(1)) }

    /// From a row of name, version and priority.
    static func signal(_ row: SQLRow) -> HubSignal { .tasks(workName(row), priority: Int(row.int(2))) }

    static func item(_ row: SQLRow) throws -> ActivityWorkItem {
        let call = TaskCall(
            name: row.text(6), version: row.optionalText(9), input: row.optionalText(7), tags: try HeadRow.tags(row, 8))
        var item = ActivityWorkItem(
            sequence: row.int(0), lease: row.int(1), deliveries: Int(row.int(2)) + 1,
            execution: ExecutionKey(instanceID: row.text(3), executionID: row.text(4)),
            (id: Int(row.int(5)), call: call))
        item.orchestration = row.text(10)
        item.queuedAt = row.time(11)
        item.progress = row.optionalText(12)
        return item
    }
}

extension SQLValue {
    /// A time, as milliseconds since 1970.
    static func time(_ time: Date) -> SQLValue { .integer(time.millisecondsSince1970) }
}

extension SQLRow {
    /// A time, from milliseconds since 1970.
    func time(_ column: Int) -> Date { Date(millisecondsSince1970: int(column)) }

    /// A time, or nil when the column has none.
    func optionalTime(_ column: Int) -> Date? { optionalInt(column).map(Date.init(millisecondsSince1970:)) }
}
