// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// An entry of `map<string, string>`, which is a message in a list.
struct TextEntry: ProtobufMessage {
    var key = ""
    var value = ""
    var unknownFields = ProtobufUnknownFields()

    mutating func decode(_ field: Int, from reader: inout ProtobufReader) throws {
        switch field {
        case 1: try reader.read(&key)
        case 2: try reader.read(&value)
        default: break
        }
    }

    func encode(into writer: inout ProtobufWriter) {
        writer.write(ifPresent: key, as: 1)
        writer.write(ifPresent: value, as: 2)
    }
}

/// An entry of a map from text to messages.
struct MessageEntry<Value: ProtobufMessage>: ProtobufMessage {
    var key = ""
    var value = Value()
    var unknownFields = ProtobufUnknownFields()

    mutating func decode(_ field: Int, from reader: inout ProtobufReader) throws {
        switch field {
        case 1: try reader.read(&key)
        case 2: try reader.read(&value)
        default: break
        }
    }

    func encode(into writer: inout ProtobufWriter) {
        writer.write(ifPresent: key, as: 1)
        writer.write(ifPresent: value, as: 2)
    }
}
