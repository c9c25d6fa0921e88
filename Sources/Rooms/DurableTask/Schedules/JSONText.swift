// Darkroom
// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials

/// A JSON value of any shape that passes through, as text with sorted keys.
struct JSONText: Codable, Sendable, Equatable {
    private indirect enum Value: Codable, Equatable {
        case null
        case bool(Bool)
        case integer(Int64)
        case number(Double)
        case string(String)
        case array([Value])
        case object([String: Value])

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if container.decodeNil() {
                self = .null
            } else if let bool = try? container.decode(Bool.self) {
                self = .bool(bool)
            } else if let integer = try? container.decode(Int64.self) {
                self = .integer(integer)
            } else if let number = try? container.decode(Double.self) {
                self = .number(number)
            } else if let string = try? container.decode(String.self) {
                self = .string(string)
            } else if let array = try? container.decode([Value].self) {
                self = .array(array)
            } else {
                self = .object(try container.decode([String: Value].self))
            }
        }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            switch self {
            case .null: try container.encodeNil()
            case .bool(let bool): try container.encode(bool)
            case .integer(let integer): try container.encode(integer)
            case .number(let number): try container.encode(number)
            case .string(let string): try container.encode(string)
            case .array(let array): try container.encode(array)
            case .object(let object): try container.encode(object)
            }
        }
    }

    /// The value as text.
    let text: String

    init(_ text: String) { self.text = text }

    /// Takes any value.
    init(from decoder: any Decoder) throws {
        text = try Payload.encode(try Value(from: decoder))
    }

    /// Writes the value that the text stands for.
    func encode(to encoder: any Encoder) throws {
        try Payload.decode(Value.self, from: text, what: "a value that passes through").encode(to: encoder)
    }
}
