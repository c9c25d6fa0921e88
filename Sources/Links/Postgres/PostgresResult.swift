// Darkroom
// SPDX-License-Identifier: Apache-2.0

import CPostgres
import SQL

/// The server's answer to one command.
@safe
final class PostgresResult {
    private let handle: OpaquePointer

    /// Takes the answer over from libpq.
    @unsafe
    init(_ handle: OpaquePointer) { unsafe self.handle = unsafe handle }

    deinit { unsafe PQclear(handle) }

    /// What kind of answer it is.
    var status: ExecStatusType { unsafe PQresultStatus(handle) }

    /// The rows, copied out.
    var rows: [SQLRow] {
        let columns = unsafe PQnfields(handle)
        let types = (0..<columns).map { WireType(number: unsafe PQftype(handle, $0)) }
        return (0..<(unsafe PQntuples(handle))).map { row in
            SQLRow((0..<columns).map { value(row, $0, types[Int($0)]) })
        }
    }

    /// How many rows the command changed.
    var changes: Int {
        // What a SELECT found is counted too, and it changed nothing.
        if unsafe PQcmdStatus(handle)[0] == CChar(bitPattern: UInt8(ascii: "S")) { return 0 }
        return Int(unsafe String(cString: PQcmdTuples(handle))) ?? 0
    }

    /// A field of an error; nil when the server did not fill it.
    func field(_ code: Character) -> String? {
        guard let ascii = code.asciiValue, let text = unsafe PQresultErrorField(handle, Int32(ascii)) else {
            return nil
        }
        return unsafe String(cString: text)
    }

    private func value(_ row: Int32, _ column: Int32, _ type: WireType) -> SQLValue {
        if unsafe PQgetisnull(handle, row, column) != 0 { return .null }
        let text = unsafe UnsafeRawBufferPointer(
            start: PQgetvalue(handle, row, column), count: Int(PQgetlength(handle, row, column)))
        return switch type {
        case .integer, .mediumInteger, .smallInteger, .objectNumber: .integer(unsafe Self.integer(text))
        case .boolean: .integer(unsafe text.first == UInt8(ascii: "t") ? 1 : 0)
        case .double, .single: .real(Double(unsafe Self.string(text)) ?? .nan)
        case .numeric: Self.number(unsafe Self.string(text))
        case .bytes: .blob(unsafe Self.bytes(text))
        case .void: .null
        default: .text(unsafe Self.string(text))
        }
    }

    @unsafe
    private static func string(_ text: UnsafeRawBufferPointer) -> String {
        unsafe String(decoding: text, as: UTF8.self)
    }

    /// Wraps instead of trapping: the server writes no number that does not fit.
    @unsafe
    private static func integer(_ text: UnsafeRawBufferPointer) -> Int64 {
        let isNegative = unsafe text.first == UInt8(ascii: "-")
        let digits = unsafe text.dropFirst(isNegative ? 1 : 0)
        let magnitude = unsafe digits.reduce(Int64(0)) { $0 &* 10 &- Int64($1 &- UInt8(ascii: "0")) }
        return isNegative ? magnitude : 0 &- magnitude
    }

    /// PostgreSQL sums whole numbers up to a `numeric`; without a fraction it stays a whole number.
    private static func number(_ text: String) -> SQLValue {
        Int64(text).map(SQLValue.integer) ?? .real(Double(text) ?? .nan)
    }

    /// Bytes written as `\x` and two digits each.
    @unsafe
    private static func bytes(_ text: UnsafeRawBufferPointer) -> [UInt8] {
        let count = max(0, text.count - 2) / 2
        return unsafe [UInt8](unsafeUninitializedCapacity: count) { bytes, filled in
            for index in 0..<count {
                let high = unsafe nibble(text[2 + 2 * index])
                unsafe bytes[index] = high << 4 | nibble(text[3 + 2 * index])
            }
            filled = count
        }
    }

    private static func nibble(_ digit: UInt8) -> UInt8 {
        digit < UInt8(ascii: "a") ? digit &- UInt8(ascii: "0") : digit &- UInt8(ascii: "a") &+ 10
    }
}
