// Darkroom
// SPDX-License-Identifier: Apache-2.0

public import HTTP

/// The part of a blob that a reader wants.
public enum ByteRange: Sendable, Equatable {
    /// From a place to the end.
    case from(Int64)
    /// From a place to another, both included.
    case between(Int64, Int64)
    /// So many bytes at the end.
    case last(Int64)

    /// The range that a request asks for; `x-ms-range` goes before `Range`.
    ///
    /// As the service does it, a range that cannot be understood is no range: the whole blob is served.
    public init?(fields: HTTPFields) {
        guard let text = fields["x-ms-range"] ?? fields["Range"] else { return nil }
        self.init(text)
    }

    /// Reads `bytes=0-499`, `bytes=500-` or `bytes=-500`.
    ///
    /// Several ranges and reversed ones are none.
    public init?(_ text: String) {
        guard text.hasPrefix("bytes=") else { return nil }
        let parts = text.dropFirst(6).split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else { return nil }
        switch (Self.number(parts[0]), Self.number(parts[1])) {
        case (let first?, nil) where parts[1].isEmpty: self = .from(first)
        case (let first?, let last?) where first <= last: self = .between(first, last)
        case (nil, let count?) where parts[0].isEmpty: self = .last(count)
        default: return nil
        }
    }

    /// The places that exist in a blob of `length` bytes.
    ///
    /// - Throws: ``StorageError`` `InvalidRange` when there are none.
    public func resolve(length: Int64) throws -> Range<Int64> {
        let range: Range<Int64> =
            switch self {
            case .from(let first): min(first, length)..<length
            case .between(let first, let last): min(first, length)..<(last >= length ? length : last + 1)
            case .last(let count): max(0, length - count)..<length
            }
        guard !range.isEmpty else { throw StorageError(.invalidRange) }
        return range
    }

    private static func number(_ text: Substring) -> Int64? {
        guard text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else { return nil }
        return Int64(text)
    }
}
