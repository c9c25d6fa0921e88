// Darkroom
// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import SQL

/// A record as a row of `ImageMetadata`, and back.
enum ImageMetadataRow {
    /// The columns, in the order in which rows are written and read.
    static let columns = identity + measurements + bookkeeping

    private static let identity = [
        "file_name", "file_size_kb", "width", "height", "format", "id", "account", "container", "blob_name", "etag",
        "sequence", "status", "reason_code", "reason", "size_bytes", "sha256", "uploaded_by",
    ]
    private static let measurements = [
        "taken_at", "camera", "gps_latitude", "gps_longitude", "orientation", "colour_space", "icc_profile",
        "bit_depth", "alpha", "frames", "dominant_colour", "blurhash",
    ]
    private static let bookkeeping = ["renditions", "run_id", "created_at", "updated_at"]

    private static let places = Dictionary(
        uniqueKeysWithValues: columns.enumerated().map { (name: $0.element, place: $0.offset) })

    /// The values of a record, one a column.
    static func values(of record: ImageRecord) throws -> [SQLValue] {
        let renditions = try JSONEncoder().encode(record.renditions)
        return identity(of: record) + measurements(in: record.facts) + [
            .text(String(decoding: renditions, as: UTF8.self)), .optional(record.runID),
            .integer(milliseconds(record.createdAt)), .integer(milliseconds(record.updatedAt)),
        ]
    }

    private static func identity(of record: ImageRecord) -> [SQLValue] {
        [
            .text(record.fileName), .real(record.sizeInKB), .optional(record.facts?.width),
            .optional(record.facts?.height), .optional(record.facts?.format), .text(record.key.id),
            .text(record.key.account), .text(record.key.container), .text(record.key.name),
            .text(record.version.etag), .text(record.version.sequence), .text(record.status.rawValue),
            .optional(record.reason?.code), .optional(record.reason?.sentence), .integer(record.sizeInBytes),
            .optional(record.sha256), .optional(record.user),
        ]
    }

    private static func measurements(in facts: ImageFacts?) -> [SQLValue] {
        [
            .optional(facts?.takenAt), .optional(facts?.camera), real(facts?.place?.latitude),
            real(facts?.place?.longitude), .optional(facts?.orientation), .optional(facts?.colourSpace),
            truth(facts?.hasICCProfile), .optional(facts?.bitDepth), truth(facts?.hasAlpha),
            .optional(facts?.frames), .optional(facts?.dominantColour), .optional(facts?.blurhash),
        ]
    }

    private static func real(_ number: Double?) -> SQLValue { number.map(SQLValue.real) ?? .null }

    private static func truth(_ value: Bool?) -> SQLValue { .optional(value.map { $0 ? 1 : 0 }) }

    /// The record in a row of all ``columns``.
    static func record(from row: SQLRow) throws -> ImageRecord {
        let cells = Cells(row: row, places: places)
        guard let key = ImageKey(id: cells.text("id")),
            let status = ImageRecord.Status(rawValue: cells.text("status")),
            let renditions = try? JSONDecoder().decode(
                [ImageRendition].self, from: Data(cells.text("renditions").utf8))
        else {
            throw ImageStoreError(
                code: .invalidRow, message: "a row of ImageMetadata is no record; was the table changed by hand?")
        }
        let version = ImageVersion(sequence: cells.text("sequence"), etag: cells.text("etag"))
        var record = ImageRecord(
            key: key, version: version, status: status, sizeInBytes: cells.int("size_bytes") ?? 0,
            time: date(milliseconds: cells.int("created_at") ?? 0))
        record.fileName = cells.text("file_name")
        record.facts = facts(in: cells)
        record.reason = cells.optional("reason_code").map { .init(code: $0, sentence: cells.text("reason")) }
        record.sha256 = cells.optional("sha256")
        record.user = cells.optional("uploaded_by")
        record.runID = cells.optional("run_id")
        record.renditions = renditions
        record.updatedAt = date(milliseconds: cells.int("updated_at") ?? 0)
        return record
    }

    private static func facts(in cells: Cells) -> ImageFacts? {
        guard let width = cells.int("width"), let height = cells.int("height"), let format = cells.optional("format")
        else { return nil }
        var facts = ImageFacts(width: Int(width), height: Int(height), format: format)
        facts.takenAt = cells.optional("taken_at")
        facts.camera = cells.optional("camera")
        if let latitude = cells.real("gps_latitude"), let longitude = cells.real("gps_longitude") {
            facts.place = .init(latitude: latitude, longitude: longitude)
        }
        facts.orientation = cells.int("orientation").map(Int.init)
        facts.colourSpace = cells.optional("colour_space")
        facts.hasICCProfile = cells.int("icc_profile").map { $0 != 0 }
        facts.bitDepth = cells.int("bit_depth").map(Int.init)
        facts.hasAlpha = cells.int("alpha").map { $0 != 0 }
        facts.frames = cells.int("frames").map(Int.init)
        facts.dominantColour = cells.optional("dominant_colour")
        facts.blurhash = cells.optional("blurhash")
        return facts
    }
}

/// The cells of a row by the names of their columns.
private struct Cells {
    let row: SQLRow
    let places: [String: Int]

    func text(_ column: String) -> String { row.text(place(column)) }
    func optional(_ column: String) -> String? { row.optionalText(place(column)) }
    func int(_ column: String) -> Int64? { row.optionalInt(place(column)) }
    func real(_ column: String) -> Double? { row.optionalReal(place(column)) }

    private func place(_ column: String) -> Int {
        guard let place = places[column] else { preconditionFailure("ImageMetadata has no column \(column)") }
        return place
    }
}
