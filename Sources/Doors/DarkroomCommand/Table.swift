// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// Rows under headings, in columns as wide as their widest cell.
struct Table {
    /// A column's heading and the side its cells lean to.
    struct Column {
        let heading: String
        var isNumber = false
    }

    let columns: [Column]
    private(set) var rows: [[String]] = []

    init(_ columns: [Column]) { self.columns = columns }

    mutating func add(_ cells: [String]) {
        precondition(cells.count == columns.count, "a row has a cell for each column")
        rows.append(cells)
    }

    /// The table as lines, without a line end behind the last.
    var text: String {
        let headings = columns.map(\.heading)
        let widths = columns.indices.map { column in
            ([headings] + rows).map { $0[column].count }.max() ?? 0
        }
        let rule = widths.map { String(repeating: "─", count: $0) }
        return ([headings, rule] + rows).map { line($0, widths) }.joined(separator: "\n")
    }

    private func line(_ cells: [String], _ widths: [Int]) -> String {
        let padded = cells.indices.map {
            columns[$0].isNumber ? cells[$0].paddedLeft(to: widths[$0]) : cells[$0].padded(to: widths[$0])
        }
        var line = padded.joined(separator: "  ")
        while line.last == " " { line.removeLast() }
        return line
    }
}
