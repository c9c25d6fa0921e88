// Darkroom
// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials

/// Inputs, outputs and statuses as JSON text.
///
/// Times are ISO 8601 with milliseconds and keys are sorted, so that the same value is the same text in every run
/// and readable in every language.
package enum Payload {
    /// The JSON text of a value.
    ///
    /// - Throws: a ``TaskFailure`` of type `InvalidPayload`.
    package static func encode(_ value: some Encodable) throws -> String {
        if let number = value as? Int { return String(number) }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.dateEncodingStrategy = .custom { date, encoder in
            var container = encoder.singleValueContainer()
            try container.encode(date.payloadText(fraction: true))
        }
        do {
            return String(decoding: try encoder.encode(value), as: UTF8.self)
        } catch {
            throw TaskFailure(
                type: TaskFailure.EngineType.invalidPayload,
                message: "a value of \(Swift.type(of: value)) cannot be written as JSON: \(error)", isRetriable: false)
        }
    }

    /// The value of a JSON text; an absent text is read as `null`, then as an empty object.
    ///
    /// - Parameter what: What the text is, for the message.
    /// - Throws: a ``TaskFailure`` of type `InvalidPayload`.
    package static func decode<Value: Decodable>(
        _ type: Value.Type, from text: String?, what: String
    ) throws -> Value {
        do {
            guard let text else { return try decodeAbsent(type) }
            if type == Int.self, let number = wholeNumber(text), let value = number as? Value { return value }
            return try decoder().decode(type, from: Data(text.utf8))
        } catch {
            throw TaskFailure(
                type: TaskFailure.EngineType.invalidPayload, message: "\(what) is not a \(type): \(error)",
                isRetriable: false)
        }
    }

    /// A whole number as ``encode(_:)`` writes it; whatever looks otherwise is for the decoder.
    private static func wholeNumber(_ text: String) -> Int? {
        guard text.utf8.count < 20, let number = Int(text), String(number) == text else { return nil }
        return number
    }

    private static func decodeAbsent<Value: Decodable>(_ type: Value.Type) throws -> Value {
        if let null = try? decoder().decode(type, from: Data("null".utf8)) { return null }
        return try decoder().decode(type, from: Data("{}".utf8))
    }

    private static func decoder() -> JSONDecoder {
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .custom { decoder in
            let text = try decoder.singleValueContainer().decode(String.self)
            let style = Date.ISO8601FormatStyle(includingFractionalSeconds: text.contains("."))
            return try style.parse(text)
        }
        return decoder
    }
}

extension Date {
    /// ISO 8601 in UTC, to the nearest millisecond.
    ///
    /// Half a millisecond more goes in because the style cuts off: most thousandths of a second are a little less than
    /// themselves as binary fractions, and would lose a millisecond every time they are written.
    func payloadText(fraction: Bool) -> String {
        let time = Date(timeIntervalSince1970: (Double(millisecondsSince1970) + 0.5) / 1000)
        return time.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: fraction))
    }
}
