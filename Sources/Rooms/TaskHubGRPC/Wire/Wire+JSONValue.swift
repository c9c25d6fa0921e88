// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Protobuf

// Any JSON value as a message.
extension Wire {
    /// `google.protobuf.Value`.
    struct JSONValue: ProtobufMessage, Equatable {
        var kind: Kind?
        var unknownFields = ProtobufUnknownFields()

        enum Kind: Sendable, Equatable {
            case null
            case number(Double)
            case text(String)
            case flag(Bool)
            case object(JSONObject)
            case list(JSONList)
        }

        mutating func decode(_ field: Int, from reader: inout ProtobufReader) throws {
            switch field {
            case 1:
                var ignored = Int32?.none
                try reader.read(&ignored)
                kind = .null
            case 2:
                var number: Double?
                try reader.read(&number)
                kind = number.map(Kind.number) ?? kind
            case 3: kind = try reader.readTextCase(kind) { .text($0) }
            case 4:
                var flag: Bool?
                try reader.read(&flag)
                kind = flag.map(Kind.flag) ?? kind
            case 5: kind = try reader.readCase(kind) { .object($0) }
            case 6: kind = try reader.readCase(kind) { .list($0) }
            default: break
            }
        }

        func encode(into writer: inout ProtobufWriter) {
            switch kind {
            case .null: writer.write(ifPresent: Int32(0), as: 1)
            case .number(let number): writer.write(ifPresent: number, as: 2)
            case .text(let text): writer.write(ifPresent: text, as: 3)
            case .flag(let flag): writer.write(ifPresent: flag, as: 4)
            case .object(let object): writer.write(ifPresent: object, as: 5)
            case .list(let list): writer.write(ifPresent: list, as: 6)
            case nil: break
            }
        }
    }

    /// `google.protobuf.Struct`.
    struct JSONObject: ProtobufMessage, Equatable {
        var members: [String: JSONValue] = [:]
        var unknownFields = ProtobufUnknownFields()

        mutating func decode(_ field: Int, from reader: inout ProtobufReader) throws {
            if field == 1 { try reader.read(&members) }
        }

        func encode(into writer: inout ProtobufWriter) { writer.write(members, as: 1) }
    }

    /// `google.protobuf.ListValue`.
    struct JSONList: ProtobufMessage, Equatable {
        var values: [JSONValue] = []
        var unknownFields = ProtobufUnknownFields()

        mutating func decode(_ field: Int, from reader: inout ProtobufReader) throws {
            if field == 1 { try reader.read(&values) }
        }

        func encode(into writer: inout ProtobufWriter) { writer.write(values, as: 1) }
    }
}

extension Wire.JSONValue {
    /// A text.
    init(_ text: String) {
        self.init()
        kind = .text(text)
    }

    /// The text itself, or the JSON text of anything else.
    var text: String {
        if case .text(let text) = kind { return text }
        return json
    }

    private var json: String {
        switch kind {
        case .null, nil: return "null"
        case .number(let number):
            return Int64(exactly: number).map { "\($0)" } ?? (number.isFinite ? "\(number)" : "null")
        case .text(let text): return quoted(text)
        case .flag(let flag): return "\(flag)"
        case .object(let object):
            let members = object.members.sorted { $0.key < $1.key }.map { "\(quoted($0.key)):\($0.value.json)" }
            return "{\(members.joined(separator: ","))}"
        case .list(let list): return "[\(list.values.map(\.json).joined(separator: ","))]"
        }
    }

    private func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": result += "\\\(scalar)"
            case "\n": result += "\\n"
            case let control where control.value < 0x20:
                let digits = String(control.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
