// Darkroom
// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import ImageStores
import SQLite

/// The stores that every conformance test runs against.
enum StoreKind: String, CaseIterable, Sendable {
    case memory
    case sqlite

    /// Lends an empty store.
    func withStore(_ body: (any ImageRecordStore) async throws -> Void) async throws {
        switch self {
        case .memory: try await body(MemoryImageRecordStore())
        case .sqlite: try await withDatabase { try await body(SQLImageRecordStore(preparing: $0)) }
        }
    }
}

/// Lends an empty database that goes away afterwards.
func withDatabase(_ body: (SQLiteDatabase) async throws -> Void) async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "records-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let database = try SQLiteDatabase(path: folder.appending(path: "records.sqlite").path())
    defer { database.close() }
    try await body(database)
}

/// A record of `images-input/<name>`, written `sequence` milliseconds after 2026 began.
func record(
    _ name: String, sequence: Int64 = 1, status: ImageRecord.Status = .processed, container: String = "images-input"
) -> ImageRecord {
    ImageRecord(
        key: ImageKey(account: "devstoreaccount1", container: container, name: name),
        version: ImageVersion(sequence: sequence, etag: "0x8DC\(sequence)"), status: status, sizeInBytes: 1_234_567,
        time: Date(timeIntervalSince1970: Double(1_767_225_600_000 + sequence) / 1000))
}

/// A record with every field set.
func fullRecord() -> ImageRecord {
    var facts = ImageFacts(width: 4000, height: 3000, format: "JPEG")
    facts.takenAt = "2026-05-04T03:02:01"
    facts.camera = "Maker Model"
    facts.place = .init(latitude: -33.8568, longitude: 151.2153)
    facts.orientation = 6
    facts.colourSpace = "srgb"
    facts.hasICCProfile = true
    facts.bitDepth = 8
    facts.hasAlpha = false
    facts.frames = 1
    facts.dominantColour = "#8a6b52"
    facts.blurhash = "LEHV6nWB2yk8pyo0adR*.7kCMdnj"
    var thumbnail = ImageRendition(name: "thumbnail", container: "thumbnails", blob: "kat żółta.jpg", format: "jpeg")
    thumbnail.width = 100
    thumbnail.height = 75
    thumbnail.bytes = 4_321
    var record = record("ordner/kat żółta.jpg", sequence: 42, status: .failed)
    record.facts = facts
    record.reason = .init(code: "truncated", sentence: "The file ends in the middle of the picture.")
    record.sha256 = String(repeating: "ab", count: 32)
    record.user = "vendor 7"
    record.runID = "run-1"
    record.renditions = [thumbnail]
    return record
}
