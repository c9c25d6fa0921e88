// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// The mark of one version of a blob or container; every write makes a new one.
public struct ETag: Sendable, Hashable, Codable, CustomStringConvertible {
    /// Without the quotes, as listings carry it: `0x8DC...`.
    public let rawValue: String

    /// A mark given as text, with or without its quotes.
    public init(_ text: String) {
        rawValue =
            text.count >= 2 && text.hasPrefix("\"") && text.hasSuffix("\"") ? String(text.dropFirst().dropLast()) : text
    }

    /// The mark of a write at `stamp`, a moment that no other write has.
    public init(stamp: StorageTime) { rawValue = "0x" + String(stamp.ticks, radix: 16, uppercase: true) }

    /// In quotes, as header fields carry it.
    public var quoted: String { "\"\(rawValue)\"" }

    /// Without the quotes.
    public var description: String { rawValue }
}
