// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// Writes the XML of an answer.
///
/// Names come from the program; text and attributes are escaped.
public struct XMLWriter: Sendable {
    /// What was written, in UTF-8.
    public private(set) var bytes: [UInt8] = []

    /// Begins a document.
    public init() { raw("<?xml version=\"1.0\" encoding=\"utf-8\"?>") }

    /// An element with what `content` writes in it.
    public mutating func element(
        _ name: String, _ attributes: KeyValuePairs<String, String> = [:], _ content: (inout XMLWriter) -> Void
    ) {
        open(name, attributes)
        content(&self)
        raw("</\(name)>")
    }

    /// An element with text in it.
    public mutating func element(_ name: String, _ text: String, _ attributes: KeyValuePairs<String, String> = [:]) {
        open(name, attributes)
        escape(text)
        raw("</\(name)>")
    }

    /// An element with text in it, unless there is none.
    public mutating func element(_ name: String, ifPresent text: String?) {
        if let text { element(name, text) }
    }

    /// An element with nothing in it.
    public mutating func empty(_ name: String) { raw("<\(name) />") }

    private mutating func open(_ name: String, _ attributes: KeyValuePairs<String, String>) {
        raw("<\(name)")
        for (name, value) in attributes {
            raw(" \(name)=\"")
            escape(value)
            raw("\"")
        }
        raw(">")
    }

    private mutating func raw(_ text: String) { bytes.append(contentsOf: text.utf8) }

    private mutating func escape(_ text: String) {
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "&"): raw("&amp;")
            case UInt8(ascii: "<"): raw("&lt;")
            case UInt8(ascii: ">"): raw("&gt;")
            case UInt8(ascii: "\""): raw("&quot;")
            // A reader would take it for a line feed.
            case 0x0d: raw("&#xD;")
            // XML has no way to say these.
            case 0..<0x09, 0x0b, 0x0c, 0x0e..<0x20: raw("\u{FFFD}")
            default: bytes.append(byte)
            }
        }
    }
}

/// Whether XML can hold a text as it is.
public func isXMLText(_ text: String) -> Bool {
    text.unicodeScalars.allSatisfy { scalar in
        switch scalar.value {
        case 0x09, 0x0a, 0x0d, 0x20...0xd7ff, 0xe000...0xfffd, 0x10000...0x10ffff: true
        default: false
        }
    }
}
