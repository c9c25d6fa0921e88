// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// Numbers and texts; a field that comes more than once has its last value.
extension ProtobufReader {
    /// Reads text; what is not UTF-8 is an error.
    public mutating func read(_ value: inout String) throws {
        if let text = try takeText() { value = text }
    }

    /// Reads text that may be absent.
    public mutating func read(_ value: inout String?) throws {
        if let text = try takeText() { value = text }
    }

    /// Reads bytes.
    public mutating func read(_ value: inout [UInt8]) throws {
        if let bytes = try takeBytes() { value = Array(bytes) }
    }

    /// Reads bytes that may be absent.
    public mutating func read(_ value: inout [UInt8]?) throws {
        if let bytes = try takeBytes() { value = Array(bytes) }
    }

    /// Reads `bool`.
    public mutating func read(_ value: inout Bool) throws {
        if let number = try takeVarint() { value = number != 0 }
    }

    /// Reads an `optional bool`.
    public mutating func read(_ value: inout Bool?) throws {
        if let number = try takeVarint() { value = number != 0 }
    }

    /// Reads `int32`, `int64`, `uint32` or `uint64`; of a number that does not fit, the low bits.
    public mutating func read(_ value: inout some FixedWidthInteger) throws {
        if let number = try takeVarint() { value = .init(truncatingIfNeeded: number) }
    }

    /// Reads an `optional` of such a number.
    public mutating func read<Number: FixedWidthInteger>(_ value: inout Number?) throws {
        if let number = try takeVarint() { value = Number(truncatingIfNeeded: number) }
    }

    /// Reads an enumeration.
    ///
    /// A number that `Value` has no case for stays an unknown field, so that it is written back.
    public mutating func read<Value: RawRepresentable<Int32>>(_ value: inout Value) throws {
        if let known: Value = try takeCase() { value = known }
    }

    /// Reads an `optional` enumeration.
    public mutating func read<Value: RawRepresentable<Int32>>(_ value: inout Value?) throws {
        if let known: Value = try takeCase() { value = known }
    }

    /// Reads `double`.
    public mutating func read(_ value: inout Double) throws {
        if let bits = try takeFixed64() { value = Double(bitPattern: bits) }
    }

    /// Reads an `optional double`.
    public mutating func read(_ value: inout Double?) throws {
        if let bits = try takeFixed64() { value = Double(bitPattern: bits) }
    }

    /// Reads `float`.
    public mutating func read(_ value: inout Float) throws {
        if let bits = try takeFixed32() { value = Float(bitPattern: bits) }
    }

    /// Reads `fixed32` or, by its bits, `sfixed32`.
    public mutating func readFixed(_ value: inout UInt32) throws {
        if let bits = try takeFixed32() { value = bits }
    }

    /// Reads `fixed64` or, by its bits, `sfixed64`.
    public mutating func readFixed(_ value: inout UInt64) throws {
        if let bits = try takeFixed64() { value = bits }
    }

    private mutating func takeCase<Value: RawRepresentable<Int32>>() throws -> Value? {
        var ahead = self
        guard let number = try ahead.takeVarint(),
            let known = Value(rawValue: Int32(truncatingIfNeeded: number))
        else { return nil }
        self = ahead
        return known
    }
}

/// Messages, lists and maps.
extension ProtobufReader {
    /// Reads an inner message; one that comes in parts is merged, as the language wants.
    public mutating func read(_ value: inout some ProtobufMessage) throws {
        try readNested { try $0.readFields(into: &value) }
    }

    /// Reads an inner message that may be absent.
    public mutating func read<Message: ProtobufMessage>(_ value: inout Message?) throws {
        try readNested { reader in
            var message = value ?? Message()
            try reader.readFields(into: &message)
            value = message
        }
    }

    /// Reads another element of a list.
    public mutating func read<Message: ProtobufMessage>(_ values: inout [Message]) throws {
        try readNested { reader in
            var message = Message()
            try reader.readFields(into: &message)
            values.append(message)
        }
    }

    /// Reads another element of a list.
    public mutating func read(_ values: inout [String]) throws {
        guard let text = try takeText() else { return }
        try countValue()
        values.append(text)
    }

    /// Reads another element of a list.
    public mutating func read(_ values: inout [[UInt8]]) throws {
        guard let bytes = try takeBytes() else { return }
        try countValue()
        values.append(Array(bytes))
    }

    /// Reads more elements of a list of `int32`, `int64`, `uint32` or `uint64`, packed or not.
    public mutating func readNumbers<Number: FixedWidthInteger>(_ values: inout [Number]) throws {
        try takeNumbers(.varint) { reader in
            if let number = try reader.takeVarint() { values.append(Number(truncatingIfNeeded: number)) }
        }
    }

    /// Reads more elements of a list of `double`, packed or not.
    public mutating func readNumbers(_ values: inout [Double]) throws {
        try takeNumbers(.fixed64) { reader in
            if let bits = try reader.takeFixed64() { values.append(Double(bitPattern: bits)) }
        }
    }

    /// Reads another entry of a map.
    public mutating func read(_ map: inout [String: String]) throws {
        try readNested { reader in
            var entry = TextEntry()
            try reader.readFields(into: &entry)
            map[entry.key] = entry.value
        }
    }

    /// Reads another entry of a map.
    public mutating func read<Message: ProtobufMessage>(_ map: inout [String: Message]) throws {
        try readNested { reader in
            var entry = MessageEntry<Message>()
            try reader.readFields(into: &entry)
            map[entry.key] = entry.value
        }
    }
}
