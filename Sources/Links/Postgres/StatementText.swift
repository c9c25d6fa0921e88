// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// A statement as PostgreSQL wants it: `$1`, `$2` in the places of `?`.
///
/// A question mark in a string, a quoted name, a comment or a dollar-quoted body stays what it is; `??` stands for one
/// that is an operator.
struct StatementText {
    /// The statement with numbered parameters.
    private(set) var text = ""
    /// How many there are.
    private(set) var parameterCount = 0

    private let source: [UInt8]
    private var output: [UInt8] = []
    private var position = 0

    init(_ sql: String) {
        source = Array(sql.utf8)
        output.reserveCapacity(source.count + 16)
        while position < source.count { step() }
        text = String(decoding: output, as: UTF8.self)
        output = []
    }

    private mutating func step() {
        switch source[position] {
        case UInt8(ascii: "?"): placeParameter()
        case UInt8(ascii: "'"): copyQuoted(by: UInt8(ascii: "'"), escapes: isEscapeString)
        case UInt8(ascii: "\""): copyQuoted(by: UInt8(ascii: "\""), escapes: false)
        case UInt8(ascii: "-") where next == UInt8(ascii: "-"): copyLine()
        case UInt8(ascii: "/") where next == UInt8(ascii: "*"): copyComment()
        case UInt8(ascii: "$") where !isInsideWord: copyDollarQuoted()
        default: copy(1)
        }
    }

    private mutating func placeParameter() {
        if next == UInt8(ascii: "?") {
            output.append(UInt8(ascii: "?"))
            position += 2
            return
        }
        parameterCount += 1
        output.append(contentsOf: "$\(parameterCount)".utf8)
        position += 1
    }

    /// Copies up to the closing quote; a doubled quote opens the next string at once, which comes to the same.
    private mutating func copyQuoted(by quote: UInt8, escapes: Bool) {
        copy(1)
        while position < source.count {
            let byte = source[position]
            copy(escapes && byte == UInt8(ascii: "\\") ? 2 : 1)
            if byte == quote { return }
        }
    }

    private mutating func copyLine() {
        while position < source.count, source[position] != UInt8(ascii: "\n") { copy(1) }
    }

    /// Copies a comment; those of PostgreSQL nest.
    private mutating func copyComment() {
        var depth = 0
        repeat {
            switch (source[position], next) {
            case (UInt8(ascii: "/"), UInt8(ascii: "*")):
                depth += 1
                copy(2)
            case (UInt8(ascii: "*"), UInt8(ascii: "/")):
                depth -= 1
                copy(2)
            default: copy(1)
            }
        } while depth > 0 && position < source.count
    }

    /// Copies `$tag$ … $tag$`, or a lone dollar sign.
    private mutating func copyDollarQuoted() {
        var end = position + 1
        while end < source.count, isWord(source[end]) { end += 1 }
        guard end < source.count, source[end] == UInt8(ascii: "$") else { return copy(1) }
        let tag = Array(source[position...end])
        copy(tag.count)
        while position < source.count {
            if source[position...].starts(with: tag) { return copy(tag.count) }
            copy(1)
        }
    }

    private mutating func copy(_ count: Int) {
        let end = min(position + count, source.count)
        output.append(contentsOf: source[position..<end])
        position = end
    }

    private var next: UInt8? { position + 1 < source.count ? source[position + 1] : nil }

    /// Whether the quote here belongs to `E'…'`, where a backslash hides the byte behind it.
    private var isEscapeString: Bool {
        guard position > 0, source[position - 1] | 0x20 == UInt8(ascii: "e") else { return false }
        return position == 1 || !isWord(source[position - 2])
    }

    private var isInsideWord: Bool { position > 0 && isWord(source[position - 1]) }

    private func isWord(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "_"), 0x80...: true
        default: false
        }
    }
}
