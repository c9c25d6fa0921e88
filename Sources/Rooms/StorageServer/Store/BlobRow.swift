// Darkroom
// SPDX-License-Identifier: Apache-2.0

import AzureStorage
import SQL

/// A row of the table `blob` and where its content is.
struct BlobRow: Sendable {
    /// The columns that ``init(_:from:)`` reads, in order.
    static let columns = """
        b.stamp, b.created, b.content, b.length, b.type, b.encoding, b.language, b.disposition, b.cache_control, \
        b.md5, b.metadata, b.copy_id, b.copy_source, b.copy_completed
        """
    static let columnCount = 14

    var properties: BlobProperties
    let content: Int64

    init(properties: BlobProperties, content: Int64) {
        self.properties = properties
        self.content = content
    }

    init(_ row: SQLRow, from first: Int = 0) throws {
        let stamp = StorageTime(ticks: row.int(first))
        var headers = ContentHeaders(type: row.optionalText(first + 4))
        headers.encoding = row.optionalText(first + 5)
        headers.language = row.optionalText(first + 6)
        headers.disposition = row.optionalText(first + 7)
        headers.cacheControl = row.optionalText(first + 8)
        let md5 = row.blob(first + 9)
        headers.md5 = md5.isEmpty ? nil : md5
        properties = BlobProperties(
            etag: ETag(stamp: stamp), modified: stamp, created: StorageTime(ticks: row.int(first + 1)),
            length: row.int(first + 3), headers: headers)
        properties.metadata = try BlobMetadata(stored: row.optionalText(first + 10))
        if let id = row.optionalText(first + 11) {
            properties.copy = BlobCopy(
                id: id, source: row.text(first + 12), completed: StorageTime(ticks: row.int(first + 13)))
        }
        content = row.int(first + 2)
    }

    /// The values of ``columns``.
    var values: [SQLValue] {
        let headers = properties.headers
        return [
            .integer(properties.lastModified.ticks), .integer(properties.created.ticks), .integer(content),
            .integer(properties.length), .optional(headers.type), .optional(headers.encoding),
            .optional(headers.language), .optional(headers.disposition), .optional(headers.cacheControl),
            headers.md5.map(SQLValue.blob) ?? .null, .optional(properties.metadata.stored),
            .optional(properties.copy?.id), .optional(properties.copy?.source),
            .optional(properties.copy?.completed.ticks),
        ]
    }

    /// The version as conditions see it.
    var version: (etag: ETag, modified: StorageTime) { (properties.etag, properties.lastModified) }
}

/// A row of the table `container`.
struct ContainerRow: Sendable {
    static let columns = "id, stamp, access, metadata"

    let id: Int64
    var properties: ContainerProperties

    init(_ row: SQLRow, from first: Int = 0) throws {
        id = row.int(first)
        let stamp = StorageTime(ticks: row.int(first + 1))
        properties = ContainerProperties(
            etag: ETag(stamp: stamp), lastModified: stamp,
            access: PublicAccess(rawValue: row.text(first + 2)) ?? .none,
            metadata: try BlobMetadata(stored: row.optionalText(first + 3)))
    }
}

extension BlobMetadata {
    /// One line for each entry; names have no colon and values no line feed.
    var stored: String? {
        entries.isEmpty ? nil : entries.map { "\($0.name):\($0.value)" }.joined(separator: "\n")
    }

    init(stored: String?) throws {
        guard let stored else {
            self = .none
            return
        }
        try self.init(
            stored.split(separator: "\n").map { line in
                let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
                return (String(parts[0]), String(parts.count > 1 ? parts[1] : ""))
            })
    }
}
