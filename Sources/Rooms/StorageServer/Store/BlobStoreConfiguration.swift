// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// The bounds of a blob store.
public struct BlobStoreConfiguration: Sendable {
    /// Content up to this many bytes lies in its database row, so that one shared commit makes it durable; longer
    /// content gets a file.
    public var inlineLimitBytes = 64 << 10
    /// How many threads read and write content files.
    public var diskThreads = 4
    /// Uncommitted blocks go this long after the last of them was written to their blob.
    public var blockExpiry = Duration.seconds(7 * 86_400)
    /// Events go this long after they happened, read or not.
    public var eventRetention = Duration.seconds(7 * 86_400)
    /// The most events that are kept, read or not; the oldest go first.
    public var eventLimit = 1_000_000
    /// How often expired things are looked for.
    public var housekeepingInterval = Duration.seconds(3_600)
    /// The most uncommitted blocks of a blob.
    public var uncommittedBlocksPerBlob = 100_000
    /// The most committed blocks of a blob.
    public var committedBlocksPerBlob = 50_000

    /// The defaults.
    public init() {}
}
