// Darkroom
// SPDX-License-Identifier: Apache-2.0

import SQL

/// A place in the pool: one connection at a time, opened when it is needed and replaced when it breaks.
///
/// A transaction begins together with its first statement, in the same round trip. Until then nothing can be lost, so a
/// connection that turns out to be dead is replaced without the caller's notice.
final class PostgresSession: SQLConnection {
    private enum Phase {
        case idle
        /// A transaction is wanted; the command that begins it has not been sent.
        case wanted(String)
        case open
    }

    private let settings: PostgresSettings
    private let stop: StopFlag
    private var pipeline: PostgresPipeline?
    private var phase = Phase.idle
    /// The first statement that failed, which the whole transaction then does.
    private var failure: SQLError?
    /// How long this transaction may try to reach the server.
    private var patience = ContinuousClock.now

    init(_ settings: PostgresSettings, stop: StopFlag) {
        self.settings = settings
        self.stop = stop
    }

    /// Opens a transaction as soon as a statement needs one.
    func begin(_ command: String, until patience: ContinuousClock.Instant) {
        phase = .wanted(command)
        failure = nil
        self.patience = patience
    }

    /// Commits what the transaction did.
    ///
    /// - Throws: the failure of a statement, although the body may have swallowed it: the server has undone everything.
    func commit() throws {
        if let failure { throw failure }
        guard case .open = phase, let pipeline else { return }
        guard pipeline.isAlive else {
            disconnect()
            throw SQLError.connectionLost("it closed before the commit; nothing was written")
        }
        do {
            try pipeline.command("COMMIT")
            phase = .idle
        } catch let error as SQLError where error.kind == .unavailable {
            disconnect()
            throw Self.unknownOutcome(error)
        } catch {
            phase = .idle
            throw error
        }
    }

    /// Throws the failure of a statement of the transaction.
    func checkRead() throws {
        if let failure { throw failure }
    }

    /// Undoes what a transaction did; does nothing after a commit.
    func rollback() {
        defer { phase = .idle }
        guard case .open = phase, let pipeline else { return }
        do { try pipeline.command("ROLLBACK") } catch { disconnect() }
    }

    func query(_ sql: String, _ parameters: [SQLValue]) throws -> [SQLRow] {
        try run(sql, [parameters], \.rows)[0]
    }

    @discardableResult
    func execute(_ sql: String, _ parameters: [SQLValue]) throws -> Int {
        try run(sql, [parameters], \.changes)[0]
    }

    func queryEach(_ sql: String, _ rows: [[SQLValue]]) throws -> [[SQLRow]] { try run(sql, rows, \.rows) }

    @discardableResult
    func executeEach(_ sql: String, _ rows: [[SQLValue]]) throws -> [Int] { try run(sql, rows, \.changes) }

    func executeScript(_ sql: String) throws {
        try exchange { pipeline, opening in
            if let opening { try pipeline.command(opening) }
            // From here on the transaction is open, whatever becomes of the script.
            phase = .open
            try pipeline.script(sql)
        }
    }

    private func run<Answer>(
        _ sql: String, _ rows: [[SQLValue]], _ read: (PostgresResult) -> Answer
    ) throws -> [Answer] {
        if rows.isEmpty { return [] }
        return try exchange { pipeline, opening in try pipeline.run(sql, rows, opening: opening, read) }
    }

    private func exchange<Value>(_ body: (PostgresPipeline, _ opening: String?) throws -> Value) throws -> Value {
        if let failure { throw failure }
        do {
            return try attempt(body)
        } catch let error as SQLError {
            if error.kind == .unavailable { disconnect() }
            failure = error
            throw error
        }
    }

    private func attempt<Value>(_ body: (PostgresPipeline, _ opening: String?) throws -> Value) throws -> Value {
        guard case .wanted(let opening) = phase else {
            guard let pipeline else { throw SQLError.connectionLost("it closed in the middle of a transaction") }
            return try body(pipeline, nil)
        }
        defer { phase = .open }
        if let pipeline {
            do {
                return try body(pipeline, opening)
            } catch let error as SQLError where error.kind == .unavailable {
                disconnect()
            }
        }
        return try body(connect(), opening)
    }

    /// Connects, with pauses that grow, for as long as the transaction has patience.
    private func connect() throws -> PostgresPipeline {
        var pause = Duration.milliseconds(50)
        while true {
            do {
                let connected = try PostgresPipeline(settings)
                pipeline = connected
                return connected
            } catch {
                guard ContinuousClock.now + pause < patience, !stop.wait(for: pause) else { throw error }
                pause = min(pause * 2, .seconds(1))
            }
        }
    }

    private func disconnect() {
        pipeline = nil
        phase = .idle
    }

    private static func unknownOutcome(_ cause: SQLError) -> SQLError {
        let message =
            "it is not known whether the transaction was committed, because \(cause.message); "
            + "read what it wrote before doing it again"
        return SQLError(kind: .unknownOutcome, code: cause.code, message: message, statement: "COMMIT")
    }
}
