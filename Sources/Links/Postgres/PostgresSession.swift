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
        /// A transaction is wanted, or one exchange without any; the command that begins it has not been sent.
        case wanted(String?)
        case open
    }

    private let settings: PostgresSettings
    private let stop: StopFlag
    private var pipeline: PostgresPipeline?
    private var phase = Phase.idle
    /// The first statement that failed, which the whole transaction then does.
    private var failure: SQLError?
    /// What is sent with the next statement or the commit.
    private var later: [SQLCall] = []
    /// How long this transaction may try to reach the server.
    private var patience = ContinuousClock.now

    init(_ settings: PostgresSettings, stop: StopFlag) {
        self.settings = settings
        self.stop = stop
    }

    /// Opens a transaction as soon as a statement needs one; without a command, one exchange is a transaction itself.
    func begin(_ command: String?, until patience: ContinuousClock.Instant) {
        phase = .wanted(command)
        failure = nil
        later = []
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
            // One that fails before the commit leaves the transaction open, to be rolled back.
            _ = try pipeline.run(later, closing: "COMMIT") { _ in }
            phase = .idle
        } catch let error as SQLError where error.kind == .unavailable {
            disconnect()
            throw Self.unknownOutcome(error)
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
        try run([SQLCall(sql, parameters)], \.rows)[0]
    }

    @discardableResult
    func execute(_ sql: String, _ parameters: [SQLValue]) throws -> Int {
        try run([SQLCall(sql, parameters)], \.changes)[0]
    }

    func queryEach(_ sql: String, _ rows: [[SQLValue]]) throws -> [[SQLRow]] {
        try run(rows.map { SQLCall(sql, $0) }, \.rows)
    }

    @discardableResult
    func executeEach(_ sql: String, _ rows: [[SQLValue]]) throws -> [Int] {
        try run(rows.map { SQLCall(sql, $0) }, \.changes)
    }

    func queryAll(_ calls: [SQLCall]) throws -> [[SQLRow]] { try run(calls, \.rows) }

    func executeLater(_ sql: String, _ parameters: [SQLValue]) throws {
        guard case .open = phase else {
            // What opens the transaction is sent at once, because only then can a dead connection be replaced.
            try execute(sql, parameters)
            return
        }
        if let failure { throw failure }
        later.append(SQLCall(sql, parameters))
    }

    func executeScript(_ sql: String) throws {
        let earlier = later
        later = []
        try exchange { pipeline, opening in
            if let opening { try pipeline.command(opening) }
            if !earlier.isEmpty { _ = try pipeline.run(earlier) { _ in } }
            // From here on the transaction is open, whatever becomes of the script.
            phase = .open
            try pipeline.script(sql)
        }
    }

    private func run<Answer>(_ calls: [SQLCall], _ read: (PostgresResult) -> Answer) throws -> [Answer] {
        if calls.isEmpty { return [] }
        let earlier = later
        later = []
        return try exchange { pipeline, opening in
            let answers = try pipeline.run(earlier + calls, opening: opening, read)
            return Array(answers.dropFirst(earlier.count))
        }
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
        defer { phase = opening == nil ? .idle : .open }
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
