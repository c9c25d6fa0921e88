// Darkroom
// SPDX-License-Identifier: Apache-2.0

public import AzureStorage
import Basics
import Crypto
import SQL

extension BlobStore {
    /// Writes bytes from memory as a blob; returns once it is durable and announced.
    ///
    /// - Throws: ``StorageError`` `ContainerNotFound`, `ConditionNotMet`, `BlobAlreadyExists`; what the disk says.
    @discardableResult
    public func put(
        _ bytes: [UInt8], as address: BlobAddress, _ write: BlobWrite = BlobWrite()
    ) async throws -> BlobProperties {
        var writer = contentWriter(checksums: .md5)
        try await writer.write(bytes)
        return try await commit(writer.finish().content, as: address, write)
    }

    /// An empty file to write a blob's content into.
    public func stage() async throws -> StagedFile {
        try await disk.run { [folder, disk] in
            let (name, _) = try folder.create()
            return StagedFile(name: name, folder: folder, pool: disk)
        }
    }

    /// Makes a blob of what was written into a staged file; returns once it is durable and announced.
    ///
    /// The file must not be written to any more.
    ///
    /// - Throws: as ``put(_:as:_:)``.
    @discardableResult
    public func commit(
        _ staged: StagedFile, as address: BlobAddress, _ write: BlobWrite = BlobWrite()
    ) async throws -> BlobProperties {
        let content = try await disk.run { [folder, configuration] in
            try NewContent(staged, in: folder, inlineLimit: configuration.inlineLimitBytes)
        }
        return try await commit(content, as: address, write)
    }

    /// Deletes a blob; returns once that is durable and announced.
    ///
    /// - Throws: ``StorageError`` `ContainerNotFound`, `BlobNotFound`, `ConditionNotMet`.
    public func delete(_ address: BlobAddress, conditions: BlobConditions = .none) async throws {
        try await change { transaction in
            let container = try transaction.container(address.container)
            guard let row = try transaction.blob(address.name, in: container.id) else {
                throw StorageError(.blobNotFound)
            }
            try conditions.checkWrite(etag: row.properties.etag, modified: row.properties.lastModified)
            try transaction.delete(row, named: address.name, in: container.id)
            try transaction.discardUpload(address.name, in: container.id)
            let event = BlobEvent(
                sequence: try transaction.stamp().ticks, kind: .deleted, blob: address, version: row.properties,
                api: "DeleteBlob")
            try transaction.announce(event, version: row)
        }
    }

    /// Replaces a blob's metadata; the version gets a new mark.
    ///
    /// - Throws: ``StorageError`` `ContainerNotFound`, `BlobNotFound`, `ConditionNotMet`.
    @discardableResult
    public func setMetadata(
        of address: BlobAddress, to metadata: BlobMetadata, conditions: BlobConditions = .none
    ) async throws -> BlobProperties {
        try await changeBlob(address, conditions) { $0.metadata = metadata }
    }

    /// Replaces the header fields that a blob is served with; the version gets a new mark.
    ///
    /// - Throws: ``StorageError`` `ContainerNotFound`, `BlobNotFound`, `ConditionNotMet`.
    @discardableResult
    public func setHeaders(
        of address: BlobAddress, to headers: ContentHeaders, conditions: BlobConditions = .none
    ) async throws -> BlobProperties {
        try await changeBlob(address, conditions) { $0.headers = headers }
    }

    private func changeBlob(
        _ address: BlobAddress, _ conditions: BlobConditions, _ edit: @escaping @Sendable (inout BlobProperties) -> Void
    ) async throws -> BlobProperties {
        try await change { transaction in
            let container = try transaction.container(address.container)
            guard var row = try transaction.blob(address.name, in: container.id) else {
                throw StorageError(.blobNotFound)
            }
            try conditions.checkWrite(etag: row.properties.etag, modified: row.properties.lastModified)
            edit(&row.properties)
            row.properties.lastModified = try transaction.stamp()
            row.properties.etag = ETag(stamp: row.properties.lastModified)
            try transaction.put(row, as: address.name, in: container.id, over: nil)
            return row.properties
        }
    }
}

extension BlobStore {
    func contentWriter(checksums: ContentWriter.Checksums) -> ContentWriter {
        ContentWriter(
            folder: folder, pool: disk, inlineLimit: configuration.inlineLimitBytes, checksums: checksums)
    }

    /// The one commit: content, blob and event.
    func commit(_ content: NewContent, as address: BlobAddress, _ write: BlobWrite) async throws -> BlobProperties {
        try await change(with: content) { transaction in
            let container = try transaction.container(address.container)
            let existing = try transaction.blob(address.name, in: container.id)
            try write.check(over: existing)
            let stamp = try transaction.stamp()
            try transaction.add(content, at: stamp)
            let row = write.row(
                content: stamp.ticks, length: content.length, md5: content.md5, at: stamp, over: existing)
            try transaction.finish(row, as: address, in: container.id, over: existing, api: write.api)
            return row.properties
        }
    }

    /// Runs a write that points to new content, which is the store's from then on.
    func change<Value: Sendable>(
        with content: NewContent, _ body: @escaping @Sendable (StoreTransaction) throws -> Value
    ) async throws -> Value {
        do {
            let value = try await change(body)
            content.keep()
            return value
        } catch let error as SQLError {
            // A commit that failed on its way to the disk may still be found there after a restart, and must then
            // find its file; if it is not, the sweep takes the file.
            content.keep()
            throw error
        }
    }
}

extension BlobWrite {
    /// Throws unless the write may go on.
    func check(over existing: BlobRow?) throws {
        if mayOnlyCreate, existing != nil { throw StorageError(.authorizationPermissionMismatch) }
        try conditions.checkCreate(over: existing?.version)
    }

    /// The row of the version that the write makes.
    func row(content: Int64, length: Int64, md5: [UInt8]?, at stamp: StorageTime, over existing: BlobRow?) -> BlobRow {
        var headers = headers
        headers.type = headers.type ?? ContentHeaders.defaultType
        headers.md5 = headers.md5 ?? md5
        var properties = BlobProperties(
            etag: ETag(stamp: stamp), modified: stamp, created: existing?.properties.created ?? stamp, length: length,
            headers: headers)
        properties.metadata = metadata
        return BlobRow(properties: properties, content: content)
    }
}

extension StoreTransaction {
    /// Writes the row of a new version, lets go of what it replaces, and announces it.
    func finish(
        _ row: BlobRow, as address: BlobAddress, in container: Int64, over existing: BlobRow?, api: String
    ) throws {
        try put(row, as: address.name, in: container, over: existing)
        try discardUpload(address.name, in: container)
        let event = BlobEvent(
            sequence: row.properties.lastModified.ticks, kind: .created, blob: address, version: row.properties,
            api: api)
        try announce(event, version: row)
    }
}

extension NewContent {
    /// Takes over a file that somebody has written.
    init(_ staged: StagedFile, in folder: ContentFolder, inlineLimit: Int) throws {
        let file = try ContentFile.read(staged.path)
        length = try file.length()
        if length <= inlineLimit {
            let bytes = try file.read(0..<length)
            place = .inline(bytes)
            md5 = Digest.md5.of(bytes)
        } else {
            md5 = try file.md5(length: length)
            try folder.makeDurable(file, named: staged.name)
            place = .file(staged)
        }
    }
}
