// Darkroom
// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials

/// Header fields as RFC 5322 and RFC 2047 write them: ASCII lines of at most 78 columns, broken at blanks.
enum MailHeader {
    private static let columns = 78
    /// Longer words are encoded, because a line cannot be broken within one.
    private static let longestWord = 60
    /// What an encoded word carries, so that it fits on a line beside "Subject:".
    private static let bytesPerEncodedWord = 39

    /// `name: value` with its line break; the value is ASCII and is broken at its blanks.
    static func field(_ name: String, _ value: String) -> String {
        var lines = ""
        var line = "\(name):"
        for word in value.split(separator: " ") {
            if line.utf8.count + 1 + word.utf8.count > columns, line != "\(name):" {
                lines += line + "\r\n"
                line = ""
            }
            line += " \(word)"
        }
        return lines + line + "\r\n"
    }

    /// Any text as the ASCII of an unstructured field.
    static func text(_ text: String) -> String {
        let words = text.split(separator: " ", omittingEmptySubsequences: false)
        // Blanks at the ends or in a row would be lost, and "=?" would be taken for an encoded word.
        let isPlain =
            isASCII(text) && !text.contains("=?")
            && words.allSatisfy { !$0.isEmpty && $0.utf8.count <= longestWord }
        return isPlain ? text : encodedWords(text)
    }

    /// A mailbox as the ASCII of an address field.
    static func address(_ mailbox: MailAddress) -> String {
        guard let name = mailbox.name else { return mailbox.address }
        let isAtoms = name.utf8.allSatisfy { isLetterOrDigit($0) || " -_'".utf8.contains($0) }
        if isAtoms, text(name) == name { return "\(name) <\(mailbox.address)>" }
        if text(name) != name { return "\(encodedWords(name)) <\(mailbox.address)>" }
        let quoted = name.flatMap { (letter: Character) -> [Character] in
            letter == "\"" || letter == "\\" ? ["\\", letter] : [letter]
        }
        return "\"\(String(quoted))\" <\(mailbox.address)>"
    }

    /// The date and time of day in UTC, such as `Fri, 20 Nov 2026 08:03:03 +0000`.
    static func date(_ date: Date) -> String {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        let parts = calendar.dateComponents([.year, .month, .day, .hour, .minute, .second, .weekday], from: date)
        let weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let weekday = weekdays[(parts.weekday ?? 1) - 1]
        let month = months[(parts.month ?? 1) - 1]
        let time = [parts.hour, parts.minute, parts.second].map { twoDigits($0 ?? 0) }.joined(separator: ":")
        return "\(weekday), \(parts.day ?? 1) \(month) \(parts.year ?? 0) \(time) +0000"
    }

    /// The text in words of Base64 over UTF-8, none of which ends within a character.
    private static func encodedWords(_ text: String) -> String {
        var pieces: [[UInt8]] = [[]]
        for scalar in text.unicodeScalars {
            let bytes = Array(String(scalar).utf8)
            if pieces[pieces.count - 1].count + bytes.count > bytesPerEncodedWord { pieces.append([]) }
            pieces[pieces.count - 1] += bytes
        }
        return pieces.map { "=?utf-8?B?\(Data($0).base64EncodedString())?=" }.joined(separator: " ")
    }

    private static func isASCII(_ text: String) -> Bool { text.utf8.allSatisfy { (0x20...0x7e).contains($0) } }

    private static func twoDigits(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
}
