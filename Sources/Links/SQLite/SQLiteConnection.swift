// Darkroom
// SPDX-License-Identifier: Apache-2.0

import CSQLite
import CSQLiteShim
import SQL

/// One connection.
///
/// Opened without SQLite's own locks, so one thread at a time may use it: not Sendable on purpose.
@safe
final class SQLiteConnection: SQLConnection {
    /// More kept statements than this are let go together: a program has tens of them.
    private static let keptStatements = 512

    /// The outcome of setting the library up, once in the life of the process.
    private static let preparation = csqliteshim_prepare()

    private let handle: OpaquePointer
    private var statements: [String: SQLiteStatement] = [:]

    init(path: String, options: SQLiteDatabase.Options, readOnly: Bool) throws {
        guard Self.preparation == SQLITE_OK else {
            throw unsafe SQLError(sqlite: Self.preparation, on: nil, statement: nil)
        }
        var opened: OpaquePointer?
        let access = readOnly ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
        // Readers may see a commit that was not synced, so that only a log that is synced with each is gathered.
        let files = options.durability == .full && !readOnly ? CSQLITESHIM_GATHERING : nil
        let status = unsafe sqlite3_open_v2(path, &opened, access | SQLITE_OPEN_NOMUTEX, files)
        guard status == SQLITE_OK, let handle = unsafe opened else {
            let failure = unsafe SQLError(sqlite: status, on: opened, statement: nil)
            unsafe sqlite3_close_v2(opened)
            throw failure
        }
        unsafe self.handle = unsafe handle
        unsafe sqlite3_extended_result_codes(handle, 1)
        unsafe sqlite3_busy_timeout(handle, 5_000)
        try prepareForUse(options, readOnly: readOnly)
    }

    deinit {
        statements = [:]
        unsafe sqlite3_close_v2(handle)
    }

    /// Whether a transaction is open.
    ///
    /// SQLite ends one by itself when the disk fails.
    var isInTransaction: Bool { unsafe sqlite3_get_autocommit(handle) == 0 }

    func query(_ sql: String, _ parameters: [SQLValue]) throws -> [SQLRow] {
        try rows(of: statement(for: sql), parameters)
    }

    @discardableResult
    func execute(_ sql: String, _ parameters: [SQLValue]) throws -> Int {
        try changes(of: statement(for: sql), parameters)
    }

    func queryEach(_ sql: String, _ rows: [[SQLValue]]) throws -> [[SQLRow]] {
        let statement = try statement(for: sql)
        return try rows.map { try self.rows(of: statement, $0) }
    }

    @discardableResult
    func executeEach(_ sql: String, _ rows: [[SQLValue]]) throws -> [Int] {
        let statement = try statement(for: sql)
        return try rows.map { try changes(of: statement, $0) }
    }

    func executeScript(_ sql: String) throws {
        let status = unsafe sqlite3_exec(handle, sql, nil, nil, nil)
        guard status == SQLITE_OK else { throw unsafe SQLError(sqlite: status, on: handle, statement: sql) }
    }

    private func rows(of statement: SQLiteStatement, _ parameters: [SQLValue]) throws -> [SQLRow] {
        defer { statement.reset() }
        try statement.bind(parameters)
        var rows: [SQLRow] = []
        while try statement.step() { rows.append(statement.row()) }
        return rows
    }

    private func changes(of statement: SQLiteStatement, _ parameters: [SQLValue]) throws -> Int {
        defer { statement.reset() }
        try statement.bind(parameters)
        while try statement.step() {}
        return Int(unsafe sqlite3_changes(handle))
    }

    private func statement(for sql: String) throws -> SQLiteStatement {
        if let kept = statements[sql] { return kept }
        if statements.count >= Self.keptStatements { statements = [:] }
        let statement = try unsafe SQLiteStatement(sql, on: handle)
        statements[sql] = statement
        return statement
    }

    private func prepareForUse(_ options: SQLiteDatabase.Options, readOnly: Bool) throws {
        if !readOnly {
            try executeScript("PRAGMA journal_mode = WAL")
            try executeScript("PRAGMA synchronous = \(options.durability.rawValue)")
            try executeScript("PRAGMA wal_autocheckpoint = 4000")
        }
        try executeScript("PRAGMA foreign_keys = ON")
        try executeScript("PRAGMA temp_store = MEMORY")
        try executeScript("PRAGMA cache_size = -\(options.cacheKiB)")
        // Deleted values are overwritten where that costs no further write; Debian's SQLite would do it at any price.
        try executeScript("PRAGMA secure_delete = FAST")
    }
}
