// Darkroom
// SPDX-License-Identifier: Apache-2.0

import DurableTask
import FoundationEssentials
import SQL

/// A message as it will be stored: its text is made before the transaction, not in the one writer's time.
struct Letter {
    var event: HistoryEvent
    var text: String
    var visibleAt: SQLValue

    init(_ event: HistoryEvent, visibleAt: Date? = nil) {
        self.event = event
        text = HistoryText.encode(event)
        self.visibleAt = visibleAt.map(SQLValue.time) ?? 0
    }

    /// Puts the message into an inbox.
    func deliver(to id: String, _ connection: any SQLConnection) throws -> StoredMessage {
        let rows = try connection.query(
            "INSERT INTO hub_inbox (instance_id, visible_at, event) VALUES (?, ?, ?) RETURNING sequence",
            [.text(id), visibleAt, .text(text)])
        return StoredMessage(sequence: rows.first?.int(0) ?? 0, event: event)
    }
}

extension SQLHubStore {
    func post(_ event: HistoryEvent, to id: String) async throws -> PostOutcome {
        let letter = Letter(event)
        return try await write { connection in
            let rows = try connection.query("SELECT ended_at FROM hub_instance WHERE id = ?", [.text(id)])
            guard let row = rows.first else { return .notFound }
            if row.optionalInt(0) != nil { return .ended }
            return .stored(try letter.deliver(to: id, connection))
        }
    }

    func messages(for id: String, at time: Date, limit: Int) async throws -> [StoredMessage] {
        try await database.read { connection in
            try connection.query(
                """
                SELECT sequence, event FROM hub_inbox WHERE instance_id = ? AND visible_at <= ?
                ORDER BY visible_at, sequence LIMIT ?
                """, [.text(id), .time(time), .int(limit)]
            ).map(MessageRow.message)
        }
    }

    func readyInstances(after sequence: Int64, limit: Int) async throws -> [(sequence: Int64, id: String)] {
        try await database.read { connection in
            try connection.query(
                """
                SELECT sequence, instance_id FROM hub_inbox WHERE sequence > ? AND visible_at = 0
                ORDER BY sequence LIMIT ?
                """, [.integer(sequence), .int(limit)]
            ).map { (sequence: $0.int(0), id: $0.text(1)) }
        }
    }

    func dueInstances(after begin: Date, until end: Date) async throws -> Set<String> {
        try await database.read { connection in
            let rows = try connection.query(
                """
                SELECT DISTINCT instance_id FROM hub_inbox
                WHERE visible_at > 0 AND visible_at > ? AND visible_at <= ?
                """, [.time(begin), .time(end)])
            return Set(rows.map { $0.text(0) })
        }
    }

    func nextTimer(after time: Date) async throws -> Date? {
        try await database.read { connection in
            let rows = try connection.query(
                "SELECT MIN(visible_at) FROM hub_inbox WHERE visible_at > 0 AND visible_at > ?", [.time(time)])
            return rows.first?.optionalInt(0).map(Date.init(millisecondsSince1970:))
        }
    }
}
