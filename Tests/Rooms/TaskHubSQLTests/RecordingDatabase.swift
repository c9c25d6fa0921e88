// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import SQL

/// A statement as it was run.
struct RecordedCall: Sendable {
    let call: SQLCall
    /// Whether the database had been told how to plan it.
    let isPlanned: Bool
}

/// A database that remembers which statements it was given, the last call of each.
final class RecordingDatabase: SQLDatabase {
    private let base: any SQLDatabase
    private let record = Record()

    init(_ base: any SQLDatabase) { self.base = base }

    /// What was run so far, by its text.
    var calls: [String: RecordedCall] { record.calls.withLock(\.self) }

    func write<Value: Sendable>(
        _ body: @escaping @Sendable (any SQLConnection) throws -> Value
    ) async throws -> Value {
        try await base.write { [record] in try body(RecordingConnection($0, record)) }
    }

    func read<Value: Sendable>(
        _ body: @escaping @Sendable (any SQLConnection) throws -> Value
    ) async throws -> Value {
        try await base.read { [record] in try body(RecordingConnection($0, record)) }
    }
}

/// What was run in all transactions.
private final class Record: Sendable {
    let calls = Lock<[String: RecordedCall]>([:])
}

/// The connection of one transaction.
private final class RecordingConnection: SQLConnection {
    private let base: any SQLConnection
    private let record: Record
    private var isPlanned = false

    init(_ base: any SQLConnection, _ record: Record) {
        self.base = base
        self.record = record
    }

    private func note(_ call: SQLCall) {
        record.calls.withLock { $0[call.sql] = RecordedCall(call: call, isPlanned: isPlanned) }
        isPlanned = isPlanned || call.sql.contains("set_config")
    }

    func query(_ sql: String, _ parameters: [SQLValue]) throws -> [SQLRow] {
        note(SQLCall(sql, parameters))
        return try base.query(sql, parameters)
    }

    func execute(_ sql: String, _ parameters: [SQLValue]) throws -> Int {
        note(SQLCall(sql, parameters))
        return try base.execute(sql, parameters)
    }

    func queryEach(_ sql: String, _ rows: [[SQLValue]]) throws -> [[SQLRow]] {
        if let last = rows.last { note(SQLCall(sql, last)) }
        return try base.queryEach(sql, rows)
    }

    func executeEach(_ sql: String, _ rows: [[SQLValue]]) throws -> [Int] {
        if let last = rows.last { note(SQLCall(sql, last)) }
        return try base.executeEach(sql, rows)
    }

    func queryAll(_ calls: [SQLCall]) throws -> [[SQLRow]] {
        for call in calls { note(call) }
        return try base.queryAll(calls)
    }

    func executeLater(_ sql: String, _ parameters: [SQLValue]) throws {
        note(SQLCall(sql, parameters))
        try base.executeLater(sql, parameters)
    }

    func queryLater(_ call: SQLCall, _ receive: @escaping ([SQLRow]) -> Void) throws {
        note(call)
        try base.queryLater(call, receive)
    }

    func executeScript(_ sql: String) throws { try base.executeScript(sql) }
}
