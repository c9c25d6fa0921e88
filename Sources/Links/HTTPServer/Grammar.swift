// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// The classes of characters that HTTP's grammar speaks of (RFC 9110, section 5.6).
enum Grammar {
    static let carriageReturn: UInt8 = 0x0d
    static let lineFeed: UInt8 = 0x0a
    static let space: UInt8 = 0x20
    static let tab: UInt8 = 0x09

    /// What names are made of: visible ASCII without delimiters.
    static func isToken(_ byte: UInt8) -> Bool {
        byte < 64 ? lowTokens >> UInt64(byte) & 1 == 1 : byte < 128 && highTokens >> UInt64(byte - 64) & 1 == 1
    }

    /// What values are made of: everything but control characters; bytes beyond ASCII count as text.
    static func isFieldValue(_ byte: UInt8) -> Bool { byte >= 0x20 && byte != 0x7f || byte == tab }

    /// What a target is made of: visible ASCII without "#", whose right side is not for servers.
    ///
    /// Some of these a URI should encode, but clients send them and they cannot be mistaken.
    static func isTarget(_ byte: UInt8) -> Bool { byte > 0x20 && byte < 0x7f && byte != UInt8(ascii: "#") }

    /// What begins another part of a URL than its host and port, or separates hosts.
    static func endsHost(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "/"), UInt8(ascii: "?"), UInt8(ascii: "@"), UInt8(ascii: ","), UInt8(ascii: "\\"): true
        default: false
        }
    }

    static func isBlank(_ byte: UInt8) -> Bool { byte == space || byte == tab }

    static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }

    /// The value of a hexadecimal digit.
    static func hexValue(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x41 + 10
        case 0x61...0x66: byte - 0x61 + 10
        default: nil
        }
    }

    private static let lowTokens = bits("!#$%&'*+-.0123456789", from: 0)
    private static let highTokens = bits("ABCDEFGHIJKLMNOPQRSTUVWXYZ^_`abcdefghijklmnopqrstuvwxyz|~", from: 64)

    private static func bits(_ characters: String, from base: UInt8) -> UInt64 {
        characters.utf8.reduce(0) { $0 | 1 << UInt64($1 - base) }
    }
}
