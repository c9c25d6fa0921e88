// Darkroom
// SPDX-License-Identifier: Apache-2.0

public import SQL

/// Records in the table `ImageMetadata` of an SQLite database.
public struct SQLImageRecordStore: ImageRecordStore {
    private let database: any SQLDatabase

    /// A store over a database, whose table is made or brought up to date.
    ///
    /// - Throws: ``ImageStoreError`` when a newer program made the table; ``SQLError`` when the database fails.
    public init(preparing database: any SQLDatabase) async throws {
        self.database = database
        try await database.write { try ImageMetadataSchema.prepare($0) }
    }

    /// Writes a record unless a later version is there, in one statement.
    @discardableResult
    public func upsert(_ record: ImageRecord) async throws -> ImageUpsert {
        let values = try ImageMetadataRow.values(of: record)
        let changed = try await database.write { try $0.execute(ImageMetadataStatements.upsert, values) }
        return changed == 0 ? .superseded : .stored
    }

    /// The record of a picture; nil when there is none.
    public func record(of key: ImageKey) async throws -> ImageRecord? {
        let rows = try await database.read {
            try $0.query(ImageMetadataStatements.select + " WHERE id = ?", [.text(key.id)])
        }
        return try rows.first.map(ImageMetadataRow.record)
    }

    /// One page of the records that match.
    public func page(of query: ImageQuery) async throws -> ImagePage {
        let cursor = try query.cursor.map { try ImageCursor($0, order: query.order) }
        let statement = ImageMetadataStatements.page(query, after: cursor)
        let rows = try await database.read { try $0.query(statement.sql, statement.values) }
        let records = try rows.prefix(query.pageSize).map(ImageMetadataRow.record)
        let hasMore = rows.count > records.count
        let next = hasMore ? records.last.map { ImageCursor(after: $0, order: query.order).text(query.order) } : nil
        return ImagePage(records: records, next: next)
    }

    /// How many records match.
    public func count(matching filter: ImageFilter) async throws -> Int {
        let condition = SQLCondition(filter)
        let sql = "SELECT count(*) FROM ImageMetadata" + condition.clause
        let rows = try await database.read { try $0.query(sql, condition.values) }
        return Int(rows[0].int(0))
    }

    /// Removes the record of a picture.
    @discardableResult
    public func delete(_ key: ImageKey) async throws -> Bool {
        try await database.write { try $0.execute("DELETE FROM ImageMetadata WHERE id = ?", [.text(key.id)]) } > 0
    }
}
