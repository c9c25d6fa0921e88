// Darkroom
// SPDX-License-Identifier: Apache-2.0

import DurableTask
import FoundationEssentials
import SQL

extension SQLHubStore {
    private static let backlog = "(SELECT COUNT(*) FROM hub_inbox m WHERE m.instance_id = hub_instance.id)"

    func entity(_ id: String) async throws -> StoredEntity? {
        try await read { [dialect] connection in
            let rows = try connection.query(
                """
                SELECT \(HeadRow.columns(dialect)), updated_at, \(Self.backlog), input, sequence
                FROM hub_instance WHERE id = ? AND execution_id = ''
                """, [.text(id)])
            return try rows.first.map(Self.entity)
        }
    }

    func entities(_ query: EntityQuery) async throws -> EntityPage {
        let condition = InstanceCondition(query)
        let before: Int64 = query.after.flatMap(Int64.init) ?? .max
        return try await search { [dialect] connection in
            let rows = try connection.query(
                """
                SELECT \(HeadRow.columns(dialect)), updated_at, \(Self.backlog), input, sequence
                FROM hub_instance WHERE sequence < ? AND \(condition.text) ORDER BY sequence DESC LIMIT ?
                """, [.integer(before)] + condition.values + [.int(query.limit + 1)])
            let page = rows.prefix(query.limit)
            return EntityPage(
                entities: try page.map { try Self.entity($0).status(includesState: query.includesState) },
                next: rows.count > query.limit ? page.last.map { "\($0.int(HeadRow.width + 3))" } : nil)
        }
    }

    func deleteEmptyEntities(_ ids: [String]) async throws -> Int {
        if ids.isEmpty { return 0 }
        return try await write { [dialect, taskNumbers] connection in
            let select = "SELECT id FROM hub_instance WHERE id = ? AND execution_id = ''"
            let rows: [[SQLValue]] = ids.sorted().map { [.text($0)] }
            // Whoever has a message for one of them on its way holds its row. Once it has let go, the next statement
            // sees the message.
            if dialect.isShared { _ = try connection.queryEach("\(select) FOR UPDATE", rows) }
            let empty = try connection.queryEach(
                """
                \(select) AND input IS NULL AND lock_holder IS NULL
                    AND NOT EXISTS (SELECT 1 FROM hub_inbox m WHERE m.instance_id = hub_instance.id)
                """, rows
            ).joined().map { $0.text(0) }
            var changes = HubChanges()
            changes.deletedInstances = empty
            _ = try ChangeWriter(connection, dialect, taskNumbers).write(changes) { _ in }
            return empty.count
        }
    }

    private static func entity(_ row: SQLRow) throws -> StoredEntity {
        StoredEntity(
            head: try HeadRow.head(row), updatedAt: row.time(HeadRow.width),
            state: row.optionalText(HeadRow.width + 2), backlog: Int(row.int(HeadRow.width + 1)))
    }
}
