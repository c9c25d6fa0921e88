// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// Something happened to a blob; the same facts as in an Event Grid event of the service.
public struct BlobEvent: Sendable, Equatable, Codable {
    /// What happened.
    public enum Kind: String, Sendable, Codable {
        /// A blob was written, or written over.
        case created = "Microsoft.Storage.BlobCreated"
        /// A blob was deleted.
        case deleted = "Microsoft.Storage.BlobDeleted"
    }

    /// Its place in the feed: events are read in this order, and no two share one.
    public let sequence: Int64
    /// What happened.
    public let kind: Kind
    /// To which blob.
    public let blob: BlobAddress
    /// The version that was written or deleted.
    public let etag: ETag
    /// How many bytes the version has.
    public let contentLength: Int64
    /// The version's `Content-Type`.
    public let contentType: String
    /// The operation that did it, such as `PutBlob`.
    public let api: String
    /// When.
    public let time: StorageTime

    /// An event of a version.
    public init(sequence: Int64, kind: Kind, blob: BlobAddress, version: BlobProperties, api: String) {
        self.sequence = sequence
        self.kind = kind
        self.blob = blob
        etag = version.etag
        contentLength = version.length
        contentType = version.headers.type ?? ContentHeaders.defaultType
        self.api = api
        time = StorageTime(ticks: sequence)
    }
}
