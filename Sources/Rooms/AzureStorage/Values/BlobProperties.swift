// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// What is known of a blob beside its bytes.
public struct BlobProperties: Sendable, Equatable {
    /// The mark of this version.
    public var etag: ETag
    /// When content, metadata or properties last changed.
    public var lastModified: StorageTime
    /// When the name was first written.
    public var created: StorageTime
    /// How many bytes.
    public var length: Int64
    /// The header fields it is served with.
    public var headers: ContentHeaders
    /// What its owner keeps with it.
    public var metadata: BlobMetadata
    /// The copy that made it; nil when it was not copied.
    public var copy: BlobCopy?

    /// Properties of these parts.
    public init(
        etag: ETag, modified: StorageTime, created: StorageTime, length: Int64, headers: ContentHeaders
    ) {
        self.etag = etag
        lastModified = modified
        self.created = created
        self.length = length
        self.headers = headers
        metadata = .none
    }
}

/// How a blob came to be a copy of another.
public struct BlobCopy: Sendable, Equatable {
    /// The copy's own id.
    public let id: String
    /// The address it was copied from, without its signature.
    public let source: String
    /// When it was done.
    public let completed: StorageTime

    /// A copy of these parts.
    public init(id: String, source: String, completed: StorageTime) {
        self.id = id
        self.source = source
        self.completed = completed
    }
}

/// Who may read a container without a signature.
public enum PublicAccess: String, Sendable, Codable {
    /// Nobody.
    case none = ""
    /// Anybody reads blobs whose names they know.
    case blob
    /// Anybody reads and lists.
    case container
}

/// What is known of a container.
public struct ContainerProperties: Sendable, Equatable {
    /// The mark of this version.
    public var etag: ETag
    /// When metadata or access last changed; writing blobs does not count.
    public var lastModified: StorageTime
    /// Who may read it without a signature.
    public var access: PublicAccess
    /// What its owner keeps with it.
    public var metadata: BlobMetadata

    /// Properties of these parts.
    public init(etag: ETag, lastModified: StorageTime, access: PublicAccess, metadata: BlobMetadata) {
        self.etag = etag
        self.lastModified = lastModified
        self.access = access
        self.metadata = metadata
    }
}
