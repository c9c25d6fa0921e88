// Darkroom
// SPDX-License-Identifier: Apache-2.0

import SQL

/// A place in the pool: one connection at a time, opened when it is needed and replaced when it breaks.
///
/// A transaction begins together with its first statement, in the same round trip. Until then nothing can be lost, so a
/// connection that turns out to be dead is replaced without the caller's notice. One whose answers nobody waits for
/// is a single round trip, the commit included.
final class PostgresSession: SQLConnection {
    private enum Phase {
        case idle
        /// A transaction is wanted, or one exchange without any; the command that begins it has not been sent.
        case wanted(String?)
        case open
    }

    /// A statement that is sent with the next one, and who takes its rows.
    private struct Later {
        let call: SQLCall
        let receive: (([SQLRow]) -> Void)?
    }

    private let settings: PostgresSettings
    private let stop: StopFlag
    private var pipeline: PostgresPipeline?
    private var phase = Phase.idle
    /// The first statement that failed, which the whole transaction then does.
    private var failure: SQLError?
    /// What is sent with the next statement or the commit.
    private var later: [Later] = []
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
        guard let (pipeline, opening) = try committing() else { return }
        do {
            // One that fails before the commit leaves the transaction open, to be rolled back.
            phase = .open
            let earlier = takeLater()
            hand(try pipeline.run(earlier.map(\.call), opening: opening, closing: "COMMIT") { $0 }, to: earlier)
            phase = .idle
        } catch let error as SQLError where error.kind == .unavailable {
            disconnect()
            throw Self.unknownOutcome(error)
        }
    }

    /// What the commit is sent through, and what must be sent before it; nil when there is nothing to commit.
    private func committing() throws -> (PostgresPipeline, opening: String?)? {
        switch phase {
        case .wanted(let opening) where !later.isEmpty:
            if let pipeline, pipeline.isAlive { return (pipeline, opening) }
            disconnect()
            return (try connect(), opening)
        case .open:
            guard let pipeline, pipeline.isAlive else {
                disconnect()
                throw SQLError.connectionLost("it closed before the commit; nothing was written")
            }
            return (pipeline, nil)
        case .idle, .wanted: return nil
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
        if let failure { throw failure }
        later.append(Later(call: SQLCall(sql, parameters), receive: nil))
    }

    func queryLater(_ call: SQLCall, _ receive: @escaping ([SQLRow]) -> Void) throws {
        if let failure { throw failure }
        later.append(Later(call: call, receive: receive))
    }

    func executeScript(_ sql: String) throws {
        let earlier = takeLater()
        try exchange { pipeline, opening in
            if let opening { try pipeline.command(opening) }
            if !earlier.isEmpty { hand(try pipeline.run(earlier.map(\.call)) { $0 }, to: earlier) }
            // From here on the transaction is open, whatever becomes of the script.
            phase = .open
            try pipeline.script(sql)
        }
    }

    private func run<Answer>(_ calls: [SQLCall], _ read: (PostgresResult) -> Answer) throws -> [Answer] {
        if calls.isEmpty { return [] }
        let earlier = takeLater()
        return try exchange { pipeline, opening in
            let results = try pipeline.run(earlier.map(\.call) + calls, opening: opening) { $0 }
            hand(results, to: earlier)
            return results.dropFirst(earlier.count).map(read)
        }
    }

    private func takeLater() -> [Later] {
        defer { later = [] }
        return later
    }

    private func hand(_ results: [PostgresResult], to statements: [Later]) {
        for (result, statement) in zip(results, statements) { statement.receive?(result.rows) }
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
