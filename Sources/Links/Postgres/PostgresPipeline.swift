// Darkroom
// SPDX-License-Identifier: Apache-2.0

import CPostgres
import SQL

/// A connection with the statements that are prepared on it: whole exchanges, one round trip each.
final class PostgresPipeline {
    /// What the next answer is the answer to.
    private enum Expected {
        case command(String)
        case release(String)
        case preparation(String, of: String)
        case call(String)

        /// The statement.
        var text: String {
            switch self {
            case .command(let text), .call(let text), .preparation(_, let text): text
            case .release(let name): "DEALLOCATE \(name)"
            }
        }
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

    /// Runs statements in order, behind `opening` and before `closing`, and reads the answer to each.
    ///
    /// - Throws: `SQLError` of the first that failed; of kind `unavailable` when the connection is gone.
    func run<Answer>(
        _ calls: [SQLCall], opening: String? = nil, closing: String? = nil, _ read: (PostgresResult) -> Answer
    ) throws -> [Answer] {
        for call in calls { try check(call) }
        var expected = try sendOpening(opening)
        try send(calls, &expected)
        if let closing {
            try connection.send(closing)
            expected.append(.command(closing))
        }
        try connection.sendSync()
        return try receive(expected, read)
    }

    /// Runs one command without parameters.
    func command(_ command: String) throws {
        try connection.send(command)
        try connection.sendSync()
        _ = try receive([.command(command)]) { _ in }
    }

    /// Runs statements separated by `;`.
    func script(_ sql: String) throws { try connection.script(sql) }

    /// Refuses what would fail half sent, or would be cut short on the way.
    private func check(_ call: SQLCall) throws {
        let wanted = statements.parameterCount(of: call.sql)
        if wanted > Self.mostParameters {
            throw SQLError.misuse("a statement takes at most \(Self.mostParameters) parameters", statement: call.sql)
        }
        if call.parameters.count != wanted {
            let message = "the statement takes \(wanted) parameters and was given \(call.parameters.count)"
            throw SQLError.misuse(message, statement: call.sql)
        }
        for value in call.parameters { try check(value, call.sql) }
    }

    private func check(_ value: SQLValue, _ sql: String) throws {
        let size: Int
        switch value {
        case .text(let text): size = try checkedSize(of: text, sql)
        case .texts(let texts): size = try texts.reduce(0) { try $0 + 4 + checkedSize(of: $1 ?? "", sql) }
        case .blob(let bytes): size = bytes.count
        case .integers(let numbers): size = 12 * numbers.count
        case .null, .integer, .real: return
        }
        if size > Self.mostBytes {
            throw SQLError.value("a value has at most \(Self.mostBytes) bytes", statement: sql)
        }
    }

    private func checkedSize(of text: String, _ sql: String) throws -> Int {
        if text.utf8.contains(0) {
            throw SQLError.value("PostgreSQL takes no text with a NUL character; use a blob", statement: sql)
        }
        return text.utf8.count
    }

    private func sendOpening(_ opening: String?) throws -> [Expected] {
        var expected: [Expected] = []
        if let opening {
            try connection.send(opening)
            expected.append(.command(opening))
        }
        for name in statements.retired {
            try connection.send("DEALLOCATE \(name)")
            expected.append(.release(name))
        }
        return expected
    }

    private func send(_ calls: [SQLCall], _ expected: inout [Expected]) throws {
        var parameters = WireParameters()
        var current: (sql: String, statement: StatementCache.Prepared)?
        for call in calls {
            let statement: StatementCache.Prepared
            if let current, current.sql == call.sql, current.statement.takes(call.parameters) {
                statement = current.statement
            } else {
                let (prepared, isNew) = statements.statement(call.sql, for: call.parameters)
                if isNew {
                    try connection.sendPreparation(prepared)
                    expected.append(.preparation(prepared.name, of: call.sql))
                }
                statement = prepared
            }
            current = (call.sql, statement)
            parameters.load(call.parameters)
            try connection.send(statement, parameters)
            expected.append(.call(call.sql))
        }
    }

    private func receive<Answer>(_ expected: [Expected], _ read: (PostgresResult) -> Answer) throws -> [Answer] {
        var answers: [Answer] = []
        answers.reserveCapacity(expected.count)
        var unprepared: Set<String> = []
        var failure: SQLError?
        for command in expected {
            let result = try answer()
            let hasSucceeded = result.status == PGRES_COMMAND_OK || result.status == PGRES_TUPLES_OK
            if !hasSucceeded, failure == nil { failure = try refusal(result, of: command.text) }
            switch command {
            case .call where hasSucceeded && failure == nil: answers.append(read(result))
            case .release(let name) where hasSucceeded: statements.released(name)
            case .preparation(let name, _) where !hasSucceeded: unprepared.insert(name)
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
