// Darkroom
// SPDX-License-Identifier: Apache-2.0

import AzureStorage
import SQL

/// The statements of a store's writes, inside one transaction.
///
/// It must not leave the closure that it was made in.
final class StoreTransaction {
    let connection: any SQLConnection
    private let now: StorageTime
    /// Whether somebody who waits for events has something to read now.
    private(set) var hasNewEvents = false
    /// Whether housekeeping has something to do now.
    var hasLeftovers = false

    init(_ connection: any SQLConnection, now: StorageTime) {
        self.connection = connection
        self.now = now
    }

    /// A moment that no other write has, later than all before it even when the clock was set back.
    func stamp() throws -> StorageTime {
        let rows = try connection.query(
            "UPDATE clock SET stamp = max(stamp + 1, ?) WHERE id = 0 RETURNING stamp", [.integer(now.ticks)])
        guard let row = rows.first else { throw StorageError(.internalError, "The store has lost its clock.") }
        return StorageTime(ticks: row.int(0))
    }
}

// Containers.
extension StoreTransaction {
    /// - Throws: ``StorageError`` `ContainerNotFound`.
    func container(_ address: ContainerAddress) throws -> ContainerRow {
        try ContainerRow.find(address, on: connection)
    }
}

extension ContainerRow {
    /// - Throws: ``StorageError`` `ContainerNotFound`.
    static func find(_ address: ContainerAddress, on connection: any SQLConnection) throws -> ContainerRow {
        let rows = try connection.query(
            "SELECT \(columns) FROM container WHERE account = ? AND name = ? AND deleted = 0",
            [.text(address.account), .text(address.container.text)])
        guard let row = rows.first else { throw StorageError(.containerNotFound) }
        return try ContainerRow(row)
    }
}

// Blobs.
extension StoreTransaction {
    func blob(_ name: BlobName, in container: Int64) throws -> BlobRow? {
        try BlobRow.find(name, in: container, on: connection)
    }

    /// Writes a row over whatever the name had, and lets go of what that pointed to.
    func put(_ row: BlobRow, as name: BlobName, in container: Int64, over existing: BlobRow?) throws {
        try connection.execute(
            """
            INSERT OR REPLACE INTO blob (container, name, stamp, created, content, length, type, encoding, language,
                disposition, cache_control, md5, metadata, copy_id, copy_source, copy_completed)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [.integer(container), .text(name.text)] + row.values)
        if let existing, existing.content != row.content { try release(content: existing.content) }
    }

    func delete(_ row: BlobRow, named name: BlobName, in container: Int64) throws {
        try connection.execute(
            "DELETE FROM blob WHERE container = ? AND name = ?", [.integer(container), .text(name.text)])
        try release(content: row.content)
    }
}

extension BlobRow {
    static func find(_ name: BlobName, in container: Int64, on connection: any SQLConnection) throws -> BlobRow? {
        try connection.query(
            "SELECT \(columns) FROM blob b WHERE b.container = ? AND b.name = ?",
            [.integer(container), .text(name.text)]
        ).first.map { try BlobRow($0) }
    }
}

// Content: bytes that blobs and blocks point to, counted.
extension StoreTransaction {
    /// Makes a row for content; its id is `stamp`.
    func add(_ content: NewContent, at stamp: StorageTime, blocks: String? = nil) throws {
        let place: [SQLValue] =
            switch content.place {
            case .inline(let bytes): [.null, .optional(blocks), .blob(bytes)]
            case .file(let file): [.text(file.name), .optional(blocks), .null]
            }
        try connection.execute(
            "INSERT INTO content (id, users, length, file, blocks, bytes) VALUES (?, 1, ?, ?, ?, ?)",
            [.integer(stamp.ticks), .integer(content.length)] + place)
    }

    /// One more row points to the content.
    func share(content: Int64) throws {
        try connection.execute("UPDATE content SET users = users + 1 WHERE id = ?", [.integer(content)])
    }

    /// One row less points to the content; the last one takes it along.
    func release(content: Int64) throws {
        let rows = try connection.query(
            "UPDATE content SET users = users - 1 WHERE id = ? RETURNING users, file", [.integer(content)])
        guard let row = rows.first, row.int(0) == 0 else { return }
        try connection.execute("DELETE FROM content WHERE id = ?", [.integer(content)])
        guard let file = row.optionalText(1) else { return }
        try connection.execute("INSERT OR IGNORE INTO discarded_file (name) VALUES (?)", [.text(file)])
        hasLeftovers = true
    }

    /// Lets go of the blocks that wait for a block list.
    func discardUpload(_ name: BlobName, in container: Int64) throws {
        let key: [SQLValue] = [.integer(container), .text(name.text)]
        let removed = try connection.execute("DELETE FROM upload WHERE container = ? AND name = ?", key)
        guard removed > 0 else { return }
        let blocks = try connection.query("SELECT content FROM block WHERE container = ? AND name = ?", key)
        for block in blocks { try release(content: block.int(0)) }
        try connection.execute("DELETE FROM block WHERE container = ? AND name = ?", key)
    }
}

// Events.
extension StoreTransaction {
    func announce(_ event: BlobEvent, version: BlobRow) throws {
        try connection.execute(
            """
            INSERT INTO event (sequence, kind, account, container, name, stamp, length, type, api)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                .integer(event.sequence), .text(event.kind.rawValue), .text(event.blob.container.account),
                .text(event.blob.container.container.text), .text(event.blob.name.text),
                .integer(version.properties.lastModified.ticks), .integer(version.properties.length),
                .optional(version.properties.headers.type), .text(event.api),
            ])
        hasNewEvents = true
    }
}
