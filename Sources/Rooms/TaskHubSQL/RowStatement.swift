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
            together: """
                INSERT INTO \(table) (\(names)) OVERRIDING SYSTEM VALUE
                SELECT * FROM \(arrays(columns))\(conflict)
                """,
            columns: columns)
    }

    /// Changes the rows of a key, which is the last value of each row.
    static func update(_ table: String, set columns: [Column], by key: Column) -> RowStatement {
        let each = columns.map { column in
            column.keepsOld ? "\(column.name) = COALESCE(?, \(column.name))" : "\(column.name) = ?"
        }
        let together = columns.map { column in
            let value = column.keepsOld ? "COALESCE(new.\(column.name), old.\(column.name))" : "new.\(column.name)"
            return "\(column.name) = \(value)"
        }
        let all = columns + [key]
        return RowStatement(
            each: "UPDATE \(table) SET \(each.joined(separator: ", ")) WHERE \(key.name) = ?",
            together: """
                UPDATE \(table) AS old SET \(together.joined(separator: ", "))
                FROM \(arrays(all)) AS new (\(all.map(\.name).joined(separator: ", ")))
                WHERE old.\(key.name) = new.\(key.name)
                """,
            columns: all)
    }

    /// Deletes the rows of a key.
    static func delete(from table: String, by key: Column) -> RowStatement {
        RowStatement(
            each: "DELETE FROM \(table) WHERE \(key.name) = ?",
            together: "DELETE FROM \(table) WHERE \(key.name) = ANY(\(key.array))", columns: [key])
    }

    private static func arrays(_ columns: [Column]) -> String {
        "unnest(\(columns.map(\.array).joined(separator: ", ")))"
    }

    /// Rows as the arrays of their columns.
    func arrays(of rows: [[SQLValue]]) -> [SQLValue] {
        columns.indices.map { index in
            columns[index].isText
                ? .texts(rows.map { if case .text(let text) = $0[index] { text } else { nil } })
                : .integers(rows.map { if case .integer(let number) = $0[index] { number } else { nil } })
        }
    }
}
