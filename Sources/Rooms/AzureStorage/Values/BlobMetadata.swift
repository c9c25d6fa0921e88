// Darkroom
// SPDX-License-Identifier: Apache-2.0

public import HTTP

/// Names and values that a client keeps with a blob or container.
public struct BlobMetadata: Sendable, Equatable {
    /// One name and its value.
    public struct Entry: Sendable, Equatable, Codable {
        /// An identifier; its case is kept, but two names that differ in case only are the same.
        public let name: String
        /// Text that a header field can carry.
        public let value: String
    }

    /// The most bytes of names and values together.
    public static let largestSize = 8 << 10
    /// What header fields put before a name.
    public static let fieldPrefix = "x-ms-meta-"

    /// In the order given.
    public let entries: [Entry]

    /// No metadata.
    public static let none = BlobMetadata(unchecked: [])

    private init(unchecked entries: [Entry]) { self.entries = entries }

    /// These names and values.
    ///
    /// - Throws: ``StorageError`` `InvalidMetadata`, `EmptyMetadataKey` or `MetadataTooLarge`.
    public init(_ pairs: some Sequence<(String, String)>) throws {
        var entries: [Entry] = []
        var size = 0
        for (name, value) in pairs {
            try Self.check(name, value)
            guard !entries.contains(where: { sameFieldName($0.name, name) }) else {
                throw StorageError(.invalidMetadata, "The metadata name \(name) is given twice.")
            }
            entries.append(Entry(name: name, value: value))
            size += name.utf8.count + value.utf8.count
        }
        guard size <= Self.largestSize else { throw StorageError(.metadataTooLarge) }
        self.init(unchecked: entries)
    }

    /// The `x-ms-meta-` fields of a request or an answer.
    ///
    /// - Throws: ``StorageError`` as above.
    public init(fields: HTTPFields) throws {
        let pairs = fields.all.filter { Self.isMetadata($0.name) }
        try self.init(pairs.map { (String($0.name.dropFirst(Self.fieldPrefix.count)), $0.value) })
    }

    /// The value of a name, its case ignored.
    public subscript(name: String) -> String? { entries.first { sameFieldName($0.name, name) }?.value }

    /// Writes the entries as header fields.
    public func write(to fields: inout HTTPFields) {
        for entry in entries { fields.append(Self.fieldPrefix + entry.name, entry.value) }
    }

    private static func isMetadata(_ fieldName: String) -> Bool {
        fieldName.utf8.count >= fieldPrefix.utf8.count
            && sameFieldName(String(fieldName.prefix(fieldPrefix.count)), fieldPrefix)
    }

    private static func check(_ name: String, _ value: String) throws {
        guard let first = name.utf8.first else { throw StorageError(.emptyMetadataKey) }
        guard isIdentifierStart(first), name.utf8.dropFirst().allSatisfy(isIdentifierPart) else {
            throw StorageError(.invalidMetadata, "A metadata name is an identifier: letters, digits and underscores.")
        }
        guard value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7f }) else {
            throw StorageError(.invalidMetadata, "The value of the metadata \(name) has a control character.")
        }
    }

    private static func isIdentifierStart(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20) || byte == UInt8(ascii: "_")
    }

    private static func isIdentifierPart(_ byte: UInt8) -> Bool {
        isIdentifierStart(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
}

extension BlobMetadata: Codable {
    /// Reads entries that were written by ``encode(to:)``, and checks them again.
    public init(from decoder: any Decoder) throws {
        try self.init([Entry](from: decoder).map { ($0.name, $0.value) })
    }

    /// Writes the entries in order.
    public func encode(to encoder: any Encoder) throws { try entries.encode(to: encoder) }
}
