// Darkroom
// SPDX-License-Identifier: Apache-2.0

import AzureStorage
import HTTP
public import ImageStores
public import Imaging
public import Pipeline
public import StorageServer

/// The pipeline's storage when the blobs are in this program: no HTTP between, files are shared.
public struct EmbeddedPictureStorage: PictureStorage {
    /// The rendition's metadata that says which version of the picture it was made from.
    private static let sequenceName = "sourcesequence"
    /// As above: the picture's ETag.
    private static let etagName = "sourceetag"
    /// The blob's metadata that says who uploaded it; the first that is there counts.
    private static let userNames = ["user", "uploaded_by", "uploadedby"]

    private let store: BlobStore

    /// A storage over the program's own blobs.
    public init(_ store: BlobStore) { self.store = store }

    /// What is there under a name now.
    public func current(_ key: ImageKey) async throws -> StoredPicture? {
        guard let properties = try await existing(address(of: key)) else { return nil }
        return StoredPicture(
            version: ImageVersion(properties), sizeInBytes: properties.length,
            user: Self.userNames.lazy.compactMap { properties.metadata[$0] }.first)
    }

    /// Lends the bytes of one version of a picture.
    public func withContent<Value: Sendable>(
        of key: ImageKey, version: ImageVersion, _ body: (ImageSource) async throws -> Value
    ) async throws -> Value {
        switch try await open(address(of: key), version).bytes {
        case .memory(let bytes): return try await body(.bytes(bytes))
        case .file(let region):
            // The region closes its descriptor when it is let go, which must not be before the body is done.
            defer { withExtendedLifetime(region) {} }
            return try await body(.descriptor(region.descriptor))
        }
    }

    /// Makes an empty file in the store's own folder, so that publishing moves no bytes.
    public func stage() async throws -> any StagedRendition {
        EmbeddedStagedRendition(file: try await store.stage())
    }

    /// Makes a staged file the content of a blob, unless a rendition of a later version is there.
    public func publish(_ staged: any StagedRendition, as rendition: PublishedRendition) async throws {
        guard let staged = staged as? EmbeddedStagedRendition else {
            preconditionFailure("a staged file is published by the storage that made it")
        }
        let place = try BlobAddress(
            account: rendition.picture.account, container: rendition.container, name: rendition.name)
        var write = try BlobWrite(
            headers: ContentHeaders(type: rendition.result.contentType),
            metadata: BlobMetadata([
                (Self.sequenceName, rendition.version.sequence), (Self.etagName, rendition.version.etag),
            ]), conditions: .ifAbsent)
        while true {
            do {
                _ = try await store.commit(staged.file, as: place, write)
                return
            } catch let error as StorageError where [.blobAlreadyExists, .conditionNotMet].contains(error.code) {
                // Somebody else's rendition is there: an earlier attempt's, an older version's or a later one's.
                let existing = try await existing(place)
                if let existing, isUpToDate(existing, with: rendition) { return }
                write.conditions = existing.map { .ifMatch($0.etag) } ?? .ifAbsent
            } catch let error as StorageError where error.code == .containerNotFound {
                // Deleted by its owner; the next picture needs it all the same.
                try await store.createContainerIfMissing(place.container)
            }
        }
    }

    private func isUpToDate(_ existing: BlobProperties, with rendition: PublishedRendition) -> Bool {
        guard let sequence = existing.metadata[Self.sequenceName], let etag = existing.metadata[Self.etagName] else {
            return false
        }
        if ImageVersion(sequence: sequence, etag: etag).isLater(than: rendition.version) { return true }
        return etag == rendition.version.etag && existing.length == Int64(rendition.result.sizeBytes)
    }

    private func open(_ address: BlobAddress, _ version: ImageVersion) async throws -> BlobContent {
        do {
            return try await store.open(address, conditions: .ifMatch(ETag(version.etag)))
        } catch let error as StorageError {
            switch error.code {
            case .blobNotFound, .containerNotFound: throw PictureUnavailable.gone
            case .conditionNotMet: throw PictureUnavailable.replaced
            default: throw error
            }
        }
    }

    private func existing(_ address: BlobAddress) async throws -> BlobProperties? {
        do {
            return try await store.properties(of: address)
        } catch let error as StorageError where [.blobNotFound, .containerNotFound].contains(error.code) {
            return nil
        }
    }

    private func address(of key: ImageKey) throws -> BlobAddress {
        try BlobAddress(account: key.account, container: key.container, name: key.name)
    }
}

/// A file in the store's folder.
private final class EmbeddedStagedRendition: StagedRendition {
    let file: StagedFile

    init(file: StagedFile) { self.file = file }

    var output: ImageOutput { .file(file.path) }
}

extension ImageVersion {
    /// The version that properties belong to: every write of the store has a moment of its own.
    init(_ properties: BlobProperties) {
        self.init(sequence: properties.lastModified.ticks, etag: properties.etag.rawValue)
    }
}
