// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// A header field as HTTP/2 has it.
struct HTTP2Field: Sendable, Hashable {
    let name: String
    let value: String

    init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }

    /// What it counts against a limit of header bytes (RFC 9113, section 6.5.2).
    static func cost(nameBytes: Int, valueBytes: Int) -> Int { nameBytes + valueBytes + 32 }
}

extension [HTTP2Field] {
    /// The first value of a name.
    subscript(name: String) -> String? { first { $0.name == name }?.value }
}
