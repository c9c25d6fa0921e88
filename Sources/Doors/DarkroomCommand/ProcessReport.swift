// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import FoundationEssentials
import Imaging

/// The table that `darkroom process` prints.
struct ProcessReport {
    /// One file, as JSON shows it.
    struct Row: Encodable {
        let fileName: String
        let status: String
        let facts: ImageFacts?
        let renditions: [RenditionResult]
        let reason: PictureFolder.Trouble?
    }

    private let rows: [Row]

    init(_ outcomes: [PictureFolder.Outcome]) {
        rows = outcomes.map {
            Row(
                fileName: $0.file.name, status: $0.trouble == nil ? "processed" : "failed",
                facts: $0.result?.facts, renditions: $0.result?.renditions ?? [], reason: $0.trouble)
        }
    }

    func text(as format: Process.Format) throws -> String {
        switch format {
        case .text: table
        case .json: try encodeJSON(rows)
        case .csv: csv
        }
    }

    private var table: String {
        var table = Table([
            .init(heading: "file"), .init(heading: "KB", isNumber: true), .init(heading: "width", isNumber: true),
            .init(heading: "height", isNumber: true), .init(heading: "format"), .init(heading: "renditions"),
        ])
        for row in rows { table.add(cells(of: row) + [row.reason?.description ?? renditions(of: row)]) }
        return table.text
    }

    private var csv: String {
        let heading = "file_name,file_size_kb,width,height,format,status,reason"
        let lines = rows.map { row in
            (cells(of: row) + [row.status, row.reason?.description ?? ""]).map(quoted).joined(separator: ",")
        }
        return ([heading] + lines).joined(separator: "\n")
    }

    private func cells(of row: Row) -> [String] {
        guard let facts = row.facts else { return [row.fileName, "", "", "", ""] }
        return [
            row.fileName, formatNumber(facts.sizeKB, places: 2), "\(facts.width)", "\(facts.height)",
            facts.format.rawValue,
        ]
    }

    private func renditions(of row: Row) -> String {
        row.renditions.map { "\($0.name) \($0.width)×\($0.height) \(formatBytes(Int64($0.sizeBytes)))" }
            .joined(separator: ", ")
    }

    /// Quoted when it must be (RFC 4180).
    private func quoted(_ cell: String) -> String {
        guard cell.contains(where: { ",\"\n\r".contains($0) }) else { return cell }
        return "\"\(cell.replacing("\"", with: "\"\""))\""
    }
}
