// Darkroom
// SPDX-License-Identifier: Apache-2.0

import SQL

/// The number of a type in PostgreSQL's catalog; those that every server has alike.
struct WireType: Equatable {
    let number: UInt32

    /// The server finds the type out from the parameter's place, as it does for a literal in quotes.
    static let inferred = WireType(number: 0)
    static let boolean = WireType(number: 16)
    static let bytes = WireType(number: 17)
    static let integer = WireType(number: 20)
    static let smallInteger = WireType(number: 21)
    static let mediumInteger = WireType(number: 23)
    static let objectNumber = WireType(number: 26)
    static let single = WireType(number: 700)
    static let double = WireType(number: 701)
    static let text = WireType(number: 25)
    static let integers = WireType(number: 1016)
    static let texts = WireType(number: 1009)
    static let numeric = WireType(number: 1700)
    static let void = WireType(number: 2278)

    /// The type under which a value is sent.
    ///
    /// Text goes without one, so that it also fits a column of JSON, UUID or time. Numbers have theirs, because the
    /// server would take `? + 1` for 32 bits wide.
    init(for value: SQLValue) {
        self =
            switch value {
            case .null, .text: .inferred
            case .integer: .integer
            case .real: .double
            case .blob: .bytes
            case .integers: .integers
            case .texts: .texts
            }
    }

    init(number: UInt32) { self.number = number }
}
