// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// Whether a text has no control character and so stays within its header field.
///
/// Not ASCII's alone: U+0085, U+2028 and U+2029 break lines in some readers.
func isHeaderText(_ text: String) -> Bool {
    text.unicodeScalars.allSatisfy {
        $0.properties.generalCategory != .control && $0.value != 0x2028 && $0.value != 0x2029
    }
}

/// The text with blanks for control characters, cut to a length that fits into an error.
func printable(_ text: some StringProtocol) -> String {
    let scalars = text.unicodeScalars.prefix(200).map { scalar -> Character in
        isHeaderText(String(scalar)) ? Character(scalar) : " "
    }
    return String(scalars)
}

func isLetterOrDigit(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"):
        true
    default: false
    }
}
