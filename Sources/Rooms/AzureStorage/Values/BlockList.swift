// Darkroom
// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials

/// A block's id: up to 64 bytes, written in base64.
public struct BlockID: Sendable, Hashable, CustomStringConvertible {
    /// In base64, as on the wire.
    public let text: String
    /// How many bytes it stands for; all ids of a blob have the same.
    public let byteCount: Int

    /// An id as on the wire.
    ///
    /// - Throws: ``StorageError`` `InvalidQueryParameterValue`.
    public init(_ text: String) throws {
        guard let bytes = Data(base64Encoded: text), (1...64).contains(bytes.count) else {
            throw StorageError.invalidQuery("blockid", text, "Not a valid base64 string.")
        }
        self.text = text
        byteCount = bytes.count
    }

    /// In base64.
    public var description: String { text }
}

/// Which blocks a blob is put together from, in order.
public struct BlockReference: Sendable, Equatable {
    /// Where a block is looked for.
    public enum Source: String, Sendable {
        /// Among the blocks of the blob as it is.
        case committed = "Committed"
        /// Among the blocks uploaded since.
        case uncommitted = "Uncommitted"
        /// Among those uploaded since, then in the blob as it is.
        case latest = "Latest"
    }

    /// Where to look.
    public let source: Source
    /// For which block.
    public let id: BlockID

    /// A reference of these parts.
    public init(_ source: Source, _ id: BlockID) {
        self.source = source
        self.id = id
    }
}

/// A block and its size in bytes.
public struct BlockSize: Sendable, Equatable {
    /// The block's id.
    public let id: BlockID
    /// Its size in bytes.
    public let length: Int64

    /// A block of these parts.
    public init(id: BlockID, length: Int64) {
        self.id = id
        self.length = length
    }
}

/// The blocks of a blob.
public struct BlobBlocks: Sendable, Equatable {
    /// Those that the blob consists of, in order.
    public var committed: [BlockSize]
    /// Those uploaded since, in order of their ids.
    public var uncommitted: [BlockSize]
    /// The blob's version; nil while nothing is committed.
    public var version: BlobProperties?

    /// Blocks of these parts.
    public init(committed: [BlockSize], uncommitted: [BlockSize], version: BlobProperties?) {
        self.committed = committed
        self.uncommitted = uncommitted
        self.version = version
    }
}
