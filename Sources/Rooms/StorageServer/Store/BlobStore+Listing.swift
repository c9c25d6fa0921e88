// Darkroom
// SPDX-License-Identifier: Apache-2.0

public import AzureStorage
import FoundationEssentials
import SQL

extension BlobStore {
    /// One page of a container's blobs, in the order of their names.
    ///
    /// Listing on while blobs come and go shows every name that was there throughout exactly once.
    ///
    /// - Throws: ``StorageError`` `ContainerNotFound`; `InvalidQueryParameterValue` for a marker that is none of ours.
    public func listBlobs(
        in address: ContainerAddress, _ query: BlobListQuery = BlobListQuery()
    ) async throws -> BlobListPage {
        let start = try ListMarker.decode(query.marker)
        return try await database.read { connection in
            let container = try ContainerRow.find(address, on: connection).id
            var scan = BlobScan(container: container, query: query, start: start)
            return try scan.page(on: connection)
        }
    }

    /// One page of an account's containers, in the order of their names.
    ///
    /// - Throws: ``StorageError`` `InvalidQueryParameterValue` for a marker that is none of ours.
    public func listContainers(
        of account: String, _ query: ContainerListQuery = ContainerListQuery()
    ) async throws -> ContainerListPage {
        let start = max(try ListMarker.decode(query.marker) ?? "", query.prefix)
        let end = successor(ofPrefix: query.prefix)
        return try await database.read { connection in
            let rows = try connection.query(
                """
                SELECT name, \(ContainerRow.columns) FROM container
                WHERE account = ? AND deleted = 0 AND name >= ? AND (? IS NULL OR name < ?) ORDER BY name LIMIT ?
                """,
                [.text(account), .text(start), .optional(end), .optional(end), .int(query.limit + 1)])
            let entries = try rows.prefix(query.limit).map { row in
                ContainerListPage.Entry(
                    name: try ContainerName(row.text(0)), properties: try ContainerRow(row, from: 1).properties)
            }
            let hasMore = rows.count > query.limit
            let marker = hasMore ? entries.last.map { ListMarker.encode($0.name.text + "\0") } : nil
            return ContainerListPage(entries: entries, nextMarker: marker)
        }
    }
}

/// Where a page ends: the first name that the next page may show, in base64 so that a query carries it.
enum ListMarker {
    static func encode(_ start: String) -> String { Data(("1" + start).utf8).base64EncodedString() }

    static func decode(_ marker: String?) throws -> String? {
        guard let marker, !marker.isEmpty else { return nil }
        guard let bytes = Data(base64Encoded: marker), let text = String(validating: bytes, as: UTF8.self),
            text.hasPrefix("1")
        else { throw StorageError.invalidQuery("marker", marker, "Not a marker of this server.") }
        return String(text.dropFirst())
    }
}

/// The first text that is greater than everything beginning with `prefix`; nil when there is none.
func successor(ofPrefix prefix: String) -> String? {
    var scalars = Array(prefix.unicodeScalars)
    while let last = scalars.popLast() {
        // The surrogates are no scalars: what follows U+D7FF is U+E000.
        let next = last.value == 0xD7FF ? 0xE000 : last.value + 1
        guard let scalar = Unicode.Scalar(next) else { continue }
        scalars.append(scalar)
        return String(String.UnicodeScalarView(scalars))
    }
    return nil
}

/// Walks over the names of a container, jumping over those that share a prefix.
private struct BlobScan {
    private static let rowsPerStep = 1_000

    private let container: Int64
    private let query: BlobListQuery
    private let end: String?
    /// The first name not seen yet; nil at the end.
    private var start: String?
    private var entries: [BlobListPage.Entry] = []

    init(container: Int64, query: BlobListQuery, start: String?) {
        self.container = container
        self.query = query
        end = successor(ofPrefix: query.prefix)
        let first = start ?? query.prefix
        self.start = first.utf8.lexicographicallyPrecedes(query.prefix.utf8) ? query.prefix : first
    }

    mutating func page(on connection: any SQLConnection) throws -> BlobListPage {
        while let first = start, entries.count < query.limit {
            let rows = try step(from: first, on: connection)
            if rows.isEmpty { start = nil }
            for row in rows where entries.count < query.limit { try take(row) }
        }
        let marker = try start.flatMap { try step(from: $0, limit: 1, on: connection).isEmpty ? nil : $0 }
        return BlobListPage(entries: entries, nextMarker: marker.map(ListMarker.encode))
    }

    /// Adds a row's entry and moves on, unless the row belongs to a prefix that is shown already.
    private mutating func take(_ row: SQLRow) throws {
        let name = row.text(0)
        guard let first = start, !name.utf8.lexicographicallyPrecedes(first.utf8) else { return }
        if let prefix = commonPrefix(of: name) {
            entries.append(.prefix(prefix))
            start = successor(ofPrefix: prefix)
        } else {
            entries.append(try entry(row, named: BlobName(name)))
            start = name + "\0"
        }
    }

    private func entry(_ row: SQLRow, named name: BlobName) throws -> BlobListPage.Entry {
        guard row.optionalInt(1) != nil else { return .uncommitted(name) }
        var properties = try BlobRow(row, from: 1).properties
        if !query.includesMetadata { properties.metadata = .none }
        return .blob(name, properties)
    }

    /// The part of a name up to the first delimiter behind the prefix; nil when it has none.
    private func commonPrefix(of name: String) -> String? {
        guard let delimiter = query.delimiter, !delimiter.isEmpty else { return nil }
        let bytes = Array(name.utf8)
        let wanted = Array(delimiter.utf8)
        var place = query.prefix.utf8.count
        while place + wanted.count <= bytes.count {
            if bytes[place..<place + wanted.count].elementsEqual(wanted) {
                return String(decoding: bytes[..<(place + wanted.count)], as: UTF8.self)
            }
            place += 1
        }
        return nil
    }

    private func step(
        from first: String, limit: Int = BlobScan.rowsPerStep, on connection: any SQLConnection
    ) throws -> [SQLRow] {
        let bounds: [SQLValue] = [.integer(container), .text(first), .optional(end), .optional(end)]
        let rows = limit == 1 ? 1 : min(limit, query.limit - entries.count + 1)
        if !query.includesUncommitted {
            return try connection.query(Self.committed + " ORDER BY b.name LIMIT ?", bounds + [.int(rows)])
        }
        return try connection.query(
            "\(Self.committed) UNION ALL \(Self.uncommitted) ORDER BY 1 LIMIT ?", bounds + bounds + [.int(rows)])
    }

    private static let committed = """
        SELECT b.name, \(BlobRow.columns) FROM blob b
        WHERE b.container = ? AND b.name >= ? AND (? IS NULL OR b.name < ?)
        """

    private static let uncommitted = """
        SELECT u.name\(String(repeating: ", NULL", count: BlobRow.columnCount)) FROM upload u
        WHERE u.container = ? AND u.name >= ? AND (? IS NULL OR u.name < ?)
            AND NOT EXISTS (SELECT 1 FROM blob b WHERE b.container = u.container AND b.name = u.name)
        """
}
