// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// A value that goes to a database or comes from it.
public enum SQLValue: Sendable, Equatable {
    /// No value.
    case null
    /// A whole number; also a truth value (0 or 1) and a time (milliseconds since 1970).
    case integer(Int64)
    /// A floating-point number.
    case real(Double)
    /// Unicode text.
    case text(String)
    /// Bytes.
    case blob([UInt8])
    /// Whole numbers as one parameter, for databases that know arrays; others refuse it.
    case integers([Int64?])
    /// Texts as one parameter, for databases that know arrays; others refuse it.
    case texts([String?])

    /// A whole number of any width.
    public static func int(_ value: some BinaryInteger) -> SQLValue { .integer(Int64(value)) }

    /// Text, or no value.
    public static func optional(_ text: String?) -> SQLValue { text.map(SQLValue.text) ?? .null }

    /// A whole number, or no value.
    public static func optional(_ number: (some BinaryInteger)?) -> SQLValue { number.map { .int($0) } ?? .null }
}

extension SQLValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral {
    /// Text.
    public init(stringLiteral text: String) { self = .text(text) }

    /// A whole number.
    public init(integerLiteral number: Int64) { self = .integer(number) }
}

/// One row of an answer; columns are counted from 0 in the order of the statement.
public struct SQLRow: Sendable, Equatable {
    /// The values in order.
    public let values: [SQLValue]

    /// A row of these values.
    public init(_ values: [SQLValue]) { self.values = values }

    /// The value of a column.
    public subscript(column: Int) -> SQLValue { values[column] }

    /// A whole number; 0 when the column has another type.
    public func int(_ column: Int) -> Int64 { optionalInt(column) ?? 0 }

    /// Text; empty when the column has another type.
    public func text(_ column: Int) -> String { optionalText(column) ?? "" }

    /// Bytes; empty when the column has another type.
    public func blob(_ column: Int) -> [UInt8] {
        if case .blob(let bytes) = values[column] { bytes } else { [] }
    }

    /// A whole number, or nil when the column has none.
    public func optionalInt(_ column: Int) -> Int64? {
        if case .integer(let number) = values[column] { number } else { nil }
    }

    /// Text, or nil when the column has none.
    public func optionalText(_ column: Int) -> String? {
        if case .text(let text) = values[column] { text } else { nil }
    }

    /// A number of either kind; nil when the column has none.
    public func optionalReal(_ column: Int) -> Double? {
        switch values[column] {
        case .real(let number): number
        case .integer(let number): Double(number)
        default: nil
        }
    }
}
