// Darkroom
// SPDX-License-Identifier: Apache-2.0

import DurableTask
import FoundationEssentials
import SQL

extension SQLHubStore {
    func claimTasks(_ claim: TaskClaim) async throws -> [ActivityWorkItem] {
        try await write(as: claim.lease >> 32) { [dialect] connection, isRepeated in
            if isRepeated { try Self.release(claim.lease, connection) }
            let statements = ClaimStatements(dialect, claim)
            let answers = try connection.queryAll(statements.opening)
            var levels = answers[0]
            if levels.isEmpty, claim.afterKey != nil {
                levels = try connection.queryAll([statements.keys(after: nil)])[0]
            }
            let shares = try connection.queryEach(
                statements.share, levels.map { statements.shareValues(of: $0, among: levels.count) })
            return try (answers.dropFirst() + shares).joined().map(TaskRow.item).sorted { $0.sequence < $1.sequence }
        }
    }

    func claimOverdue(at time: Date, limit: Int, lease: Int64) async throws -> [ActivityWorkItem] {
        try await write(as: lease >> 32) { [dialect] connection, isRepeated in
            if isRepeated { try Self.release(lease, connection) }
            let overdue = """
                SELECT sequence FROM hub_task WHERE start_by <= ? AND \(Self.isFree) ORDER BY start_by LIMIT ?
                """
            return try connection.query(
                "UPDATE hub_task SET lease = ? WHERE \(dialect.isAmong(overdue)) RETURNING \(TaskRow.columns)",
                [.integer(lease), .time(time), .int(limit)]
            ).map(TaskRow.item)
        }
    }

    func nextStartLimit() async throws -> Date? {
        try await query("SELECT MIN(start_by) FROM hub_task WHERE start_by IS NOT NULL AND \(Self.isFree)")
            .first?.optionalTime(0)
    }

    private static let isFree = "lease = 0 AND parked IS NULL"

    private static func release(_ lease: Int64, _ connection: any SQLConnection) throws {
        try connection.execute("UPDATE hub_task SET lease = 0 WHERE lease = ?", [.integer(lease)])
    }

    func waitingTaskNames() async throws -> [WorkName: Int] {
        let rows = try await query(
            "SELECT name, version, MAX(priority) FROM hub_task WHERE \(Self.isFree) GROUP BY name, version")
        return Dictionary(rows.map { (TaskRow.workName($0), Int($0.int(2))) }, uniquingKeysWith: max)
    }

    func giveBack(_ items: [ActivityWorkItem], _ way: TaskReturn) async throws {
        try await write { [dialect] connection in
            let changed = try connection.queryEach(
                """
                UPDATE hub_task SET lease = 0, progress = ?, parked = ?, deliveries = deliveries + ?
                WHERE sequence = ? AND lease = ? RETURNING name, version, priority
                """,
                items.map { item in
                    [
                        .optional(item.progress), .optional(way.reason), .int(way.loss), .integer(item.sequence),
                        .integer(item.lease),
                    ]
                })
            guard way.reason == nil, dialect.isShared else { return }
            try ChangeWriter.tell(changed.joined().map(TaskRow.signal), connection)
        }
    }

    func giveBack(leases: Set<Int64>) async throws {
        try await write { [dialect] connection in
            // No index has the leases, since every task would pay for it: one look finds them all.
            let held = try connection.query(
                "SELECT sequence, lease FROM hub_task WHERE lease >= ? AND lease <= ?",
                [.optional(leases.min()), .optional(leases.max())]
            ).filter { leases.contains($0.int(1)) }
            let rows = try connection.queryEach(
                "UPDATE hub_task SET lease = 0 WHERE sequence = ? AND lease = ? RETURNING name, version, priority",
                held.map { [.integer($0.int(0)), .integer($0.int(1))] })
            guard dialect.isShared else { return }
            try ChangeWriter.tell(rows.joined().map(TaskRow.signal), connection)
        }
    }

