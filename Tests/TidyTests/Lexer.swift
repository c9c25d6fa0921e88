// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// A word, a number, one character of punctuation, or `"` for a whole literal.
struct Token: Sendable, Equatable {
    let text: String
    let line: Int
}

/// Cuts Swift into tokens, far enough to tell code from comments and from what stands inside quotes.
///
/// It does not know regular-expression literals; a quote in one hides at most the rest of its line.
struct Lexer {
    private(set) var tokens: [Token] = []
    private(set) var comments: [Int: String] = [:]
    private let bytes: [UInt8]
    private var index = 0
    private var line = 1

    init(_ text: String) {
        bytes = Array(text.utf8)
    }

    mutating func run() {
        while index < bytes.count { code(until: nil) }
    }

    /// Reads code up to the end, or up to the bracket that closes an interpolation.
    private mutating func code(until close: UInt8?) {
        var depth = 0
        while let byte = peek() {
            if byte == UInt8(ascii: "(") { depth += 1 }
            if byte == UInt8(ascii: ")") { depth -= 1 }
            if byte == close, depth < 0 { return }
            one(byte)
        }
    }

    private mutating func one(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "/") where starts("//"): lineComment()
        case UInt8(ascii: "/") where starts("/*"): blockComment()
        case UInt8(ascii: "\""): literal(hashes: 0)
        case UInt8(ascii: "#") where hashesBeforeQuote() > 0: literal(hashes: hashesBeforeQuote())
        case _ where isWord(byte): word()
        default:
            if byte > UInt8(ascii: " ") { add(String(UnicodeScalar(byte))) }
            step()
        }
    }

    private mutating func word() {
        let start = index
        while let byte = peek(), isWord(byte) { step() }
        add(String(decoding: bytes[start..<index], as: UTF8.self))
    }

    private mutating func lineComment() {
        let start = index
        while let byte = peek(), byte != UInt8(ascii: "\n") { step() }
        note(start)
    }

    private mutating func blockComment() {
        var depth = 0
        repeat {
            let start = index
            if starts("/*") {
                depth += 1
                step(2)
            } else if starts("*/") {
                depth -= 1
                step(2)
            } else {
                step()
            }
            if bytes[start] != UInt8(ascii: "\n") { note(start) }
        } while depth > 0 && index < bytes.count
    }

    /// A string literal; what its interpolations hold is code again.
    private mutating func literal(hashes: Int) {
        add("\"")
        step(hashes)
        let isMultiline = starts("\"\"\"")
        let fence = String(repeating: "#", count: hashes)
        let end = (isMultiline ? "\"\"\"" : "\"") + fence
        let escape = "\\" + fence
        step(isMultiline ? 3 : 1)
        while let byte = peek() {
            if byte == UInt8(ascii: "\n"), !isMultiline { return }
            if starts(end) { return step(end.utf8.count) }
            if starts(escape + "(") {
                step(escape.utf8.count + 1)
                code(until: UInt8(ascii: ")"))
                step()
            } else {
                step(starts(escape) ? escape.utf8.count + 1 : 1)
            }
        }
    }

    private func hashesBeforeQuote() -> Int {
        let hashes = bytes[index...].prefix { $0 == UInt8(ascii: "#") }.count
        let next = index + hashes
        return next < bytes.count && bytes[next] == UInt8(ascii: "\"") ? hashes : 0
    }

    private func isWord(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "$"), UInt8(ascii: "`"), 0x80...:
            true
        default: false
        }
    }

    private func starts(_ prefix: String) -> Bool {
        bytes[index...].starts(with: prefix.utf8)
    }

    private func peek() -> UInt8? {
        index < bytes.count ? bytes[index] : nil
    }

    private mutating func step(_ count: Int = 1) {
        for _ in 0..<count where index < bytes.count {
            if bytes[index] == UInt8(ascii: "\n") { line += 1 }
            index += 1
        }
    }

    private mutating func add(_ text: String) {
        tokens.append(Token(text: text, line: line))
    }

    private mutating func note(_ start: Int) {
        comments[line, default: ""] += String(decoding: bytes[start..<index], as: UTF8.self)
    }
}
