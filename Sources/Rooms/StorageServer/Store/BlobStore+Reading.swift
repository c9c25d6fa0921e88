// Darkroom
// SPDX-License-Identifier: Apache-2.0

public import AzureStorage
import Basics
import HTTP
import SQL

/// What a conditional read finds.
public enum BlobReading<Found: Sendable>: Sendable {
    /// The version and what was asked for of it.
    case found(Found)
    /// The caller has this version already.
    case notModified(BlobProperties)
}

extension BlobStore {
    /// Opens a blob, or a part of it.
    ///
    /// - Throws: ``StorageError`` `ContainerNotFound`, `BlobNotFound`, `ConditionNotMet` (also when only a changed
    ///   version was wanted), `InvalidRange`.
    public func open(
        _ address: BlobAddress, range: ByteRange? = nil, conditions: BlobConditions = .none
    ) async throws -> BlobContent {
        guard case .found(let content) = try await read(address, range: range, conditions: conditions) else {
            throw StorageError(.conditionNotMet)
        }
        return content
    }

    /// Opens a blob, or a part of it, unless the caller has it already.
    ///
    /// - Throws: ``StorageError`` `ContainerNotFound`, `BlobNotFound`, `ConditionNotMet`, `InvalidRange`.
    public func read(
        _ address: BlobAddress, range: ByteRange? = nil, conditions: BlobConditions = .none
    ) async throws -> BlobReading<BlobContent> {
        var attempts = 0
        while true {
            do {
                return try await readOnce(address, range: range, conditions: conditions)
            } catch let failure as FileFailure where failure.isMissingFile && attempts < 16 {
                // Written over between the row's reading and the file's opening: the row is another one by now.
                attempts += 1
            }
        }
    }

    private func readOnce(
        _ address: BlobAddress, range: ByteRange?, conditions: BlobConditions
    ) async throws -> BlobReading<BlobContent> {
        try await database.read { [folder] connection in
            let row = try Self.find(address, on: connection)
            if try Self.isUnmodified(row, conditions) { return .notModified(row.properties) }
            let places = try range?.resolve(length: row.properties.length) ?? 0..<row.properties.length
            let bytes = try Self.bytes(of: row.content, at: places, in: folder, on: connection)
            return .found(BlobContent(properties: row.properties, range: places, bytes: bytes))
        }
    }

    /// What is known of a blob.
    ///
    /// - Throws: ``StorageError`` `ContainerNotFound`, `BlobNotFound`.
    public func properties(of address: BlobAddress) async throws -> BlobProperties {
        try await database.read { try Self.find(address, on: $0).properties }
    }

    /// What is known of a blob, unless the caller has it already.
    ///
    /// - Throws: ``StorageError`` `ContainerNotFound`, `BlobNotFound`, `ConditionNotMet`.
    public func properties(
        of address: BlobAddress, conditions: BlobConditions
    ) async throws -> BlobReading<BlobProperties> {
        try await database.read { connection in
            let properties = try Self.find(address, on: connection)
            return try Self.isUnmodified(properties, conditions)
                ? .notModified(properties.properties) : .found(properties.properties)
        }
    }

    /// Whether a blob is there.
    public func exists(_ address: BlobAddress) async throws -> Bool {
        do {
            _ = try await properties(of: address)
            return true
        } catch let error as StorageError where [.blobNotFound, .containerNotFound].contains(error.code) {
            return false
        }
    }

    static func find(_ address: BlobAddress, on connection: any SQLConnection) throws -> BlobRow {
        let container = try ContainerRow.find(address.container, on: connection)
        guard let row = try BlobRow.find(address.name, in: container.id, on: connection) else {
            throw StorageError(.blobNotFound)
        }
        return row
    }

    private static func isUnmodified(_ row: BlobRow, _ conditions: BlobConditions) throws -> Bool {
        switch conditions.checkRead(etag: row.properties.etag, modified: row.properties.lastModified) {
        case .holds: return false
        case .notModified: return true
        case .failed: throw StorageError(.conditionNotMet)
        }
    }

    private static func bytes(
        of content: Int64, at range: Range<Int64>, in folder: ContentFolder, on connection: any SQLConnection
    ) throws -> BlobContent.Bytes {
        let rows = try connection.query(
            "SELECT file, substr(bytes, ?, ?) FROM content WHERE id = ?",
            [.integer(range.lowerBound + 1), .int(range.count), .integer(content)])
        guard let row = rows.first else { throw StorageError(.internalError, "A blob has lost its content.") }
        if let name = row.optionalText(0) {
            return .file(try ContentFile.region(range, of: folder.path(of: name)))
        }
        let bytes = row.blob(1)
        guard bytes.count == range.count else { throw StorageError(.internalError, "A blob's row has lost bytes.") }
        return .memory(bytes)
    }
}