    func tasks(of id: String) async throws -> [QueuedTask] {
        try await read { connection in
            try connection.query(
                """
                SELECT task_id, name, queued_at, deliveries, lease, parked FROM hub_task WHERE instance_id = ?
                ORDER BY sequence
                """, [.text(id)]
            ).map { row in
                QueuedTask(
                    id: Int(row.int(0)), name: row.text(1), queuedAt: row.time(2),
                    deliveries: Int(row.int(3)) + (row.int(4) == 0 ? 0 : 1), lease: row.int(4),
                    parked: row.optionalText(5))
            }
        }
    }

    func unparkTasks(of id: String) async throws -> Set<WorkName> {
        try await write { [dialect] connection in
            let rows = try connection.query(
                """
                UPDATE hub_task SET parked = NULL, deliveries = 0 WHERE instance_id = ? AND parked IS NOT NULL
                RETURNING name, version, priority
                """, [.text(id)])
            if dialect.isShared { try ChangeWriter.tell(rows.map(TaskRow.signal), connection) }
            return Set(rows.map(TaskRow.workName))
        }
    }
}

/// The statements of a claim.
///
/// Its index is in the order of priorities, keys and numbers, so what is passed over is not read: the first statement
/// steps from key to key, the others lease each key's share.
private struct ClaimStatements {
    let share: String
    private let suspect: String
    private let claim: TaskClaim
    private let trusted: String
    private let name: [SQLValue]

    init(_ dialect: any SQLHubDialect, _ claim: TaskClaim) {
        self.claim = claim
        name = [.text(claim.name.name), .optional(claim.name.version)]
        let free = "lease = 0 AND parked IS NULL AND name = ? AND version IS NOT DISTINCT FROM ?"
        trusted = "\(free) AND deliveries < \(claim.suspicion)"
        func lease(_ query: String) -> String {
            "UPDATE hub_task SET lease = ? WHERE \(dialect.isAmong(query)) RETURNING \(TaskRow.columns)"
        }
        share = lease(
            """
            SELECT sequence FROM hub_task WHERE \(trusted) AND priority = ? AND fairness = ?
            ORDER BY sequence LIMIT ?
            """)
        suspect = lease(
            """
            SELECT sequence FROM hub_task
            WHERE \(free) AND deliveries >= \(claim.suspicion) AND priority >= ?
            ORDER BY priority DESC, sequence LIMIT 1
            """)
    }

    /// The keys of the highest priority, in order.
    func keys(after key: String?) -> SQLCall {
        func next(_ level: String, _ isAfter: String) -> String {
            """
            (SELECT fairness FROM hub_task
            WHERE \(trusted) AND priority = \(level).priority AND fairness \(isAfter) ORDER BY fairness LIMIT 1)
            """
        }
        let sql = """
            WITH RECURSIVE urgent(priority) AS (
                SELECT priority FROM hub_task WHERE \(trusted) AND priority >= ? ORDER BY priority DESC LIMIT 1
            ), keys(priority, fairness) AS (
                SELECT priority, \(next("urgent", key == nil ? ">= ?" : "> ?")) FROM urgent
                UNION ALL
                SELECT priority, \(next("keys", "> keys.fairness")) FROM keys WHERE fairness IS NOT NULL
            )
            SELECT priority, fairness FROM keys WHERE fairness IS NOT NULL LIMIT ?
            """
        return SQLCall(sql, name + [least] + name + [.text(key ?? "")] + name + [.int(claim.limit)])
    }

    private var least: SQLValue { .int(claim.above.map { max($0, $0 &+ 1) } ?? .min) }

    func shareValues(of level: SQLRow, among count: Int) -> [SQLValue] {
        [.integer(claim.lease)] + name + [.integer(level.int(0)), .text(level.text(1)), .int(claim.share(of: count))]
    }

    /// What is asked first: for the keys, and for a suspicious task.
    var opening: [SQLCall] {
        let keys = keys(after: claim.afterKey)
        return claim.takesSuspect ? [keys, SQLCall(suspect, [.integer(claim.lease)] + name + [least])] : [keys]
    }
}
