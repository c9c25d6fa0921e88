// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import DurableTask
import FoundationEssentials
import SQL

/// The durable part of a hub in SQL tables.
///
/// | table | holds |
/// |---|---|
/// | `hub_meta` | the schema's version and the number of the process that owns the hub |
/// | `hub_instance` | one row an instance; its `event_count` fences episodes |
/// | `hub_history` | what happened, one row an episode |
/// | `hub_inbox` | what is to be told to an instance; timers are visible later |
/// | `hub_task` | activities to run; `lease` 0 is free, else the token of the holder |
final class SQLHubStore: HubStore {
    /// The version of the tables that this program reads and writes.
    static let schemaVersion: Int64 = 1

    let database: any SQLDatabase
    let dialect: any SQLHubDialect
    private let owner = Lock<Int64>(0)

    init(_ database: any SQLDatabase, _ dialect: any SQLHubDialect) {
        self.database = database
        self.dialect = dialect
    }

    func takeOver() async throws -> Int64 {
        let number = try await database.write { [dialect] connection in
            try Self.prepareSchema(connection, dialect)
            try connection.execute("UPDATE hub_meta SET owner = owner + 1")
            try connection.execute("UPDATE hub_task SET lease = 0 WHERE lease <> 0")
            return try connection.query("SELECT owner FROM hub_meta").first?.int(0) ?? 0
        }
        owner.withLock { $0 = number }
        return number
    }

    private static func prepareSchema(_ connection: any SQLConnection, _ dialect: any SQLHubDialect) throws {
        try connection.executeScript(dialect.schema)
        try connection.execute(
            "INSERT INTO hub_meta (one, schema_version, owner) VALUES (1, ?, 0) ON CONFLICT (one) DO NOTHING",
            [.integer(schemaVersion)])
        let found = try connection.query("SELECT schema_version FROM hub_meta").first?.int(0) ?? 0
        guard found <= schemaVersion else {
            throw TaskHubError(
                .newerSchema,
                """
                the task hub's tables have version \(found), this program knows \(schemaVersion): run the newer \
                program, or give this one another database
                """)
        }
    }

    /// A transaction that fails when another process has taken the hub over.
    func write<Value: Sendable>(
        _ body: @escaping @Sendable (any SQLConnection) throws -> Value
    ) async throws -> Value {
        let owner = owner.withLock { $0 }
        return try await database.write { connection in
            guard try connection.query("SELECT owner FROM hub_meta").first?.int(0) == owner else {
                throw TaskHubError(
                    .ownerChanged, "another process has taken the task hub over; this one must stop working on it")
            }
            return try body(connection)
        }
    }
}

// Instances.
extension SQLHubStore {
    func create(_ start: ExecutionStarted, at time: Date) async throws -> StoredMessage? {
        let letter = Letter(HistoryEvent(at: time, .executionStarted(start)))
        return try await write { connection in
            let created = try connection.execute(
                """
                INSERT INTO hub_instance
                    (id, execution_id, name, status, created_at, updated_at, event_count, byte_count, input)
                VALUES (?, ?, ?, 'pending', ?, ?, 0, 0, ?) ON CONFLICT (id) DO NOTHING
                """,
                [
                    .text(start.instanceID), .text(start.executionID), .text(start.name), .time(time), .time(time),
                    .optional(start.input),
                ])
            guard created == 1 else { return nil }
            return try letter.deliver(to: start.instanceID, connection)
        }
    }

    func status(of id: String) async throws -> InstanceStatus? {
        try await database.read { connection in
            let rows = try connection.query(
                "SELECT \(InstanceRow.columns) FROM hub_instance WHERE id = ?", [.text(id)])
            return try rows.first.map(InstanceRow.status)
        }
    }

