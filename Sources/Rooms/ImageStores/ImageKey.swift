// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// Which picture a record is about: a blob's place, whatever its version.
public struct ImageKey: Sendable, Hashable, Codable, CustomStringConvertible {
    /// The storage account.
    public let account: String
    /// The container.
    public let container: String
    /// The blob's name, decoded; it may hold slashes.
    public let name: String

    /// The place of a blob.
    public init(account: String, container: String, name: String) {
        self.account = account
        self.container = container
        self.name = name
    }

    /// Reads an ``id`` back; nil when it has fewer than three parts or an empty one.
    public init?(id: String) {
        let parts = id.split(separator: "/", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, parts.allSatisfy({ !$0.isEmpty }) else { return nil }
        self.init(account: String(parts[0]), container: String(parts[1]), name: String(parts[2]))
    }

    /// `account/container/name`: unambiguous, since neither an account nor a container can hold a slash.
    public var id: String { "\(account)/\(container)/\(name)" }

    /// The name without its folders.
    public var fileName: String { name.split(separator: "/").last.map(String.init) ?? name }

    /// The same as ``id``.
    public var description: String { id }
}

/// Which content of a blob a record describes, and which of two contents is the later one.
public struct ImageVersion: Sendable, Equatable, Codable {
    /// Grows with every content the blob gets, compared byte by byte.
    ///
    /// Event Grid's `sequencer` is such a text; a number becomes one by ``init(sequence:etag:)-(Int64,_)``.
    /// Two kinds must not be mixed within one account.
    public let sequence: String
    /// The content's ETag, without quotes.
    public let etag: String

    /// A version that is ordered by a text.
    public init(sequence: String, etag: String) {
        self.sequence = sequence
        self.etag = etag
    }

    /// A version that is ordered by a number, zero or more.
    public init(sequence: Int64, etag: String) {
        precondition(sequence >= 0, "a sequence counts up from zero")
        let digits = String(sequence)
        self.init(sequence: String(repeating: "0", count: 19 - digits.utf8.count) + digits, etag: etag)
    }

    /// Whether this content came after `other`, so that `other` must not replace it.
    public func isLater(than other: ImageVersion) -> Bool {
        other.sequence.utf8.lexicographicallyPrecedes(sequence.utf8)
    }
}
