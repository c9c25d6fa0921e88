// Darkroom
// SPDX-License-Identifier: Apache-2.0

public import AzureStorage
import SQL

// The feed of events: written in the commit that they tell of, read in order and at least once.
extension BlobStore {
    /// The events behind a place in the feed, oldest first.
    ///
    /// - Parameters:
    ///   - sequence: The last event that the reader has; 0 begins at the oldest that is kept.
    ///   - limit: The most events.
    public func events(after sequence: Int64, limit: Int) async throws -> [BlobEvent] {
        try await database.read { connection in
            try connection.query(
                """
                SELECT sequence, kind, account, container, name, stamp, length, type, api FROM event
                WHERE sequence > ? ORDER BY sequence LIMIT ?
                """,
                [.integer(sequence), .int(limit)]
            ).map(BlobEvent.init)
        }
    }

    /// An element each time there may be new events, and one at the beginning.
    ///
    /// It ends when the store closes. Read until ``events(after:limit:)`` has no more, then wait for the next element:
    /// nothing is missed and nobody polls.
    public func eventSignal() -> AsyncStream<Void> { newEvents.subscribe() }

    /// The last event that a consumer has acknowledged; 0 when it has none.
    ///
    /// Asking makes the consumer known: from then on the events that it has not acknowledged are kept for it, within
    /// ``BlobStoreConfiguration/eventRetention``.
    public func eventCursor(of consumer: String) async throws -> Int64 {
        try await change { transaction in
            try transaction.connection.execute(
                "INSERT OR IGNORE INTO event_cursor (consumer, sequence) VALUES (?, 0)", [.text(consumer)])
            let rows = try transaction.connection.query(
                "SELECT sequence FROM event_cursor WHERE consumer = ?", [.text(consumer)])
            return rows.first?.int(0) ?? 0
        }
    }

    /// Notes that a consumer is done with all events up to this one, and drops those that nobody needs any more.
    ///
    /// A cursor never moves back.
    public func acknowledgeEvents(through sequence: Int64, by consumer: String) async throws {
        try await change { transaction in
            try transaction.connection.execute(
                """
                INSERT INTO event_cursor (consumer, sequence) VALUES (?, ?)
                ON CONFLICT (consumer) DO UPDATE SET sequence = max(sequence, excluded.sequence)
                """,
                [.text(consumer), .integer(sequence)])
            try transaction.connection.execute(
                "DELETE FROM event WHERE sequence <= (SELECT min(sequence) FROM event_cursor)")
        }
    }
}

extension BlobEvent {
    fileprivate init(_ row: SQLRow) throws {
        let stamp = StorageTime(ticks: row.int(5))
        let version = BlobProperties(
            etag: ETag(stamp: stamp), modified: stamp, created: stamp, length: row.int(6),
            headers: ContentHeaders(type: row.optionalText(7)))
        self.init(
            sequence: row.int(0), kind: Kind(rawValue: row.text(1)) ?? .created,
            blob: try BlobAddress(account: row.text(2), container: row.text(3), name: row.text(4)),
            version: version, api: row.text(8))
    }
}
