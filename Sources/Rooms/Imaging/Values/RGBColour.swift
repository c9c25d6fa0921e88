// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics

/// A colour of the sRGB space, 8 bits each; as text and in JSON `#rrggbb`.
public struct RGBColour: Sendable, Hashable, CustomStringConvertible {
    /// Red, 0...255.
    public var red: UInt8
    /// Green, 0...255.
    public var green: UInt8
    /// Blue, 0...255.
    public var blue: UInt8

    /// A colour from its parts.
    public init(red: UInt8, green: UInt8, blue: UInt8) {
        self.red = red
        self.green = green
        self.blue = blue
    }

    /// Reads `#rrggbb`, in either case; nil for anything else.
    public init?(_ text: some StringProtocol) {
        let digits = text.dropFirst()
        guard text.first == "#", digits.utf8.count == 6, digits.utf8.allSatisfy({ Character(.init($0)).isHexDigit }),
            let value = UInt32(digits, radix: 16)
        else { return nil }
        self.init(
            red: UInt8(value >> 16), green: UInt8(truncatingIfNeeded: value >> 8),
            blue: UInt8(truncatingIfNeeded: value))
    }

    /// White.
    public static let white = RGBColour(red: 255, green: 255, blue: 255)

    /// `#rrggbb` in lower case.
    public var description: String { "#" + hex([red, green, blue]) }
}

extension RGBColour: Codable {
    /// Reads `"#rrggbb"`.
    ///
    /// - Throws: `DecodingError` when the text is no colour.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let colour = RGBColour(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "a colour is written #rrggbb")
        }
        self = colour
    }

    /// Writes `"#rrggbb"`.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
