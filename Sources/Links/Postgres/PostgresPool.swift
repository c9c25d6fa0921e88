// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import SQL

/// The threads that talk to the server, and as many sessions.
///
/// Unchecked: a session is used by the thread that took it off the shelf, until that thread puts it back.
final class PostgresPool: @unchecked Sendable {
    /// Carries a session between threads.
    ///
    /// Unchecked: they use it in turn.
    private struct Borrowed: @unchecked Sendable {
        let session: PostgresSession
    }

    private static let beginWriting = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"
    private static let beginReading = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"

    private let threads: BlockingPool
    private let shelf: Lock<[Borrowed]>
    private let stop = StopFlag()
    private let patience: Duration
    private let waitingCalls: Int

    init(_ settings: PostgresSettings, _ options: PostgresDatabase.Options) {
        threads = BlockingPool(name: "PostgreSQL", threads: options.connections, limit: options.waitingCalls)
        let stop = stop
        shelf = Lock((0..<options.connections).map { _ in Borrowed(session: PostgresSession(settings, stop: stop)) })
        patience = options.patience
        waitingCalls = options.waitingCalls
    }

    func write<Value: Sendable>(
        _ body: @escaping @Sendable (any SQLConnection) throws -> Value
    ) async throws -> Value {
        try await onSession(Self.beginWriting) { session in
            defer { session.rollback() }
            let value = try body(session)
            try session.commit()
            return value
        }
    }

    func read<Value: Sendable>(
        _ body: @escaping @Sendable (any SQLConnection) throws -> Value
    ) async throws -> Value {
        try await onSession(Self.beginReading) { session in
            let value = try body(session)
            try session.checkRead()
            return value
        }
    }

    /// Runs statements that only read, in one exchange.
    func queryAll(_ calls: [SQLCall]) async throws -> [[SQLRow]] { try await onSession(nil) { try $0.queryAll(calls) } }

    func close() {
        stop.raise()
        threads.close()
        shelf.withLock { $0 = [] }
    }

    /// Answers first and cleans up then: the caller of a read does not wait for the end of its snapshot.
    private func onSession<Value: Sendable>(
        _ opening: String?, _ body: @escaping @Sendable (PostgresSession) throws -> Value
    ) async throws -> Value {
        let patience = ContinuousClock.now + patience
        return try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Value, any Error>) in
            do {
                try threads.submit { [self] in
                    let borrowed = take()
                    borrowed.session.begin(opening, until: patience)
                    continuation.resume(with: Result { try body(borrowed.session) })
                    borrowed.session.rollback()
                    shelf.withLock { $0.append(borrowed) }
                }
            } catch {
                continuation.resume(throwing: refusal)
            }
        }
    }

    private func take() -> Borrowed {
        guard let borrowed = shelf.withLock({ $0.popLast() }) else {
            preconditionFailure("there are as many sessions as threads")
        }
        return borrowed
    }

    private var refusal: SQLError {
        stop.isRaised
            ? SQLError(kind: .unavailable, code: 0, message: "the database is closed")
            : SQLError(kind: .busy, code: 0, message: "\(waitingCalls) calls wait already; try again later")
    }
}
