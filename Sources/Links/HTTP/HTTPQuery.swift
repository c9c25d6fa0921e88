// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// The names and values of a query, decoded, in the order written.
public struct HTTPQuery: Sendable, Equatable, ExpressibleByDictionaryLiteral {
    /// One name with its value.
    public struct Item: Sendable, Equatable {
        /// Decoded.
        public var name: String
        /// Decoded; empty when there was no "=".
        public var value: String

        /// An item of this name and value.
        public init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    /// All items, in the order written.
    public var items: [Item]

    /// These items, in this order.
    public init(_ items: [Item] = []) { self.items = items }

    /// These items, in this order.
    public init(dictionaryLiteral elements: (String, String)...) {
        items = elements.map { Item(name: $0.0, value: $0.1) }
    }

    /// Reads a query as it stands in a URI, without "?"; nil is a query without items.
    ///
    /// Empty pieces (`a&&b`) are skipped.
    ///
    /// - Parameter plusIsSpace: Whether "+" stands for a space, as in HTML forms.
    /// - Returns: nil when a piece is not percent-encoded UTF-8.
    public init?(parsing raw: String?, plusIsSpace: Bool = false) {
        items = []
        guard let raw else { return }
        for piece in raw.split(separator: "&") {
            let end = piece.firstIndex(of: "=") ?? piece.endIndex
            guard let name = percentDecoded(piece[..<end], plusIsSpace: plusIsSpace),
                let value = percentDecoded(piece[end...].dropFirst(), plusIsSpace: plusIsSpace)
            else { return nil }
            items.append(Item(name: name, value: value))
        }
    }

    /// The first value of this name; names are compared exactly.
    public subscript(name: String) -> String? { items.first { $0.name == name }?.value }

    /// Every value of this name, in order.
    public func values(of name: String) -> [String] { items.filter { $0.name == name }.map(\.value) }

    /// As it stands in a URI, without "?".
    public var encoded: String {
        items.map { item in
            percentEncoded(item.name, keeping: .queryItem) + "=" + percentEncoded(item.value, keeping: .queryItem)
        }.joined(separator: "&")
    }
}

extension HTTPRequest {
    /// The decoded segments of the path: `/a%2Fb/c` has "a/b" and "c", `/` has one empty segment.
    ///
    /// Dots are not resolved: whoever maps segments to files must refuse "." and "..".
    ///
    /// - Returns: nil when a segment is not percent-encoded UTF-8.
    public func decodedPathSegments() -> [String]? {
        var segments: [String] = []
        for raw in path.dropFirst().split(separator: "/", omittingEmptySubsequences: false) {
            guard let segment = percentDecoded(raw) else { return nil }
            segments.append(segment)
        }
        return segments
    }

    /// The decoded items of the query; nil when it is not percent-encoded UTF-8.
    public func decodedQuery() -> HTTPQuery? { HTTPQuery(parsing: query) }
}
