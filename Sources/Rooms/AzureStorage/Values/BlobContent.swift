// Darkroom
// SPDX-License-Identifier: Apache-2.0

public import HTTP

/// A blob opened for reading: what it is, and its bytes or the part that was asked for.
///
/// Content never changes once written, so the bytes belong to the properties whatever happens to the name meanwhile.
public struct BlobContent: Sendable {
    /// The bytes.
    public enum Bytes: Sendable {
        /// In memory.
        case memory([UInt8])
        /// In an open file, which closes with the last reference.
        case file(HTTPFileRegion)
    }

    /// The version that was opened.
    public let properties: BlobProperties
    /// The places of the bytes in the blob.
    public let range: Range<Int64>
    /// The bytes of those places.
    public let bytes: Bytes

    /// Content of these parts.
    public init(properties: BlobProperties, range: Range<Int64>, bytes: Bytes) {
        self.properties = properties
        self.range = range
        self.bytes = bytes
    }
}
