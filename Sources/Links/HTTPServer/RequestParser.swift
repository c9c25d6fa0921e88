// Darkroom
// SPDX-License-Identifier: Apache-2.0

import HTTP

/// Reads a request's line and fields, strictly by RFC 9112: where the standard lets a recipient be lenient and others
/// have disagreed on what a message means, the message is refused.
///
/// Lines end in CR LF and nothing else; they are not folded; names are tokens right before their colon; values hold no
/// control characters. One parser reads one head.
struct RequestParser {
    /// How far a call to ``parse(_:)`` came.
    struct Progress {
        /// How many of the bytes are done with.
        var consumed: Int
        /// The head, once its last line was there.
        var head: RequestHead?
    }

    private let limits: HTTPServerLimits
    private var line: RequestLine?
    private var fields: [HTTPFields.Field] = []
    /// Bytes of complete lines so far.
    private var size = 0
    /// Bytes of the incomplete line that hold no LF.
    private var scanned = 0

    init(limits: HTTPServerLimits) { self.limits = limits }

    /// Takes all complete lines at the front of `bytes`; the caller brings what was not consumed again, with more.
    ///
    /// - Throws: ``Rejection``.
    mutating func parse(_ bytes: Span<UInt8>) throws -> Progress {
        var start = 0
        while let lineFeed = indexOfLineFeed(in: bytes, from: start + scanned) {
            scanned = 0
            try count(lineFeed + 1 - start)
            guard lineFeed > start, bytes[lineFeed - 1] == Grammar.carriageReturn else {
                throw Rejection(400, "a line does not end in CR LF")
            }
            let content = bytes.extracting(start..<lineFeed - 1)
            start = lineFeed + 1
            if let head = try take(content) { return Progress(consumed: start, head: head) }
        }
        scanned = bytes.count - start
        if size + scanned >= limits.headBytes { try count(scanned + 1) }
        return Progress(consumed: start)
    }

    private func indexOfLineFeed(in bytes: Span<UInt8>, from start: Int) -> Int? {
        var index = start
        while index < bytes.count {
            if bytes[index] == Grammar.lineFeed { return index }
            index += 1
        }
        return nil
    }

    private mutating func count(_ bytes: Int) throws {
        size += bytes
        guard size > limits.headBytes else { return }
        throw line == nil
            ? Rejection(414, "the request line is longer than \(limits.headBytes) bytes")
            : Rejection(431, "the request's head is longer than \(limits.headBytes) bytes")
    }

    private mutating func take(_ content: Span<UInt8>) throws -> RequestHead? {
        guard let line else {
            // An empty line before the request is let pass: some clients end a body with one too many.
            if !content.isEmpty { self.line = try RequestLine(content) }
            return nil
        }
        if content.isEmpty { return try line.head(with: HTTPFields(fields)) }
        guard fields.count < limits.fields else {
            throw Rejection(431, "the request has more than \(limits.fields) fields")
        }
        fields.append(try parseField(content))
        return nil
    }

    private func parseField(_ line: Span<UInt8>) throws -> HTTPFields.Field {
        var colon = 0
        while colon < line.count, Grammar.isToken(line[colon]) { colon += 1 }
        guard colon > 0, colon < line.count, line[colon] == UInt8(ascii: ":") else {
            throw Rejection(400, "a field has no name right before a colon")
        }
        var start = colon + 1
        var end = line.count
        while start < end, Grammar.isBlank(line[start]) { start += 1 }
        while end > start, Grammar.isBlank(line[end - 1]) { end -= 1 }
        for index in start..<end where !Grammar.isFieldValue(line[index]) {
            throw Rejection(400, "a field's value holds a control character")
        }
        return HTTPFields.Field(name: text(line, 0..<colon), value: text(line, start..<end))
    }
}

/// The text of some bytes; what is not UTF-8 becomes U+FFFD.
func text(_ bytes: Span<UInt8>, _ range: Range<Int>) -> String {
    unsafe bytes.extracting(range).withUnsafeBufferPointer { unsafe String(decoding: $0, as: UTF8.self) }
}
