// Darkroom
// SPDX-License-Identifier: Apache-2.0

import DurableTask
import FoundationEssentials
import SQL

extension SQLHubStore {
    func renewMembership(for duration: Duration) async throws {
        try await write { [number] connection in
            _ = try connection.execute(
                "UPDATE hub_member SET expires_at = \(PostgresHubDialect.now) + ? WHERE number = ?",
                [.int(duration.wholeMilliseconds), .integer(number)])
        }
    }

    func leave() async throws {
        try await write { [number] connection in try Self.end([number], connection) }
    }

    func expireMembers() async throws -> Bool {
        try await write { connection in
            let rows = try connection.query(
                "SELECT number FROM hub_member WHERE expires_at < \(PostgresHubDialect.now) FOR UPDATE SKIP LOCKED")
            let numbers = rows.map { $0.int(0) }
            try Self.end(numbers, connection)
            return !numbers.isEmpty
        }
    }

    /// Ends memberships, and gives what these members had in hand back to the queue.
    static func end(_ numbers: [Int64], _ connection: any SQLConnection) throws {
        for number in numbers {
            try connection.execute("DELETE FROM hub_member WHERE number = ?", [.integer(number)])
            try connection.execute("DELETE FROM hub_lane WHERE member = ?", [.integer(number)])
            try connection.execute(
                "UPDATE hub_task SET lease = 0 WHERE lease >= ? AND lease < ?",
                [.integer(number << 32), .integer((number + 1) << 32)])
            _ = try connection.query(
                "SELECT pg_notify(?, ?)", [.text(HubSignal.channel), .text(HubSignal.missed.text)])
        }
    }

    func claimInstances(
        at time: Date, except names: Set<String>, limit: Int, as member: Int64
    ) async throws -> [InstanceNews] {
        let unclaimed = """
            SELECT i.sequence FROM hub_inbox m JOIN hub_instance i ON i.id = m.instance_id
            WHERE m.visible_at <= ? AND i.ended_at IS NULL AND i.parked IS NULL AND i.name <> ''
                AND i.owner <> ALL(ARRAY(SELECT number FROM hub_member))
                AND (CASE WHEN i.id LIKE '@%' THEN '@' ELSE '' END || i.name) <> ALL(CAST(? AS TEXT[]))
            ORDER BY m.sequence LIMIT ?
            """
        let names = SQLValue.texts(Array(names))
        // Mostly there are none, and a look costs no commit.
        if try await query(unclaimed, [.time(time), names, 1]).isEmpty { return [] }
        return try await write(as: member) { connection, _ in
            try connection.query(
                """
                UPDATE hub_instance SET owner = \(member)
                WHERE sequence = ANY(ARRAY(\(unclaimed) FOR NO KEY UPDATE OF i SKIP LOCKED))
                RETURNING id, name
                """, [.time(time), names, .int(limit)]
            ).map { InstanceNews(id: $0.text(0), name: $0.text(1)) }
        }
    }

    func disown(_ instances: [InstanceNews]) async throws {
        try await write { [number] connection in
            _ = try connection.execute(
                "UPDATE hub_instance SET owner = 0 WHERE owner = ? AND id = ANY(CAST(? AS TEXT[]))",
                [.integer(number), .texts(instances.map(\.id))])
            let signals = instances.map { HubSignal.news(id: $0.id, name: $0.name, owner: 0) }
            try ChangeWriter.tell(signals, connection)
        }
    }

    func heldTasks(_ items: [ActivityWorkItem]) async throws -> Set<Int64> {
        try await read { connection in
            let rows = try connection.queryEach(
                "SELECT sequence FROM hub_task WHERE sequence = ? AND lease = ?",
                items.map { [.integer($0.sequence), .integer($0.lease)] })
            return Set(rows.joined().map { $0.int(0) })
        }
    }
}
