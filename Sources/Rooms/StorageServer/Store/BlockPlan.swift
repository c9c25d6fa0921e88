// Darkroom
// SPDX-License-Identifier: Apache-2.0

import AzureStorage
import SQL

/// Where the bytes of a blob that is put together from blocks come from.
struct BlockPlan: Sendable, Equatable {
    /// A stretch of content.
    struct Part: Sendable, Equatable {
        let content: Int64
        let range: Range<Int64>
        /// The content's file; nil when its bytes lie in the row.
        let file: String?
    }

    private(set) var parts: [Part] = []
    private(set) var blocks: [BlockSize] = []
    /// The only block, still uncommitted: its content can become the blob's as it is.
    private(set) var whole: Int64?

    var length: Int64 { blocks.reduce(0) { $0 + $1.length } }

    /// Finds every block that is named.
    ///
    /// - Throws: ``StorageError`` `InvalidBlockList` when one is missing.
    init(
        _ references: [BlockReference], of name: BlobName, in container: Int64, over existing: BlobRow?,
        on connection: any SQLConnection
    ) throws {
        let waiting = try Self.uncommitted(of: name, in: container, on: connection)
        let present = try existing.map { try Self.committed(of: $0, on: connection) } ?? [:]
        for reference in references {
            let id = reference.id.text
            let part =
                switch reference.source {
                case .committed: present[id]
                case .uncommitted: waiting[id]
                case .latest: waiting[id] ?? present[id]
                }
            guard let part else { throw StorageError(.invalidBlockList) }
            parts.append(part)
            blocks.append(BlockSize(id: reference.id, length: Int64(part.range.count)))
        }
        if parts.count == 1, parts[0] == waiting[references[0].id.text] { whole = parts[0].content }
    }

    private static func uncommitted(
        of name: BlobName, in container: Int64, on connection: any SQLConnection
    ) throws -> [String: Part] {
        let rows = try connection.query(
            """
            SELECT k.id, k.content, k.length, c.file FROM block k JOIN content c ON c.id = k.content
            WHERE k.container = ? AND k.name = ?
            """,
            [.integer(container), .text(name.text)])
        let parts = rows.map { ($0.text(0), Part(content: $0.int(1), range: 0..<$0.int(2), file: $0.optionalText(3))) }
        return Dictionary(parts) { first, _ in first }
    }

    private static func committed(of row: BlobRow, on connection: any SQLConnection) throws -> [String: Part] {
        let rows = try connection.query("SELECT blocks, file FROM content WHERE id = ?", [.integer(row.content)])
        guard let content = rows.first else { return [:] }
        var parts: [String: Part] = [:]
        var start: Int64 = 0
        for block in try [BlockSize](stored: content.optionalText(0)) {
            let range = start..<(start + block.length)
            start = range.upperBound
            let part = Part(content: row.content, range: range, file: content.optionalText(1))
            parts[block.id.text] = parts[block.id.text] ?? part
        }
        return parts
    }
}

extension [BlockSize] {
    /// One line for each block: its id and its size.
    var stored: String { map { "\($0.id.text) \($0.length)" }.joined(separator: "\n") }

    init(stored: String?) throws {
        self = try (stored ?? "").split(separator: "\n").map { line in
            let parts = line.split(separator: " ")
            return BlockSize(id: try BlockID(String(parts[0])), length: Int64(parts.last ?? "") ?? 0)
        }
    }
}
