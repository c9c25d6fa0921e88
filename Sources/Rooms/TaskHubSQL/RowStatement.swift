// Darkroom
// SPDX-License-Identifier: Apache-2.0

import SQL

/// A statement that writes rows of one shape: once for each row, or once for all of them where the database knows
/// arrays.
///
/// A server spends more on a statement than on a row, so its rows are written together.
struct RowStatement: Sendable {
    /// A column that is written.
    struct Column: Sendable {
        fileprivate let name: String
        fileprivate let isText: Bool
        /// Whether a row without a value leaves what is there.
        fileprivate var keepsOld = false
        /// What is inserted for a value `?`, one row at a time.
        fileprivate var place = "?"

        static func text(_ name: String) -> Column { Column(name: name, isText: true) }

        /// What an expression makes of a text.
        static func text(_ name: String, as place: String) -> Column { Column(name: name, isText: true, place: place) }

        static func integer(_ name: String) -> Column { Column(name: name, isText: false) }

        /// Text that is left as it is by a row that has none.
        static func textIfAny(_ name: String) -> Column { Column(name: name, isText: true, keepsOld: true) }

        fileprivate var array: String { isText ? "CAST(? AS TEXT[])" : "CAST(? AS BIGINT[])" }
    }

    /// For one row, with a parameter for each column.
    let each: String
    /// The same for a database that knows arrays: one row is not worth unfolding them.
    let alone: String
    /// For all rows, with an array for each column.
    let together: String
    private let columns: [Column]

    /// Inserts rows.
    ///
    /// - Parameter conflict: What becomes of a row whose key is taken; an error when it is empty.
    static func insert(into table: String, _ columns: [Column], conflict: String = "") -> RowStatement {
        let names = columns.map(\.name).joined(separator: ", ")
        let places = columns.map(\.place).joined(separator: ", ")
        return RowStatement(
            each: "INSERT INTO \(table) (\(names)) VALUES (\(places))\(conflict)",
            // The numbers of rows were drawn before, so the server is not to make them up.
            alone: "INSERT INTO \(table) (\(names)) OVERRIDING SYSTEM VALUE VALUES (\(places))\(conflict)",
            together: """
                INSERT INTO \(table) (\(names)) OVERRIDING SYSTEM VALUE
                SELECT * FROM \(arrays(columns))\(conflict)
                """,
            columns: columns)
    }

    /// Changes the rows of a key, which is the last value of each row.
    static func update(_ table: String, set columns: [Column], by key: Column) -> RowStatement {
        let all = columns + [key]
        let one: String = update(table, set: columns, by: key)
        return RowStatement(
            each: one, alone: one, together: update(table, set: columns, from: all, by: key), columns: all)
    }

    private static func update(_ table: String, set columns: [Column], by key: Column) -> String {
        let changes = columns.map { column in
            column.keepsOld ? "\(column.name) = COALESCE(?, \(column.name))" : "\(column.name) = ?"
        }
        return "UPDATE \(table) SET \(changes.joined(separator: ", ")) WHERE \(key.name) = ?"
    }

    /// Changes the rows of a key, if nobody has written to them since a transaction; key and transaction are the last
    /// values of each row.
    ///
    /// It takes one more parameter, the number of rows, and fails when it finds fewer of them: zero divides nothing.
    /// PostgreSQL keeps the transaction that wrote a row beside it, as `xmin`.
    static func guardedUpdate(_ table: String, set columns: [Column], by key: Column) -> GuardedStatement {
        let all = columns + [key, .text("mark")]
        return GuardedStatement(
            alone: """
                WITH changed AS (\(update(table, set: columns, by: key)) AND xmin = CAST(? AS XID) RETURNING 1)
                SELECT 1 / COUNT(*) FROM changed
                """,
            together: """
                WITH changed AS (
                    \(update(table, set: columns, from: all, by: key)) AND old.xmin = CAST(new.mark AS XID)
                    RETURNING 1
                )
                SELECT 1 / CAST(COUNT(*) = ? AS INTEGER) FROM changed
                """,
            columns: all)
    }

    private static func update(
        _ table: String, set columns: [Column], from all: [Column], by key: Column
    ) -> String {
        let changes = columns.map { column in
            let value = column.keepsOld ? "COALESCE(new.\(column.name), old.\(column.name))" : "new.\(column.name)"
            return "\(column.name) = \(value)"
        }
        return """
            UPDATE \(table) AS old SET \(changes.joined(separator: ", "))
            FROM \(arrays(all)) AS new (\(all.map(\.name).joined(separator: ", ")))
            WHERE old.\(key.name) = new.\(key.name)
            """
    }

    /// Deletes the rows of a key.
    static func delete(from table: String, by key: Column) -> RowStatement {
        let one = "DELETE FROM \(table) WHERE \(key.name) = ?"
        return RowStatement(
            each: one, alone: one, together: "DELETE FROM \(table) WHERE \(key.name) = ANY(\(key.array))",
            columns: [key])
    }

    private static func arrays(_ columns: [Column]) -> String {
        "unnest(\(columns.map(\.array).joined(separator: ", ")))"
    }

    /// Rows as the arrays of their columns.
    func arrays(of rows: [[SQLValue]]) -> [SQLValue] { Self.arrays(of: rows, columns) }

    fileprivate static func arrays(of rows: [[SQLValue]], _ columns: [Column]) -> [SQLValue] {
        columns.indices.map { index in
            columns[index].isText
                ? .texts(rows.map { if case .text(let text) = $0[index] { text } else { nil } })
                : .integers(rows.map { if case .integer(let number) = $0[index] { number } else { nil } })
        }
    }
}

/// A statement that writes all rows or fails.
struct GuardedStatement: Sendable {
    fileprivate let alone: String
    fileprivate let together: String
    fileprivate let columns: [RowStatement.Column]

    /// The call for rows.
    func call(_ rows: [[SQLValue]]) -> SQLCall {
        if rows.count == 1 { return SQLCall(alone, rows[0]) }
        return SQLCall(together, RowStatement.arrays(of: rows, columns) + [.int(rows.count)])
    }
}
