// Darkroom
// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials

/// What `--json` prints: sorted keys, dates in ISO 8601, slashes as they are.
func encodeJSON(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    encoder.dateEncodingStrategy = .iso8601
    return String(decoding: try encoder.encode(value), as: UTF8.self)
}
