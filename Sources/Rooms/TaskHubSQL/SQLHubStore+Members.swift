// Darkroom
// SPDX-License-Identifier: Apache-2.0

import DurableTask
import FoundationEssentials
import SQL

extension SQLHubStore {
    /// A member whose listening session is not there is not to be found out by it, so it says nothing of that session.
    private static let listening = "session = CASE WHEN pg_try_advisory_xact_lock(?) THEN NULL ELSE ? END"

    func renewMembership(for duration: Duration) async throws {
        let renewal =
            "UPDATE hub_member SET expires_at = \(PostgresHubDialect.now) + ?, \(Self.listening) WHERE number = ?"
        let values: [SQLValue] = [
            .int(duration.wholeMilliseconds), .integer(session), .integer(session), .integer(number),
        ]
        try await write { _ = try $0.execute(renewal, values) }
    }

    /// Lets the others find out at once when this process dies; should that fail, the next renewal does it.
    func noteSession() async {
        let note = "UPDATE hub_member SET \(Self.listening) WHERE number = ?"
        let values: [SQLValue] = [.integer(session), .integer(session), .integer(number)]
        try? await write { _ = try $0.execute(note, values) }
    }

    func leave() async throws {
        try await write { [number] connection in try Self.end([number], losing: false, connection) }
    }

    /// A session that is gone ends a membership only when it does not come back: a server that starts again has none.
    func expireMembers() async throws -> MemberCheck {
        let isOver = "expires_at < \(PostgresHubDialect.now)"
        let isGone = "session IS NOT NULL AND pg_try_advisory_xact_lock(session)"
        let rows = try await query(
            "SELECT number, \(isOver) FROM hub_member WHERE number <> ? AND (\(isOver) OR \(isGone))",
            [.integer(number)])
        let gone = suspects.note(rows.filter { $0.int(1) == 0 }.map { $0.int(0) })
        let doomed = rows.filter { $0.int(1) != 0 }.map { $0.int(0) } + gone
        let next = rows.count > doomed.count ? MissingMembers.grace : nil
        if doomed.isEmpty { return MemberCheck(hasEnded: false, next: next) }
        return try await write { connection in
            let rows = try connection.query(
                """
                SELECT number FROM hub_member WHERE number = ANY(CAST(? AS BIGINT[])) AND (\(isOver) OR \(isGone))
                FOR UPDATE SKIP LOCKED
                """, [.integers(doomed)])
            let numbers = rows.map { $0.int(0) }
            try Self.end(numbers, losing: true, connection)
            return MemberCheck(hasEnded: !numbers.isEmpty, next: next)
        }
    }

    /// Ends memberships, and gives what these members had in hand back to the queue.
    ///
    /// - Parameter losing: Whether nobody answers for it any more, which counts against it.
    static func end(_ numbers: [Int64], losing: Bool, _ connection: any SQLConnection) throws {
        for number in numbers {
            try connection.execute("DELETE FROM hub_member WHERE number = ?", [.integer(number)])
            try connection.execute("DELETE FROM hub_lane WHERE member = ?", [.integer(number)])
            try connection.execute(
                "UPDATE hub_task SET lease = 0, deliveries = deliveries + ? WHERE lease >= ? AND lease < ?",
                [.int(losing ? 1 : 0), .integer(number << 32), .integer((number + 1) << 32)])
            _ = try connection.query(
                "SELECT pg_notify(?, ?)", [.text(HubSignal.channel), .text(HubSignal.missed.text)])
        }
    }

    func claimInstances(
        at time: Date, except names: Set<String>, limit: Int, as member: Int64
    ) async throws -> [InstanceNews] {
        let names = SQLValue.texts(Array(names))
        let parameters = { @Sendable (limit: Int) -> [SQLValue] in
            [names, .int(limit), names, .time(time), .int(limit)]
        }
        // Mostly there are none, and a look costs no commit.
        let look = "(\(Self.unclaimed(.ready))) UNION ALL (\(Self.unclaimed(.due)))"
        if try await query(look, parameters(1)).isEmpty { return [] }
        return try await write(as: member) { connection, _ in
            try connection.query(
                """
                UPDATE hub_instance SET owner = \(member),
                    deliveries = CASE WHEN owner <> 0 AND deliveries = 0 THEN 1 ELSE deliveries END
                WHERE sequence = ANY(
                    ARRAY(\(Self.unclaimed(.ready, locking: true))) || ARRAY(\(Self.unclaimed(.due, locking: true))))
                RETURNING id, name, version
                """, parameters(limit)
            ).map { HeadRow.news($0) }
        }
    }

    /// Which messages make an instance worth claiming.
    private enum Reason: String {
        case ready = "m.visible_at <= 0 ORDER BY m.sequence"
        case due = "m.visible_at > 0 AND m.visible_at <= ? ORDER BY m.visible_at"
    }

    /// Instances with such messages that no member keeps in memory, except those of the names of the first parameter.
    ///
    /// Each message looks for its instance, never the other way round: there are many instances that have none.
    private static func unclaimed(_ reason: Reason, locking: Bool = false) -> String {
        """
        SELECT i.sequence FROM hub_inbox m CROSS JOIN LATERAL (
            SELECT sequence FROM hub_instance
            WHERE id = m.instance_id AND ended_at IS NULL AND parked IS NULL AND name <> ''
                AND owner <> ALL(ARRAY(SELECT number FROM hub_member))
                AND (CASE WHEN id LIKE '@%' THEN '@' ELSE '' END || name || COALESCE(chr(31) || version, ''))
                    <> ALL(CAST(? AS TEXT[]))
            OFFSET 0 \(locking ? "FOR NO KEY UPDATE SKIP LOCKED" : "")
        ) i
        WHERE \(reason.rawValue) LIMIT ?
        """
    }

    func disown(_ instances: [InstanceNews]) async throws {
        try await write { [number] connection in
            _ = try connection.execute(
                "UPDATE hub_instance SET owner = 0 WHERE owner = ? AND id = ANY(CAST(? AS TEXT[]))",
                [.integer(number), .texts(instances.map(\.id))])
            let signals = instances.map { HubSignal.news($0, owner: 0) }
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
