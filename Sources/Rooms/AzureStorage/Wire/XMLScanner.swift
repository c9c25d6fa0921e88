// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// Reads the closed XML of the service's bodies, piece by piece.
///
/// Strict and small: no document type, hence no entities beside the five of XML and numbers; no processing
/// instructions beside the declaration; no CDATA. Whatever is not well-formed is refused.
struct XMLScanner {
    /// A piece of a document.
    enum Piece: Equatable {
        case start(name: String, attributes: [String: String])
        case text(String)
        case end(name: String)
    }

    private let bytes: [UInt8]
    private var place = 0
    private var open: [String] = []
    /// The end of an element that was written as `<name/>`.
    private var pendingEnd: String?
    private var sawRoot = false
    private let depthLimit: Int

    /// - Throws: ``StorageError`` `InvalidXmlDocument` when the bytes are not UTF-8.
    init(_ bytes: [UInt8], depthLimit: Int = 16) throws {
        guard String(validating: bytes, as: UTF8.self) != nil else { throw StorageError(.invalidXmlDocument) }
        self.bytes = bytes
        self.depthLimit = depthLimit
        if bytes.starts(with: [0xef, 0xbb, 0xbf]) { place = 3 }
        if matches("<?xml") { try skip(past: "?>") }
    }

    /// The next piece; nil at the end of a whole document.
    ///
    /// - Throws: ``StorageError`` `InvalidXmlDocument`.
    mutating func next() throws -> Piece? {
        if let name = pendingEnd {
            pendingEnd = nil
            return .end(name: name)
        }
        while true {
            guard place < bytes.count else {
                guard open.isEmpty, sawRoot else { throw StorageError(.invalidXmlDocument) }
                return nil
            }
            if matches("<!--") {
                try skip(past: "-->")
            } else if matches("</") {
                return try endTag()
            } else if bytes[place] == UInt8(ascii: "<") {
                return try startTag()
            } else if let text = try text() {
                return .text(text)
            }
        }
    }

    private mutating func startTag() throws -> Piece {
        guard !(open.isEmpty && sawRoot), open.count < depthLimit else { throw StorageError(.invalidXmlDocument) }
        sawRoot = true
        place += 1
        let name = try name()
        var attributes: [String: String] = [:]
        while true {
            let spaced = skipSpace()
            if matches("/>") {
                place += 2
                pendingEnd = name
                return .start(name: name, attributes: attributes)
            }
            if matches(">") {
                place += 1
                open.append(name)
                return .start(name: name, attributes: attributes)
            }
            guard spaced else { throw StorageError(.invalidXmlDocument) }
            let (key, value) = try attribute()
            guard attributes.updateValue(value, forKey: key) == nil else { throw StorageError(.invalidXmlDocument) }
        }
    }

    private mutating func attribute() throws -> (String, String) {
        let key = try name()
        skipSpace()
        try expect("=")
        skipSpace()
        guard place < bytes.count, [UInt8(ascii: "\""), UInt8(ascii: "'")].contains(bytes[place]) else {
            throw StorageError(.invalidXmlDocument)
        }
        let quote = bytes[place]
        place += 1
        guard let end = bytes[place...].firstIndex(of: quote) else { throw StorageError(.invalidXmlDocument) }
        let value = try decoded(place..<end)
        place = end + 1
        return (key, value)
    }

    private mutating func endTag() throws -> Piece {
        place += 2
        let name = try name()
        skipSpace()
        try expect(">")
        guard open.popLast() == name else { throw StorageError(.invalidXmlDocument) }
        return .end(name: name)
    }

    /// Text up to the next tag; nil for white space outside of the root.
    private mutating func text() throws -> String? {
        let end = bytes[place...].firstIndex(of: UInt8(ascii: "<")) ?? bytes.count
        let text = try decoded(place..<end)
        place = end
        guard open.isEmpty else { return text }
        guard text.allSatisfy(\.isWhitespace) else { throw StorageError(.invalidXmlDocument) }
        return nil
    }

    /// The text of a stretch, with its references replaced.
    private func decoded(_ range: Range<Int>) throws -> String {
        let stretch = bytes[range]
        guard !stretch.contains(UInt8(ascii: "<")) else { throw StorageError(.invalidXmlDocument) }
        guard stretch.contains(UInt8(ascii: "&")) else { return String(decoding: stretch, as: UTF8.self) }
        var text = ""
        for (index, piece) in stretch.split(separator: UInt8(ascii: "&"), omittingEmptySubsequences: false).enumerated()
        {
            guard index > 0 else {
                text += String(decoding: piece, as: UTF8.self)
                continue
            }
            guard let end = piece.firstIndex(of: UInt8(ascii: ";")),
                let scalar = reference(String(decoding: piece[..<end], as: UTF8.self))
            else { throw StorageError(.invalidXmlDocument) }
            text.unicodeScalars.append(scalar)
            text += String(decoding: piece[(end + 1)...], as: UTF8.self)
        }
        return text
    }

    private mutating func name() throws -> String {
        let start = place
        while place < bytes.count, isNameByte(bytes[place], first: place == start) { place += 1 }
        guard place > start else { throw StorageError(.invalidXmlDocument) }
        return String(decoding: bytes[start..<place], as: UTF8.self)
    }

    @discardableResult
    private mutating func skipSpace() -> Bool {
        let start = place
        while place < bytes.count, [0x20, 0x09, 0x0a, 0x0d].contains(bytes[place]) { place += 1 }
        return place > start
    }

    private func matches(_ text: String) -> Bool { bytes[place...].starts(with: text.utf8) }

    private mutating func expect(_ text: String) throws {
        guard matches(text) else { throw StorageError(.invalidXmlDocument) }
        place += text.utf8.count
    }

    private mutating func skip(past text: String) throws {
        while !matches(text) {
            guard place < bytes.count else { throw StorageError(.invalidXmlDocument) }
            place += 1
        }
        place += text.utf8.count
    }
}

private func isNameByte(_ byte: UInt8, first: Bool) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"),
        UInt8(ascii: ":"):
        true
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."): !first
    default: byte >= 0x80
    }
}

/// What `&name;` stands for.
private func reference(_ name: String) -> Unicode.Scalar? {
    switch name {
    case "amp": return "&"
    case "lt": return "<"
    case "gt": return ">"
    case "quot": return "\""
    case "apos": return "'"
    default: break
    }
    let number =
        if name.hasPrefix("#x") {
            UInt32(name.dropFirst(2), radix: 16)
        } else if name.hasPrefix("#") {
            UInt32(name.dropFirst())
        } else {
            UInt32?.none
        }
    guard let number, let scalar = Unicode.Scalar(number), isXMLText(String(scalar)) else { return nil }
    return scalar
}
