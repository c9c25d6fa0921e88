// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// A container's name that the service accepts.
public struct ContainerName: Sendable, Hashable, Comparable, Codable, CustomStringConvertible {
    /// The name.
    public let text: String

    /// Accepts 3 to 63 lower-case letters, digits and single hyphens, and the service's own `$root`, `$web`, `$logs`.
    ///
    /// - Throws: ``StorageError`` `InvalidResourceName` (or `OutOfRangeInput` for its length).
    public init(_ text: String) throws {
        if !["$root", "$web", "$logs"].contains(text) { try Self.check(text) }
        self.text = text
    }

    /// The name.
    public var description: String { text }

    /// In the order of listings.
    public static func < (left: ContainerName, right: ContainerName) -> Bool {
        left.text.utf8.lexicographicallyPrecedes(right.text.utf8)
    }

    private static func check(_ text: String) throws {
        guard (3...63).contains(text.utf8.count) else {
            throw StorageError(.outOfRangeInput, "A container name is 3 to 63 characters long.")
        }
        let bytes = Array(text.utf8)
        let alphabet = bytes.allSatisfy { isLowerAlphanumeric($0) || $0 == UInt8(ascii: "-") }
        let edges = isLowerAlphanumeric(bytes[0]) && isLowerAlphanumeric(bytes[bytes.count - 1])
        guard alphabet, edges, !text.contains("--") else {
            throw StorageError(
                .invalidResourceName,
                "A container name has lower-case letters, digits and single hyphens between them.")
        }
    }

    private static func isLowerAlphanumeric(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
}

/// A blob's name that the service accepts.
///
/// Any text is a name, `..`, `//` and `%` too: names never become file paths.
public struct BlobName: Sendable, Hashable, Comparable, Codable, CustomStringConvertible {
    /// The name, decoded.
    public let text: String

    /// Accepts 1 to 1024 characters without NUL; a backslash becomes a slash, as the service does it.
    ///
    /// - Throws: ``StorageError`` `InvalidUri` or `OutOfRangeInput`.
    public init(_ text: String) throws {
        guard !text.isEmpty, text.utf16.count <= 1024 else {
            throw StorageError(.outOfRangeInput, "A blob name is 1 to 1024 characters long.")
        }
        guard !text.utf8.contains(0) else {
            throw StorageError(.invalidUri, "A blob name cannot hold the character NUL.")
        }
        self.text =
            text.utf8.contains(UInt8(ascii: "\\"))
            ? String(decoding: text.utf8.map { $0 == UInt8(ascii: "\\") ? UInt8(ascii: "/") : $0 }, as: UTF8.self)
            : text
    }

    /// The name.
    public var description: String { text }

    /// In the order of listings: by Unicode scalars, which is the order of the UTF-8 bytes.
    public static func < (left: BlobName, right: BlobName) -> Bool {
        left.text.utf8.lexicographicallyPrecedes(right.text.utf8)
    }

    /// Same scalars; canonically equivalent spellings are different blobs.
    public static func == (left: BlobName, right: BlobName) -> Bool { left.text.utf8.elementsEqual(right.text.utf8) }

    /// Feeds the scalars.
    public func hash(into hasher: inout Hasher) {
        for byte in text.utf8 { hasher.combine(byte) }
    }
}

extension ContainerName {
    /// Reads a name and checks it.
    public init(from decoder: any Decoder) throws { try self.init(decoder.singleValueContainer().decode(String.self)) }

    /// Writes the name.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}

extension BlobName {
    /// Reads a name and checks it.
    public init(from decoder: any Decoder) throws { try self.init(decoder.singleValueContainer().decode(String.self)) }

    /// Writes the name.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}

/// Where a container is.
public struct ContainerAddress: Sendable, Hashable, Codable, CustomStringConvertible {
    /// The storage account's name.
    public let account: String
    /// The container's name.
    public let container: ContainerName

    /// A place of these parts.
    public init(account: String, container: ContainerName) {
        self.account = account
        self.container = container
    }

    /// A place of these parts, as text.
    ///
    /// - Throws: ``StorageError`` when the container's name is not acceptable.
    public init(account: String, container: String) throws {
        self.init(account: account, container: try ContainerName(container))
    }

    /// `account/container`.
    public var description: String { "\(account)/\(container)" }
}

/// Where a blob is.
public struct BlobAddress: Sendable, Hashable, Codable, CustomStringConvertible {
    /// The container it lies in.
    public let container: ContainerAddress
    /// Its name there.
    public let name: BlobName

    /// A place of these parts.
    public init(container: ContainerAddress, name: BlobName) {
        self.container = container
        self.name = name
    }

    /// A place of these parts, as text.
    ///
    /// - Throws: ``StorageError`` when a name is not acceptable.
    public init(account: String, container: String, name: String) throws {
        self.init(container: try ContainerAddress(account: account, container: container), name: try BlobName(name))
    }

    /// `account/container/name`.
    public var description: String { "\(container)/\(name)" }
}
