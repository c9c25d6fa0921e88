// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// What goes with new content, and when it may be written.
public struct BlobWrite: Sendable, Equatable {
    /// The header fields it will be served with; a missing MD5 is computed.
    public var headers: ContentHeaders
    /// What its owner keeps with it; replaces what was there.
    public var metadata: BlobMetadata
    /// What must hold first.
    public var conditions: BlobConditions
    /// Whether the caller may write where nothing is but not over something.
    public var mayOnlyCreate = false
    /// The operation's name in the event.
    public var api: String

    /// A write of these parts.
    public init(
        headers: ContentHeaders = ContentHeaders(), metadata: BlobMetadata = .none,
        conditions: BlobConditions = .none, api: String = "PutBlob"
    ) {
        self.headers = headers
        self.metadata = metadata
        self.conditions = conditions
        self.api = api
    }
}
