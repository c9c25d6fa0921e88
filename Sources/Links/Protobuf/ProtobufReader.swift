// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// Takes messages apart.
///
/// A `read` takes the value of the field that ``ProtobufMessage/decode(_:from:)`` was called for. When the value was
/// written as another type than the call is for, it stays where it is and becomes an unknown field.
public struct ProtobufReader: Sendable {
    private let source: [UInt8]
    private var position = 0
    /// Where the message that is being read ends.
    private var end: Int
    private var depth = 0
    private var values = 0
    private let limits: ProtobufLimits
    /// How the field at ``position`` is written; nil once its value was read.
    private var pending: WireType?

    init(_ bytes: [UInt8], limits: ProtobufLimits) {
        source = bytes
        end = bytes.count
        self.limits = limits
    }

    private func failure(_ code: ProtobufError.Code) -> ProtobufError { ProtobufError(code: code, offset: position) }

    /// Counts something that takes memory.
    mutating func countValue() throws {
        values += 1
        if values > limits.values { throw failure(.tooManyValues) }
    }
}

// MARK: Messages

extension ProtobufReader {
    /// Reads what is left of the current message.
    mutating func readFields(into message: inout some ProtobufMessage) throws {
        while position < end {
            let start = position
            let field = try readTag()
            try message.decode(field, from: &self)
            guard let type = pending else { continue }
            try skip(type, field: field)
            pending = nil
            message.unknownFields.bytes += source[start..<position]
        }
    }

    /// Lends the field's bytes as a message of its own; nil when the field is no such thing.
    mutating func readNested(_ body: (inout ProtobufReader) throws -> Void) throws {
        guard let length = try startBytes() else { return }
        if depth >= limits.depth { throw failure(.tooDeep) }
        try countValue()
        let outer = end
        end = position + length
        depth += 1
        try body(&self)
        depth -= 1
        end = outer
    }

    private mutating func readTag() throws -> Int {
        let tag = try readVarint()
        guard tag <= UInt64(UInt32.max), tag >> 3 > 0, let type = WireType(rawValue: UInt8(tag & 7)) else {
            throw failure(.invalidTag)
        }
        pending = type
        return Int(tag >> 3)
    }

    private mutating func skip(_ type: WireType, field: Int) throws {
        switch type {
        case .varint: _ = try readVarint()
        case .fixed64: try advance(8)
        case .fixed32: try advance(4)
        case .bytes: try advance(try readLength())
        case .groupStart: try skipGroup(field)
        case .groupEnd: throw failure(.unbalancedGroup)
        }
    }

    /// Passes over a group: fields between two tags, as an old version of the language had them.
    private mutating func skipGroup(_ first: Int) throws {
        var open = [first]
        while let innermost = open.last {
            if depth + open.count > limits.depth { throw failure(.tooDeep) }
            if position >= end { throw failure(.unbalancedGroup) }
            let field = try readTag()
            switch pending {
            case .groupStart: open.append(field)
            case .groupEnd:
                if field != innermost { throw failure(.unbalancedGroup) }
                open.removeLast()
            case let type?: try skip(type, field: field)
            case nil: break
            }
        }
    }
}

// MARK: Values

extension ProtobufReader {
    /// The field's number, if it is written as one.
    mutating func takeVarint() throws -> UInt64? {
        guard pending == .varint else { return nil }
        pending = nil
        return try readVarint()
    }

    /// The field's four bytes, if it is written so.
    mutating func takeFixed32() throws -> UInt32? {
        guard pending == .fixed32 else { return nil }
        pending = nil
        return UInt32(truncatingIfNeeded: try readFixed(4))
    }

    /// The field's eight bytes, if it is written so.
    mutating func takeFixed64() throws -> UInt64? {
        guard pending == .fixed64 else { return nil }
        pending = nil
        return try readFixed(8)
    }

    /// The field's bytes, if it is written so.
    mutating func takeBytes() throws -> ArraySlice<UInt8>? {
        guard let length = try startBytes() else { return nil }
        defer { position += length }
        return source[position..<position + length]
    }

    /// The field's text, if it is written so.
    mutating func takeText() throws -> String? {
        let start = position
        guard let bytes = try takeBytes() else { return nil }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw ProtobufError(code: .invalidText, offset: start)
        }
        return text
    }

    /// Gives `take` each number of a list, whether they are packed or this is one of many fields.
    mutating func takeNumbers(_ single: WireType, _ take: (inout ProtobufReader) throws -> Void) throws {
        if pending == single {
            try countValue()
            return try take(&self)
        }
        guard let length = try startBytes() else { return }
        let outer = end
        end = position + length
        while position < end {
            try countValue()
            pending = single
            try take(&self)
        }
        end = outer
    }

    private mutating func startBytes() throws -> Int? {
        guard pending == .bytes else { return nil }
        pending = nil
        return try readLength()
    }
}

// MARK: Bytes

extension ProtobufReader {
    private mutating func readVarint() throws -> UInt64 {
        var value: UInt64 = 0
        for index in 0..<10 {
            if position >= end { throw failure(.truncated) }
            let byte = source[position]
            // The tenth byte has room for the 64th bit alone.
            if index == 9 && byte > 1 { throw failure(.overlongNumber) }
            position += 1
            value |= UInt64(byte & 0x7f) << UInt64(7 * index)
            if byte < 0x80 { return value }
        }
        throw failure(.overlongNumber)
    }

    private mutating func readFixed(_ count: Int) throws -> UInt64 {
        let start = position
        try advance(count)
        return source[start..<position].reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// The length of what follows; it is there.
    private mutating func readLength() throws -> Int {
        let length = try readVarint()
        if length > UInt64(end - position) { throw failure(.truncated) }
        return Int(length)
    }

    private mutating func advance(_ count: Int) throws {
        if count > end - position { throw failure(.truncated) }
        position += count
    }
}
