// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// A text as the lines of a mail's body.
struct MailBody {
    /// The name of the encoding, for `Content-Transfer-Encoding`.
    let encoding: String
    /// The encoded lines, each with CRLF.
    let lines: String

    /// The longest line that mail carries, without its break (RFC 5322, section 2.1.1).
    private static let longestLine = 998

    /// Plain where the text is ASCII of bearable lines, quoted-printable elsewhere.
    init(_ text: String) {
        var lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        // The last line's own break is no further line.
        if lines.last?.isEmpty == true { lines.removeLast() }
        let isPlain = lines.allSatisfy { line in
            line.utf8.count <= MailBody.longestLine && line.utf8.allSatisfy { $0 == 0x09 || (0x20...0x7e).contains($0) }
        }
        encoding = isPlain ? "7bit" : "quoted-printable"
        self.lines = lines.map { (isPlain ? String($0) : quotedPrintable($0.utf8)) + "\r\n" }.joined()
    }
}

/// One line in quoted-printable (RFC 2045, section 6.7), broken softly before column 76.
private func quotedPrintable(_ line: Substring.UTF8View) -> String {
    var text = ""
    var column = 0
    for index in line.indices {
        let byte = line[index]
        let isLast = line.index(after: index) == line.endIndex
        let isPlain =
            (0x21...0x7e).contains(byte) && byte != UInt8(ascii: "=")
            || (byte == 0x20 || byte == 0x09) && !isLast
        let unit = isPlain ? String(UnicodeScalar(byte)) : "=" + upperHexadecimal(byte)
        if column + unit.utf8.count > (isLast ? 76 : 75) {
            text += "=\r\n"
            column = 0
        }
        text += unit
        column += unit.utf8.count
    }
    return text
}

private func upperHexadecimal(_ byte: UInt8) -> String {
    (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
}
