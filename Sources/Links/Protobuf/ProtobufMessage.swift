// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// A value with a form in bytes: a message of protocol buffers, proto3, written by hand.
///
/// A conforming type lists its fields twice:
///
///     struct Parcel: ProtobufMessage {
///         var label = ""
///         var stops: [Stop] = []
///         var unknownFields = ProtobufUnknownFields()
///
///         mutating func decode(_ field: Int, from reader: inout ProtobufReader) throws {
///             switch field {
///             case 1: try reader.read(&label)
///             case 2: try reader.read(&stops)
///             default: break
///             }
///         }
///
///         func encode(into writer: inout ProtobufWriter) {
///             writer.write(label, as: 1)
///             writer.write(stops, as: 2)
///         }
///     }
///
/// What it does not read is kept in ``unknownFields`` and written back behind the known fields: fields of a later
/// version of the protocol survive.
public protocol ProtobufMessage: Sendable {
    /// The message with no field set.
    init()

    /// What came and is not one of this type's fields.
    var unknownFields: ProtobufUnknownFields { get set }

    /// Reads the value of a field by one call to the reader, or none when the number is not known.
    ///
    /// It is called once for every field in the bytes, in their order.
    ///
    /// - Throws: ``ProtobufError``, from the reader.
    mutating func decode(_ field: Int, from reader: inout ProtobufReader) throws

    /// Writes all fields, without the unknown ones.
    func encode(into writer: inout ProtobufWriter)
}

extension ProtobufMessage {
    /// Reads a message.
    ///
    /// - Throws: ``ProtobufError``.
    public init(protobuf bytes: [UInt8], limits: ProtobufLimits = ProtobufLimits()) throws {
        self.init()
        var reader = ProtobufReader(bytes, limits: limits)
        try reader.readFields(into: &self)
    }

    /// The message as bytes; equal messages give equal bytes.
    public var protobuf: [UInt8] {
        var writer = ProtobufWriter()
        writer.writeFields(of: self)
        return writer.bytes
    }
}

/// Fields as they came, tags and values.
public struct ProtobufUnknownFields: Sendable, Hashable {
    /// The fields in the order in which they came.
    public internal(set) var bytes: [UInt8] = []

    /// None.
    public init() {}

    /// Whether there are none.
    public var isEmpty: Bool { bytes.isEmpty }
}

/// How a field's value is written: the low three bits of its tag.
enum WireType: UInt8 {
    case varint = 0
    case fixed64 = 1
    case bytes = 2
    case groupStart = 3
    case groupEnd = 4
    case fixed32 = 5
}
