// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import SQL

/// The thread that writes, and the writes that wait for it.
///
/// Unchecked: `connection` is touched by the one thread of `pool` only; everything else is behind a lock.
final class SQLiteWriter: @unchecked Sendable {
    /// A write of one caller.
    private struct Job: Sendable {
        /// Runs the write and says how to answer the caller once the commit is through.
        let perform: @Sendable (any SQLConnection) -> Outcome
        /// Answers a caller whose write was not committed.
        let fail: @Sendable (any Error) -> Void
    }

    /// What became of a write, and how to tell its caller once the commit is through.
    private struct Outcome {
        let succeeded: Bool
        let answer: () -> Void
    }

    private let pool: BlockingPool
    private let waiting = Lock<[Job]>([])
    private let options: SQLiteDatabase.Options
    private var connection: SQLiteConnection?

    init(path: String, options: SQLiteDatabase.Options) throws {
        self.options = options
        connection = try SQLiteConnection(path: path, options: options, readOnly: false)
        pool = BlockingPool(name: "database writer", threads: 1, limit: options.waitingWrites + 1)
    }

    func write<Value: Sendable>(
        _ body: @escaping @Sendable (any SQLConnection) throws -> Value
    ) async throws -> Value {
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Value, any Error>) in
            let job = Job(
                perform: { connection in
                    let result = Result { try body(connection) }
                    return Outcome(succeeded: (try? result.get()) != nil) { continuation.resume(with: result) }
                },
                fail: { continuation.resume(throwing: $0) })
            submit(job)
        }
    }

    func close() {
        pool.close()
        connection = nil
    }

    private func submit(_ job: Job) {
        let position = waiting.withLock { jobs in
            if jobs.count >= options.waitingWrites { return -1 }
            jobs.append(job)
            return jobs.count
        }
        if position < 0 {
            let message = "\(options.waitingWrites) writes wait already; try again later"
            job.fail(SQLError(kind: .busy, code: 0, message: message))
        }
        // The first to wait wakes the thread; those behind it are taken along.
        if position == 1 { wake() }
    }

    private func wake() {
        do {
            try pool.submit { [self] in commitWaiting() }
        } catch {
            let refusal = SQLError(kind: .unavailable, code: 0, message: "the database is closed")
            for job in takeWaiting(upTo: .max) { job.fail(refusal) }
        }
    }

    private func commitWaiting() {
        while true {
            let jobs = takeWaiting(upTo: options.writesPerCommit)
            if jobs.isEmpty { return }
            commit(jobs)
        }
    }

    private func takeWaiting(upTo limit: Int) -> [Job] {
        waiting.withLock { jobs in
            let taken = Array(jobs.prefix(limit))
            jobs.removeFirst(taken.count)
            return taken
        }
    }

    private func commit(_ jobs: [Job]) {
        guard let connection else { return }
        var outcomes: [Outcome] = []
        do {
            try connection.execute("BEGIN IMMEDIATE")
            if jobs.count == 1 {
                // Alone in its transaction, a write needs no savepoint, which would copy every page that it changes.
                outcomes.append(try performAlone(jobs[0], on: connection))
            } else {
                for job in jobs { outcomes.append(try perform(job, on: connection)) }
            }
            try connection.execute("COMMIT")
            for outcome in outcomes { outcome.answer() }
        } catch {
            if connection.isInTransaction { _ = try? connection.execute("ROLLBACK") }
            for (index, job) in jobs.enumerated() {
                // A write that failed by itself answers with its own error, whatever became of the commit.
                let failedAlone = index < outcomes.count && !outcomes[index].succeeded
                if failedAlone { outcomes[index].answer() } else { job.fail(error) }
            }
        }
    }

    /// Runs the only write of a transaction; when it fails, the transaction has changed nothing.
    private func performAlone(_ job: Job, on connection: SQLiteConnection) throws -> Outcome {
        let outcome = try performJob(job, on: connection)
        if !outcome.succeeded {
            try connection.execute("ROLLBACK")
            try connection.execute("BEGIN")
        }
        return outcome
    }

    /// Runs one write in a savepoint, so that its failure undoes its own changes alone.
    private func perform(_ job: Job, on connection: SQLiteConnection) throws -> Outcome {
        try connection.execute("SAVEPOINT job")
        let outcome = try performJob(job, on: connection)
        if !outcome.succeeded { try connection.execute("ROLLBACK TO job") }
        try connection.execute("RELEASE job")
        return outcome
    }

    private func performJob(_ job: Job, on connection: SQLiteConnection) throws -> Outcome {
        let outcome = job.perform(connection)
        guard connection.isInTransaction else {
            // A full or failing disk makes SQLite roll the whole transaction back by itself.
            let message = "the disk failed in the middle of a transaction; nothing of it was written"
            throw SQLError(kind: .storage, code: 0, message: message)
        }
        return outcome
    }
}
