// Darkroom
// SPDX-License-Identifier: Apache-2.0

import CPostgres
import SQL

/// A connection with the statements that are prepared on it: whole exchanges, one round trip each.
final class PostgresPipeline {
    /// What the next answer is the answer to.
    private enum Expected {
        case opening
        case release(String)
        case preparation(String)
        case call
    }

    /// The protocol counts parameters in 16 bits.
    private static let mostParameters = 65_535
    /// The server takes no value of a gibibyte.
    private static let mostBytes = (1 << 30) - 1

    private let connection: PostgresConnection
    private var statements: StatementCache

    init(_ settings: PostgresSettings) throws {
        connection = try PostgresConnection(settings)
        statements = StatementCache(limit: settings.keptStatements)
    }

    /// How many statements are prepared.
    var preparedCount: Int { statements.count }

    /// Whether the connection still stands, as far as one can know without asking.
    ///
    /// The first look finds the server's farewell, the second the end of the stream behind it.
    var isAlive: Bool { connection.takeArrived() && connection.takeArrived() }

    /// Runs a statement once for each row of parameters, behind `opening`, and reads each answer.
    ///
    /// - Throws: `SQLError` of the first row that failed; of kind `unavailable` when the connection is gone.
    func run<Answer>(
        _ sql: String, _ rows: [[SQLValue]], opening: String?, _ read: (PostgresResult) -> Answer
    ) throws -> [Answer] {
        try check(sql, rows)
        var expected = try sendOpening(opening)
        try send(sql, rows, &expected)
        try connection.sendSync()
        return try receive(sql, expected, read)
    }

    /// Runs one command without parameters.
    func command(_ command: String) throws {
        try connection.send(command)
        try connection.sendSync()
        _ = try receive(command, [.opening]) { _ in }
    }

    /// Runs statements separated by `;`.
    func script(_ sql: String) throws { try connection.script(sql) }

    /// Refuses what would fail half sent, or would be cut short on the way.
    private func check(_ sql: String, _ rows: [[SQLValue]]) throws {
        let wanted = statements.parameterCount(of: sql)
        if wanted > Self.mostParameters {
            throw SQLError.misuse("a statement takes at most \(Self.mostParameters) parameters", statement: sql)
        }
        for row in rows {
            if row.count != wanted {
                let message = "the statement takes \(wanted) parameters and was given \(row.count)"
                throw SQLError.misuse(message, statement: sql)
            }
            for value in row { try check(value, sql) }
        }
    }

    private func check(_ value: SQLValue, _ sql: String) throws {
        let size: Int
        switch value {
        case .text(let text):
            size = text.utf8.count
            if text.utf8.contains(0) {
                throw SQLError.misuse("PostgreSQL takes no text with a NUL character; use a blob", statement: sql)
            }
        case .blob(let bytes): size = bytes.count
        case .null, .integer, .real: return
        }
        if size > Self.mostBytes {
            throw SQLError.misuse("a value has at most \(Self.mostBytes) bytes", statement: sql)
        }
    }

    private func sendOpening(_ opening: String?) throws -> [Expected] {
        var expected: [Expected] = []
        if let opening {
            try connection.send(opening)
            expected.append(.opening)
        }
        for name in statements.retired {
            try connection.send("DEALLOCATE \(name)")
            expected.append(.release(name))
        }
        return expected
    }

    private func send(_ sql: String, _ rows: [[SQLValue]], _ expected: inout [Expected]) throws {
        var parameters = WireParameters()
        var current: StatementCache.Prepared?
        for row in rows {
            let statement: StatementCache.Prepared
            if let current, current.takes(row) {
                statement = current
            } else {
                let (prepared, isNew) = statements.statement(sql, for: row)
                if isNew {
                    try connection.sendPreparation(prepared)
                    expected.append(.preparation(prepared.name))
                }
                statement = prepared
            }
            current = statement
            parameters.load(row)
            try connection.send(statement, parameters)
            expected.append(.call)
        }
    }

    private func receive<Answer>(
        _ sql: String, _ expected: [Expected], _ read: (PostgresResult) -> Answer
    ) throws -> [Answer] {
        var answers: [Answer] = []
        answers.reserveCapacity(expected.count)
        var unprepared: Set<String> = []
        var failure: SQLError?
        for command in expected {
            let result = try answer()
            let hasSucceeded = result.status == PGRES_COMMAND_OK || result.status == PGRES_TUPLES_OK
            if !hasSucceeded, failure == nil { failure = try refusal(result, of: sql) }
            switch command {
            case .call where hasSucceeded && failure == nil: answers.append(read(result))
            case .release(let name) where hasSucceeded: statements.released(name)
            case .preparation(let name) where !hasSucceeded: unprepared.insert(name)
            default: break
            }
        }
        guard try connection.nextResult()?.status == PGRES_PIPELINE_SYNC else { throw Self.outOfStep }
        statements.forget(unprepared)
        statements.trim()
        if let failure { throw failure }
        return answers
    }

    /// The answer to one command, and the end behind it.
    private func answer() throws -> PostgresResult {
        guard let result = try connection.nextResult() else { throw Self.outOfStep }
        guard try connection.nextResult() == nil else { throw Self.outOfStep }
        return result
    }

    /// A failure of the statement; thrown when it is the connection's last word.
    private func refusal(_ result: PostgresResult, of sql: String) throws -> SQLError {
        guard result.status == PGRES_FATAL_ERROR else {
            return SQLError.misuse("the statement is empty, or is none that has an answer", statement: sql)
        }
        let failure = SQLError(postgres: result, statement: sql)
        if failure.kind == .unavailable { throw failure }
        guard Self.isOutdatedPlan(result) else { return failure }
        statements.drop(sql)
        return SQLError(kind: .busy, code: failure.code, message: failure.message, statement: sql)
    }

    /// The tables changed under a prepared statement, or somebody dropped it; the next call prepares it anew.
    private static func isOutdatedPlan(_ result: PostgresResult) -> Bool {
        switch result.field("C") {
        case "0A000": result.field("R") == "RevalidateCachedQuery"
        case "26000": true
        default: false
        }
    }

    private static var outOfStep: SQLError { .connectionLost("its answers ended early") }
}
