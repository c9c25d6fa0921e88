// Darkroom
// SPDX-License-Identifier: Apache-2.0

import DurableTask
import SQL

extension SQLHubStore {
    func claimTasks(named name: WorkName, limit: Int, lease: Int64) async throws -> [ActivityWorkItem] {
        try await write(as: lease >> 32) { [dialect] connection, isRepeated in
            if isRepeated { try connection.execute("UPDATE hub_task SET lease = 0 WHERE lease = ?", [.integer(lease)]) }
            for (mostDeliveries, limit) in [(HubConfiguration.suspicion - 1, limit), (Int.max, 1)] {
                let free = """
                    SELECT sequence FROM hub_task WHERE lease = 0 AND parked IS NULL AND name = ?
                        AND version IS NOT DISTINCT FROM ? AND deliveries <= ? ORDER BY priority DESC, sequence LIMIT ?
                    """
                let rows = try connection.query(
                    """
                    UPDATE hub_task SET lease = ?, deliveries = deliveries + 1
                    WHERE \(dialect.isAmong(free)) RETURNING \(TaskRow.columns)
                    """,
                    [
                        .integer(lease), .text(name.name), .optional(name.version), .int(mostDeliveries), .int(limit),
                    ])
                if !rows.isEmpty { return try rows.map(TaskRow.item).sorted { $0.sequence < $1.sequence } }
            }
            return []
        }
    }

    func waitingTaskNames() async throws -> Set<WorkName> {
        let rows = try await query(
            "SELECT name, version FROM hub_task WHERE lease = 0 AND parked IS NULL GROUP BY name, version")
        return Set(rows.map(TaskRow.workName))
    }

    func giveBack(_ item: ActivityWorkItem, parked reason: String?) async throws {
        try await write { [dialect] connection in
            let changed = try connection.execute(
                "UPDATE hub_task SET lease = 0, progress = ?, parked = ? WHERE sequence = ? AND lease = ?",
                [.optional(item.progress), .optional(reason), .integer(item.sequence), .integer(item.lease)])
            guard changed == 1, reason == nil, dialect.isShared else { return }
            try ChangeWriter.tell([.tasks(item.call.workName)], connection)
        }
    }

    func giveBack(leases: Set<Int64>) async throws {
        try await write { [dialect] connection in
            let rows = try connection.queryEach(
                "UPDATE hub_task SET lease = 0 WHERE lease = ? RETURNING name, version",
                leases.sorted().map { [.integer($0)] })
            guard dialect.isShared else { return }
            try ChangeWriter.tell(rows.joined().map { .tasks(TaskRow.workName($0)) }, connection)
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
                    id: Int(row.int(0)), name: row.text(1), queuedAt: row.time(2), deliveries: Int(row.int(3)),
                    lease: row.int(4), parked: row.optionalText(5))
            }
        }
    }

    func unparkTasks(of id: String) async throws -> Set<WorkName> {
        try await write { [dialect] connection in
            let rows = try connection.query(
                """
                UPDATE hub_task SET parked = NULL, deliveries = 0 WHERE instance_id = ? AND parked IS NOT NULL
                RETURNING name, version
                """, [.text(id)])
            let names = Set(rows.map(TaskRow.workName))
            if dialect.isShared { try ChangeWriter.tell(names.map { .tasks($0) }, connection) }
            return names
        }
    }
}
