// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// A set of ASCII characters that a part of a URI may carry as they are (RFC 3986).
public struct URICharacters: Sendable, Hashable {
    private var low: UInt64 = 0
    private var high: UInt64 = 0

    /// The ASCII characters of `text`; others are always encoded.
    public init(_ text: String) {
        for byte in text.utf8 where byte < 128 {
            if byte < 64 { low |= 1 << UInt64(byte) } else { high |= 1 << UInt64(byte - 64) }
        }
    }

    /// Letters, digits and `-._~`, which mean the same everywhere.
    public static let unreserved = URICharacters(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
    /// What one segment of a path may carry; "/" is not among them.
    public static let segment = unreserved.union(URICharacters("!$&'()*+,;=:@"))
    /// What a path may carry, its slashes included.
    public static let path = segment.union(URICharacters("/"))
    /// What a name or a value inside a query may carry; "&", "=" and "+" are not among them, since readers take them
    /// for separators and a space.
    public static let queryItem = unreserved.union(URICharacters("!$'()*,;:@/?"))

    /// The characters of either set.
    public func union(_ other: URICharacters) -> URICharacters {
        var both = self
        both.low |= other.low
        both.high |= other.high
        return both
    }

    /// Whether a byte is one of the characters.
    public func contains(_ byte: UInt8) -> Bool {
        byte < 64 ? low >> UInt64(byte) & 1 == 1 : byte < 128 && high >> UInt64(byte - 64) & 1 == 1
    }
}

/// `text` with every byte of its UTF-8 outside `kept` written as "%" and two hex digits (RFC 3986, section 2.1).
public func percentEncoded(_ text: some StringProtocol, keeping kept: URICharacters = .unreserved) -> String {
    var encoded: [UInt8] = []
    encoded.reserveCapacity(text.utf8.count)
    for byte in text.utf8 {
        if kept.contains(byte) {
            encoded.append(byte)
        } else {
            encoded += [UInt8(ascii: "%"), upperHexDigit(byte >> 4), upperHexDigit(byte & 0x0f)]
        }
    }
    return String(decoding: encoded, as: UTF8.self)
}

/// The text that was percent-encoded.
///
/// - Parameter plusIsSpace: Whether "+" stands for a space, as in HTML forms.
/// - Returns: nil when "%" is not followed by two hexadecimal digits, or the bytes are not UTF-8.
public func percentDecoded(_ text: some StringProtocol, plusIsSpace: Bool = false) -> String? {
    var decoded: [UInt8] = []
    decoded.reserveCapacity(text.utf8.count)
    var rest = text.utf8.makeIterator()
    while let byte = rest.next() {
        switch byte {
        case UInt8(ascii: "%"):
            guard let high = rest.next().flatMap(hexValue), let low = rest.next().flatMap(hexValue) else { return nil }
            decoded.append(high << 4 | low)
        case UInt8(ascii: "+") where plusIsSpace:
            decoded.append(UInt8(ascii: " "))
        default:
            decoded.append(byte)
        }
    }
    return String(validating: decoded, as: UTF8.self)
}

private func upperHexDigit(_ nibble: UInt8) -> UInt8 {
    nibble < 10 ? UInt8(ascii: "0") + nibble : UInt8(ascii: "A") + nibble - 10
}

private func hexValue(_ digit: UInt8) -> UInt8? {
    switch digit {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
    default: nil
    }
}
