// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// Which blobs a listing shows, and how many at once.
public struct BlobListQuery: Sendable, Equatable {
    /// The most entries of one page.
    public static let largestPage = 5_000

    /// Names begin with it.
    public var prefix = ""
    /// Names that have it behind the prefix are shown as one prefix; nil lists flat.
    public var delimiter: String?
    /// Where the last page ended.
    public var marker: String?
    /// The most entries, prefixes counted.
    public var limit = BlobListQuery.largestPage
    /// Whether metadata comes along.
    public var includesMetadata = false
    /// Whether names with nothing but uncommitted blocks are shown.
    public var includesUncommitted = false

    /// Everything, flat.
    public init() {}

    /// Everything below a prefix, flat.
    public init(prefix: String) { self.prefix = prefix }
}

/// One page of a listing.
public struct BlobListPage: Sendable, Equatable {
    /// An entry.
    public enum Entry: Sendable, Equatable {
        /// A blob and its properties.
        case blob(BlobName, BlobProperties)
        /// A name that has uncommitted blocks only.
        case uncommitted(BlobName)
        /// The common beginning of several names, the delimiter included.
        case prefix(String)
    }

    /// In the order of names.
    public var entries: [Entry]
    /// Where the next page begins; nil at the end.
    public var nextMarker: String?

    /// A page of these parts.
    public init(entries: [Entry], nextMarker: String?) {
        self.entries = entries
        self.nextMarker = nextMarker
    }

    /// The blobs among the entries.
    public var blobs: [(name: BlobName, properties: BlobProperties)] {
        entries.compactMap { if case .blob(let name, let properties) = $0 { (name, properties) } else { nil } }
    }
}

/// Which containers a listing shows, and how many at once.
public struct ContainerListQuery: Sendable, Equatable {
    /// Names begin with it.
    public var prefix = ""
    /// Where the last page ended.
    public var marker: String?
    /// The most entries.
    public var limit = BlobListQuery.largestPage
    /// Whether metadata comes along.
    public var includesMetadata = false

    /// Everything.
    public init() {}
}

/// One page of a listing of containers.
public struct ContainerListPage: Sendable, Equatable {
    /// A container in a page.
    public struct Entry: Sendable, Equatable {
        /// Its name.
        public let name: ContainerName
        /// What is known of it.
        public let properties: ContainerProperties

        /// An entry of these parts.
        public init(name: ContainerName, properties: ContainerProperties) {
            self.name = name
            self.properties = properties
        }
    }

    /// In the order of names.
    public var entries: [Entry]
    /// Where the next page begins; nil at the end.
    public var nextMarker: String?

    /// A page of these parts.
    public init(entries: [Entry], nextMarker: String?) {
        self.entries = entries
        self.nextMarker = nextMarker
    }
}
