// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// Puts messages together.
///
/// `write(_:as:)` leaves out what has its type's default value, as proto3 wants for plain fields. The fields of a
/// `oneof`, and those marked `optional`, are written by `write(ifPresent:as:)` even then.
public struct ProtobufWriter: Sendable {
    /// What was written.
    private(set) var bytes: [UInt8] = []

    init() {}

    /// Writes the fields of a message, the unknown ones last.
    mutating func writeFields(of message: some ProtobufMessage) {
        message.encode(into: &self)
        bytes += message.unknownFields.bytes
    }

    mutating func putTag(_ field: Int, _ type: WireType) {
        precondition((1...536_870_911).contains(field), "a field's number is between 1 and 2^29 - 1")
        putVarint(UInt64(field) << 3 | UInt64(type.rawValue))
    }

    mutating func putVarint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
    }

    mutating func putFixed(_ value: some FixedWidthInteger) {
        for shift in stride(from: 0, to: value.bitWidth, by: 8) {
            bytes.append(UInt8(truncatingIfNeeded: value >> shift))
        }
    }

    mutating func putBytes(_ value: some Collection<UInt8>, as field: Int) {
        putTag(field, .bytes)
        putVarint(UInt64(value.count))
        bytes += value
    }

    /// Writes what `body` writes, with its length in front.
    mutating func putNested(as field: Int, _ body: (inout ProtobufWriter) -> Void) {
        putTag(field, .bytes)
        // Most messages are short: room for a length of one byte is left, and made wider where that does not do.
        let start = bytes.count
        bytes.append(0)
        body(&self)
        var length = ProtobufWriter()
        length.putVarint(UInt64(bytes.count - start - 1))
        bytes.replaceSubrange(start...start, with: length.bytes)
    }
}

/// Plain fields: nothing is written for a default value.
extension ProtobufWriter {
    /// Writes text.
    public mutating func write(_ value: String, as field: Int) {
        if !value.isEmpty { write(ifPresent: value, as: field) }
    }

    /// Writes bytes.
    public mutating func write(_ value: [UInt8], as field: Int) {
        if !value.isEmpty { write(ifPresent: value, as: field) }
    }

    /// Writes `bool`.
    public mutating func write(_ value: Bool, as field: Int) {
        if value { write(ifPresent: value, as: field) }
    }

    /// Writes `int32`, `int64`, `uint32` or `uint64`.
    public mutating func write<Number: FixedWidthInteger>(_ value: Number, as field: Int) {
        if value != 0 { write(ifPresent: value, as: field) }
    }

    /// Writes an enumeration.
    public mutating func write<Value: RawRepresentable<Int32>>(_ value: Value, as field: Int) {
        write(value.rawValue, as: field)
    }

    /// Writes `double`; only positive zero is left out.
    public mutating func write(_ value: Double, as field: Int) {
        if value.bitPattern != 0 { write(ifPresent: value, as: field) }
    }

    /// Writes `float`; only positive zero is left out.
    public mutating func write(_ value: Float, as field: Int) {
        guard value.bitPattern != 0 else { return }
        putTag(field, .fixed32)
        putFixed(value.bitPattern)
    }

    /// Writes `fixed32` or, by its bits, `sfixed32`.
    public mutating func writeFixed(_ value: UInt32, as field: Int) {
        guard value != 0 else { return }
        putTag(field, .fixed32)
        putFixed(value)
    }

    /// Writes `fixed64` or, by its bits, `sfixed64`.
    public mutating func writeFixed(_ value: UInt64, as field: Int) {
        guard value != 0 else { return }
        putTag(field, .fixed64)
        putFixed(value)
    }
}

/// Fields that are absent or there, with whatever value: `optional`, `oneof` and messages.
extension ProtobufWriter {
    /// Writes text, even empty text.
    public mutating func write(ifPresent value: String?, as field: Int) {
        if let value { putBytes(value.utf8, as: field) }
    }

    /// Writes bytes, even none.
    public mutating func write(ifPresent value: [UInt8]?, as field: Int) {
        if let value { putBytes(value, as: field) }
    }

    /// Writes `bool`, even false.
    public mutating func write(ifPresent value: Bool?, as field: Int) {
        if let value { write(ifPresent: value ? 1 : 0, as: field) }
    }

    /// Writes a number, even zero.
    public mutating func write<Number: FixedWidthInteger>(ifPresent value: Number?, as field: Int) {
        guard let value else { return }
        putTag(field, .varint)
        // A negative number takes ten bytes whatever its type, so that every reader extends its sign alike.
        putVarint(UInt64(truncatingIfNeeded: value))
    }

    /// Writes an enumeration, even its first case.
    public mutating func write<Value: RawRepresentable<Int32>>(ifPresent value: Value?, as field: Int) {
        write(ifPresent: value?.rawValue, as: field)
    }

    /// Writes `double`, even zero.
    public mutating func write(ifPresent value: Double?, as field: Int) {
        guard let value else { return }
        putTag(field, .fixed64)
        putFixed(value.bitPattern)
    }

    /// Writes an inner message, even an empty one.
    public mutating func write<Message: ProtobufMessage>(ifPresent value: Message?, as field: Int) {
        guard let value else { return }
        putNested(as: field) { $0.writeFields(of: value) }
    }
}

/// Lists and maps.
extension ProtobufWriter {
    /// Writes a list of messages.
    public mutating func write<Message: ProtobufMessage>(_ values: [Message], as field: Int) {
        for value in values { write(ifPresent: value, as: field) }
    }

    /// Writes a list of texts.
    public mutating func write(_ values: [String], as field: Int) {
        for value in values { write(ifPresent: value, as: field) }
    }

    /// Writes a list of byte strings.
    public mutating func write(_ values: [[UInt8]], as field: Int) {
        for value in values { write(ifPresent: value, as: field) }
    }

    /// Writes a list of `int32`, `int64`, `uint32` or `uint64`, packed.
    public mutating func writeNumbers<Number: FixedWidthInteger>(_ values: [Number], as field: Int) {
        guard !values.isEmpty else { return }
        putNested(as: field) { writer in
            for value in values { writer.putVarint(UInt64(truncatingIfNeeded: value)) }
        }
    }

    /// Writes a list of `double`, packed.
    public mutating func writeNumbers(_ values: [Double], as field: Int) {
        guard !values.isEmpty else { return }
        putNested(as: field) { writer in
            for value in values { writer.putFixed(value.bitPattern) }
        }
    }

    /// Writes a map, in the order of its keys.
    public mutating func write(_ map: [String: String], as field: Int) {
        for (key, value) in map.sorted(by: { $0.key < $1.key }) {
            write(ifPresent: TextEntry(key: key, value: value), as: field)
        }
    }

    /// Writes a map, in the order of its keys.
    public mutating func write<Message: ProtobufMessage>(_ map: [String: Message], as field: Int) {
        for (key, value) in map.sorted(by: { $0.key < $1.key }) {
            write(ifPresent: MessageEntry(key: key, value: value), as: field)
        }
    }
}