    func list(_ query: InstanceQuery) async throws -> InstancePage {
        let (condition, values) = Self.condition(query)
        return try await database.read { connection in
            let rows = try connection.query(
                """
                SELECT \(InstanceRow.listColumns) FROM hub_instance WHERE \(condition)
                ORDER BY sequence DESC LIMIT ?
                """, values + [.int(query.limit + 1)])
            let page = rows.prefix(query.limit)
            return InstancePage(
                instances: try page.map(InstanceRow.status),
                next: rows.count > query.limit ? page.last.map { "\(InstanceRow.sequence($0))" } : nil)
        }
    }

    private static func condition(_ query: InstanceQuery) -> (text: String, values: [SQLValue]) {
        var conditions = ["sequence < ?"]
        var values: [SQLValue] = [.integer(query.after.flatMap(Int64.init) ?? .max)]
        if !query.statuses.isEmpty {
            let places = query.statuses.map { _ in "?" }.joined(separator: ", ")
            conditions.append("status IN (\(places))")
            values += query.statuses.map { .text($0.rawValue) }
        }
        if let name = query.name {
            conditions.append("name = ?")
            values.append(.text(name))
        }
        if let prefix = query.idPrefix {
            conditions.append("id >= ? AND id < ?")
            values += [.text(prefix), .text(prefix + "\u{10FFFF}")]
        }
        return (conditions.joined(separator: " AND "), values)
    }

    func history(of id: String) async throws -> StoredHistory? {
        try await database.read { connection in
            let instance = try connection.query(
                "SELECT execution_id, event_count, byte_count FROM hub_instance WHERE id = ?", [.text(id)])
            guard let row = instance.first else { return nil }
            let chunks = try connection.query(
                "SELECT events FROM hub_history WHERE instance_id = ? ORDER BY position", [.text(id)])
            let position = HistoryPosition(
                executionID: row.text(0), eventCount: Int(row.int(1)), byteCount: Int(row.int(2)))
            return StoredHistory(
                position: position, events: try chunks.flatMap { try HistoryText.decode($0.text(0)) })
        }
    }

    func restart(_ id: String, as executionID: String, at time: Date) async throws -> StoredMessage {
        try await write { connection in
            let rows = try connection.query(
                "SELECT \(InstanceRow.columns) FROM hub_instance WHERE id = ?", [.text(id)])
            guard let old = try rows.first.map(InstanceRow.status) else { throw TaskHubError.notFound(id) }
            guard old.status.isFinal else { throw TaskHubError.running(id) }
            try Self.deleteBelongings(of: id, connection)
            try connection.execute(
                """
                UPDATE hub_instance SET execution_id = ?, status = 'pending', updated_at = ?, ended_at = NULL,
                    event_count = 0, byte_count = 0, output = NULL, custom_status = NULL, failure = NULL
                WHERE id = ?
                """, [.text(executionID), .time(time), .text(id)])
            let start = ExecutionStarted(name: old.name, input: old.input, instanceID: id, executionID: executionID)
            return try Letter(HistoryEvent(at: time, .executionStarted(start))).deliver(to: id, connection)
        }
    }

    func purge(endedBefore time: Date, statuses: Set<RuntimeStatus>, limit: Int) async throws -> Int {
        let places = statuses.map { _ in "?" }.joined(separator: ", ")
        return try await write { connection in
            let ended = try connection.query(
                "SELECT id FROM hub_instance WHERE ended_at < ? AND status IN (\(places)) ORDER BY ended_at LIMIT ?",
                [.time(time)] + statuses.map { .text($0.rawValue) } + [.int(limit)])
            for row in ended {
                try Self.deleteBelongings(of: row.text(0), connection)
                try connection.execute("DELETE FROM hub_instance WHERE id = ?", [row[0]])
            }
            return ended.count
        }
    }

    private static func deleteBelongings(of id: String, _ connection: any SQLConnection) throws {
        for table in ["hub_history", "hub_inbox", "hub_task"] {
            try connection.execute("DELETE FROM \(table) WHERE instance_id = ?", [.text(id)])
        }
    }
}
