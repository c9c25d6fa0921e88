// Darkroom
// SPDX-License-Identifier: Apache-2.0

import CSQLite
import SQL

/// A prepared statement; it lives no longer than its connection.
@safe
final class SQLiteStatement {
    private let handle: OpaquePointer
    private let connection: OpaquePointer
    private let sql: String

    @unsafe
    init(_ sql: String, on connection: OpaquePointer) throws {
        var prepared: OpaquePointer?
        let status = unsafe sqlite3_prepare_v3(connection, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &prepared, nil)
        guard status == SQLITE_OK else { throw unsafe SQLError(sqlite: status, on: connection, statement: sql) }
        guard let handle = unsafe prepared else {
            throw SQLError(kind: .misuse, code: Int(SQLITE_MISUSE), message: "the statement is empty", statement: sql)
        }
        unsafe self.handle = unsafe handle
        unsafe self.connection = unsafe connection
        self.sql = sql
    }

    deinit { unsafe sqlite3_finalize(handle) }

    func bind(_ parameters: [SQLValue]) throws {
        let wanted = Int(unsafe sqlite3_bind_parameter_count(handle))
        guard parameters.count == wanted else {
            let message = "the statement takes \(wanted) parameters and was given \(parameters.count)"
            throw SQLError(kind: .misuse, code: Int(SQLITE_RANGE), message: message, statement: sql)
        }
        for (index, value) in parameters.enumerated() {
            let status = bind(value, at: Int32(index + 1))
            guard status == SQLITE_OK else { throw unsafe SQLError(sqlite: status, on: connection, statement: sql) }
        }
    }

    /// Advances to the next row; false at the end.
    func step() throws -> Bool {
        switch unsafe sqlite3_step(handle) {
        case SQLITE_ROW: true
        case SQLITE_DONE: false
        case let status: throw unsafe SQLError(sqlite: status, on: connection, statement: sql)
        }
    }

    /// The current row, copied out.
    func row() -> SQLRow {
        let columns = unsafe sqlite3_column_count(handle)
        return SQLRow((0..<columns).map(value))
    }

    func reset() {
        unsafe sqlite3_reset(handle)
        unsafe sqlite3_clear_bindings(handle)
    }

    private func bind(_ value: SQLValue, at index: Int32) -> Int32 {
        switch value {
        case .null: unsafe sqlite3_bind_null(handle, index)
        case .integer(let number): unsafe sqlite3_bind_int64(handle, index, number)
        case .real(let number): unsafe sqlite3_bind_double(handle, index, number)
        case .text(let text): bind(text, at: index)
        case .blob(let bytes): bind(bytes, at: index)
        case .integers, .texts: SQLITE_MISMATCH
        }
    }

    private func bind(_ text: String, at index: Int32) -> Int32 {
        var text = text
        return text.withUTF8 { utf8 in
            unsafe utf8.withMemoryRebound(to: CChar.self) { characters in
                // An empty string has no address of its own, and no address would bind NULL.
                guard let start = characters.baseAddress else {
                    return unsafe sqlite3_bind_text(handle, index, "", 0, copied)
                }
                return unsafe sqlite3_bind_text(handle, index, start, Int32(characters.count), copied)
            }
        }
    }

    private func bind(_ bytes: [UInt8], at index: Int32) -> Int32 {
        if bytes.isEmpty { return unsafe sqlite3_bind_zeroblob(handle, index, 0) }
        return unsafe bytes.withUnsafeBytes {
            unsafe sqlite3_bind_blob(handle, index, $0.baseAddress, Int32($0.count), copied)
        }
    }

    private func value(_ column: Int32) -> SQLValue {
        switch unsafe sqlite3_column_type(handle, column) {
        case SQLITE_INTEGER: .integer(unsafe sqlite3_column_int64(handle, column))
        case SQLITE_FLOAT: .real(unsafe sqlite3_column_double(handle, column))
        case SQLITE_TEXT: .text(String(decoding: bytes(column), as: UTF8.self))
        case SQLITE_BLOB: .blob(bytes(column))
        default: .null
        }
    }

    private func bytes(_ column: Int32) -> [UInt8] {
        guard let start = unsafe sqlite3_column_blob(handle, column) else { return [] }
        let count = Int(unsafe sqlite3_column_bytes(handle, column))
        return unsafe Array(UnsafeRawBufferPointer(start: start, count: count))
    }
}

/// SQLITE_TRANSIENT, a macro that Swift does not import: SQLite copies the value before the call returns.
private var copied: sqlite3_destructor_type { unsafe unsafeBitCast(-1, to: sqlite3_destructor_type.self) }
