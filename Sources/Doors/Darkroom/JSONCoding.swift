// Darkroom
// SPDX-License-Identifier: Apache-2.0

public import FoundationEssentials

extension JSONEncoder {
    /// How the program writes JSON: times in ISO 8601 to the millisecond, keys sorted, slashes as they are.
    public static func ofThisProgram(_ more: OutputFormatting = []) -> JSONEncoder {
        let encoder = JSONEncoder()
        encoder.outputFormatting = more.union([.sortedKeys, .withoutEscapingSlashes])
        encoder.dateEncodingStrategy = .custom { date, encoder in
            var container = encoder.singleValueContainer()
            try container.encode(date.formatted(style))
        }
        return encoder
    }
}

extension JSONDecoder {
    /// Reads what ``Foundation/JSONEncoder/ofThisProgram(_:)`` wrote.
    public static func ofThisProgram() -> JSONDecoder {
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .custom { decoder in
            let text = try decoder.singleValueContainer().decode(String.self)
            return try Date(text, strategy: style)
        }
        return decoder
    }
}

/// `2026-11-20T11:30:53.042Z`.
private let style = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
