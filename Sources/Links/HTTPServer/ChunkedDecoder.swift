// Darkroom
// SPDX-License-Identifier: Apache-2.0

import HTTP

/// Follows the framing of a chunked body (RFC 9112, section 7.1), as strictly as ``RequestParser`` reads heads.
///
/// The decoder reads what stands between the data; data itself is taken past it, so that it need not be copied. Chunk
/// extensions and trailers are checked and thrown away.
struct ChunkedDecoder {
    private enum State {
        case size(digits: Int, value: Int64)
        case extensions
        case sizeLineFeed(Int64)
        case data
        case dataCarriageReturn
        case dataLineFeed
        case trailerStart
        case trailerName
        case trailerValue
        case trailerLineFeed
        case lastLineFeed
        case done
    }

    private var state = State.size(digits: 0, value: 0)
    private var size: Int64 = 0
    private var extensionBytes = 0
    private var trailerBytes = 0
    /// Bytes of data that come next.
    private(set) var available: Int64 = 0

    /// The most bytes of extensions in a whole body; nobody needs any, and they cost more than they carry.
    static let maxExtensionBytes = 16 << 10
    /// The most bytes of trailers.
    static let maxTrailerBytes = 8 << 10

    /// Whether the body is complete.
    var isDone: Bool { if case .done = state { true } else { false } }

    /// Reads framing until data comes next, the body is complete, or `bytes` are used up.
    ///
    /// - Returns: How many of the bytes were framing.
    /// - Throws: ``Rejection``.
    mutating func readFraming(_ bytes: Span<UInt8>) throws -> Int {
        var index = 0
        while index < bytes.count, available == 0, !isDone {
            state = try next(bytes[index])
            index += 1
        }
        return index
    }

    /// Notes that so many of the ``available`` bytes were taken.
    mutating func took(_ count: Int) {
        precondition(count >= 0 && count <= available, "no more data is taken than a chunk holds")
        available -= Int64(count)
        if available == 0 { state = .dataCarriageReturn }
    }

    private mutating func next(_ byte: UInt8) throws -> State {
        switch state {
        case .size(let digits, let value): return try inSize(byte, digits: digits, value: value)
        case .extensions: return try inExtensions(byte)
        case .sizeLineFeed(let value):
            try require(byte == Grammar.lineFeed, "a chunk's size does not end in CR LF")
            available = value
            return value == 0 ? .trailerStart : .data
        case .dataCarriageReturn:
            try require(byte == Grammar.carriageReturn, "a chunk is longer than its size")
            return .dataLineFeed
        case .dataLineFeed:
            try require(byte == Grammar.lineFeed, "a chunk does not end in CR LF")
            return .size(digits: 0, value: 0)
        case .data, .done: preconditionFailure("data is not framing")
        default: return try inTrailer(byte)
        }
    }

    private mutating func inSize(_ byte: UInt8, digits: Int, value: Int64) throws -> State {
        if let digit = Grammar.hexValue(byte) {
            // 15 digits are 2^60 bytes; more could overflow.
            try require(digits < 15, "a chunk's size is too large")
            return .size(digits: digits + 1, value: value << 4 | Int64(digit))
        }
        try require(digits > 0, "a chunk has no size")
        size = value
        if byte == Grammar.carriageReturn { return .sizeLineFeed(value) }
        try require(byte == UInt8(ascii: ";"), "a chunk's size is not a hexadecimal number")
        return .extensions
    }

    private mutating func inExtensions(_ byte: UInt8) throws -> State {
        if byte == Grammar.carriageReturn { return .sizeLineFeed(size) }
        extensionBytes += 1
        try require(extensionBytes <= Self.maxExtensionBytes, "the body's chunk extensions are too long")
        try require(Grammar.isFieldValue(byte), "a chunk's extension holds a control character")
        return .extensions
    }

    private mutating func inTrailer(_ byte: UInt8) throws -> State {
        trailerBytes += 1
        try require(trailerBytes <= Self.maxTrailerBytes, "the body's trailers are too long")
        switch state {
        case .trailerStart where byte == Grammar.carriageReturn: return .lastLineFeed
        case .trailerStart:
            try require(Grammar.isToken(byte), "a trailer has no name")
            return .trailerName
        case .trailerName where byte == UInt8(ascii: ":"): return .trailerValue
        case .trailerName:
            try require(Grammar.isToken(byte), "a trailer has no colon right after its name")
            return .trailerName
        case .trailerValue where byte == Grammar.carriageReturn: return .trailerLineFeed
        case .trailerValue:
            try require(Grammar.isFieldValue(byte), "a trailer's value holds a control character")
            return .trailerValue
        default:
            try require(byte == Grammar.lineFeed, "a trailer does not end in CR LF")
            if case .lastLineFeed = state { return .done }
            return .trailerStart
        }
    }

    private func require(_ condition: Bool, _ reason: @autoclosure () -> String) throws {
        if !condition { throw Rejection(400, reason()) }
    }
}
