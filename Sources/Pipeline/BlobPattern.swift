// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// Which blobs a pipeline wants: `container/{name}`, with an optional text before and after the placeholder
/// (`uploads/2026/{name}.jpg`), as blob triggers write it.
public struct BlobPattern: Sendable, Hashable, Codable, CustomStringConvertible {
    /// The container that is watched.
    public let container: String
    /// What a blob's name must begin with; may be empty.
    public let prefix: String
    /// What a blob's name must end with; may be empty.
    public let suffix: String

    /// A text that is no pattern.
    public struct Invalid: Error, CustomStringConvertible {
        /// What is wrong and what a pattern looks like.
        public let description: String
    }

    /// Reads a pattern.
    ///
    /// - Throws: ``Invalid``.
    public init(_ text: String) throws {
        guard let slash = text.firstIndex(of: "/"), slash != text.startIndex else {
            throw Invalid(description: "\"\(text)\" names no container; write it as \"images-input/{name}\"")
        }
        container = String(text[..<slash])
        let path = text[text.index(after: slash)...]
        let parts = path.split(separator: "{name}", omittingEmptySubsequences: false)
        guard parts.count == 2, !path.replacing("{name}", with: "").contains(where: { "{}".contains($0) }) else {
            throw Invalid(description: "\"\(text)\" must hold {name} once and no other braces: \"\(container)/{name}\"")
        }
        prefix = String(parts[0])
        suffix = String(parts[1])
    }

    /// Whether a blob is wanted.
    public func matches(container: String, name: String) -> Bool {
        container == self.container && name.utf8.count > prefix.utf8.count + suffix.utf8.count
            && name.hasPrefix(prefix) && name.hasSuffix(suffix)
    }

    /// The pattern as it was written.
    public var description: String { "\(container)/\(prefix){name}\(suffix)" }

    /// Reads a pattern from its text.
    public init(from decoder: any Decoder) throws {
        try self.init(decoder.singleValueContainer().decode(String.self))
    }

    /// Writes the pattern as its text.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
