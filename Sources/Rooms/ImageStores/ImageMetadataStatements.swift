// Darkroom
// SPDX-License-Identifier: Apache-2.0

import SQL

/// The statements over `ImageMetadata`, in SQLite's words.
enum ImageMetadataStatements {
    /// Every column of every row.
    static let select = "SELECT \(ImageMetadataRow.columns.joined(separator: ", ")) FROM ImageMetadata"

    /// Writes a row; one of a later version stays, and then no row counts as changed.
    static let upsert: String = {
        let columns = ImageMetadataRow.columns
        let kept: Set = ["id", "account", "container", "blob_name", "created_at"]
        let changes = columns.filter { !kept.contains($0) }.map { "\($0) = excluded.\($0)" }
        return """
            INSERT INTO ImageMetadata (\(columns.joined(separator: ", ")))
            VALUES (\(columns.map { _ in "?" }.joined(separator: ", ")))
            ON CONFLICT (id) DO UPDATE SET \(changes.joined(separator: ", "))
            WHERE excluded.sequence >= ImageMetadata.sequence
            """
    }()

    /// One page and one row more, which tells whether another page follows.
    static func page(_ query: ImageQuery, after cursor: ImageCursor?) -> (sql: String, values: [SQLValue]) {
        var condition = SQLCondition(query.filter)
        let order: String
        switch query.order {
        case .newest:
            order = "updated_at DESC, id"
            if let cursor {
                let time = SQLValue.integer(cursor.updatedAt)
                condition.add("updated_at <= ? AND (updated_at < ? OR id > ?)", time, time, .text(cursor.id))
            }
        case .name:
            order = "id"
            if let cursor { condition.add("id > ?", .text(cursor.id)) }
        }
        return (
            sql: "\(select)\(condition.clause) ORDER BY \(order) LIMIT ?",
            values: condition.values + [.int(query.pageSize + 1)]
        )
    }
}

/// A WHERE clause that grows.
struct SQLCondition {
    private var terms: [String] = []
    /// The values of its parameters, in order.
    private(set) var values: [SQLValue] = []

    /// The conditions of a filter.
    init(_ filter: ImageFilter) {
        if let account = filter.account { add("account = ?", .text(account)) }
        if let container = filter.container { add("container = ?", .text(container)) }
        if let status = filter.status { add("status = ?", .text(status.rawValue)) }
        if let user = filter.user { add("uploaded_by = ?", .text(user)) }
        if let sha256 = filter.sha256 { add("sha256 = ?", .text(sha256)) }
        if let text = filter.text { add("blob_name LIKE ? ESCAPE '\\'", .text("%\(escapingWildcards(text))%")) }
    }

    /// Narrows it; `term` comes from the program and has a `?` for each value.
    mutating func add(_ term: String, _ values: SQLValue...) {
        terms.append("(\(term))")
        self.values += values
    }

    /// ` WHERE …`, or nothing.
    var clause: String { terms.isEmpty ? "" : " WHERE " + terms.joined(separator: " AND ") }
}

/// The text with LIKE's own signs made plain.
private func escapingWildcards(_ text: String) -> String {
    String(text.flatMap { "%_\\".contains($0) ? ["\\", $0] : [$0] })
}
