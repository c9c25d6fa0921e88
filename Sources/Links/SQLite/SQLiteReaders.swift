// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import SQL

/// The threads that read, and as many connections.
///
/// A thread that begins a transaction serves everybody who waited by then from it: its snapshot is no older than their
/// calls, and they share the locks and the pages that it costs. Unchecked: a connection is used by the thread that took
/// it off the shelf, until that thread puts it back.
final class SQLiteReaders: @unchecked Sendable {
    /// Carries a connection between threads.
    ///
    /// Unchecked: they use it in turn.
    private struct Borrowed: @unchecked Sendable {
        let connection: SQLiteConnection
    }

    /// A read of one caller.
    fileprivate struct Job: Sendable {
        /// Runs the read and answers the caller; false when it failed.
        let perform: @Sendable (any SQLConnection) -> Bool
        let fail: @Sendable (any Error) -> Void
    }

    fileprivate struct Line: Sendable {
        var jobs: ArraySlice<Job> = []
        /// How many jobs were ever taken out of the line.
        var takenCount = 0
        /// How many threads serve it, or are told to.
        var servers = 0

        /// How many jobs have ever stood in line.
        var count: Int { takenCount + jobs.count }
    }

    /// How many reads may wait; a further one is refused.
    private static let limit = 65_536
    /// How many reads share a transaction at the most: one that is held long keeps the log from starting over.
    private static let readsPerTransaction = 64

    private let pool: BlockingPool
    private let shelf: Lock<[Borrowed]>
    private let line = Lock(Line())
    private let threads: Int

    init(path: String, options: SQLiteDatabase.Options) throws {
        let connections = try (0..<options.readers).map { _ in
            Borrowed(connection: try SQLiteConnection(path: path, options: options, readOnly: true))
        }
        shelf = Lock(connections)
        threads = options.readers
        pool = BlockingPool(name: "database reader", threads: options.readers)
    }

    func read<Value: Sendable>(
        _ body: @escaping @Sendable (any SQLConnection) throws -> Value
    ) async throws -> Value {
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Value, any Error>) in
            submit(
                Job { connection in
                    let result = Result { try body(connection) }
                    continuation.resume(with: result)
                    return (try? result.get()) != nil
                } fail: {
                    continuation.resume(throwing: $0)
                })
        }
    }

    func close() {
        pool.close()
        shelf.withLock { $0 = [] }
    }

    private func submit(_ job: Job) {
        let (isAccepted, needsServer) = line.withLock { line in
            guard line.jobs.count < Self.limit else { return (false, false) }
            line.jobs.append(job)
            guard line.servers < threads else { return (true, false) }
            line.servers += 1
            return (true, true)
        }
        if !isAccepted {
            job.fail(
                SQLError(kind: .unavailable, code: 0, message: "\(Self.limit) reads wait already; try again later"))
        }
        guard needsServer else { return }
        do {
            try pool.submit { [self] in serve() }
        } catch {
            leave()
        }
    }

    /// The pool is closed: whoever waits for a thread waits in vain.
    private func leave() {
        let jobs = line.withLock { line in
            line.servers -= 1
            return line.takeAll()
        }
        for job in jobs { job.fail(SQLError(kind: .unavailable, code: 0, message: "the database is closed")) }
    }

    private func serve() {
        guard let borrowed = shelf.withLock({ $0.popLast() }) else {
            preconditionFailure("there are as many connections as threads")
        }
        while let end = line.withLock({ $0.nextTransaction(of: Self.readsPerTransaction) }) {
            serve(until: end, from: borrowed.connection)
        }
        shelf.withLock { $0.append(borrowed) }
    }

    /// Serves those who waited by now, each place in line before `end`, from one snapshot.
    ///
    /// Another thread may take some of them; whatever it reads from is as new.
    private func serve(until end: Int, from connection: SQLiteConnection) {
        do {
            try connection.execute("BEGIN")
        } catch {
            line.withLock { $0.takeNext(before: end) }?.fail(error)
            return
        }
        // A failure may have ended the transaction, and with it the snapshot.
        while let job = line.withLock({ $0.takeNext(before: end) }), job.perform(connection) {}
        if connection.isInTransaction { _ = try? connection.execute("COMMIT") }
    }
}

extension SQLiteReaders.Line {
    /// Where the part of the line ends that the next transaction serves; nil, and a thread leaves, when nobody waits.
    fileprivate mutating func nextTransaction(of limit: Int) -> Int? {
        if jobs.isEmpty {
            servers -= 1
            return nil
        }
        return min(count, takenCount + limit)
    }

    fileprivate mutating func takeNext(before end: Int) -> SQLiteReaders.Job? {
        guard takenCount < end, let job = jobs.popFirst() else { return nil }
        takenCount += 1
        return job
    }

    fileprivate mutating func takeAll() -> ArraySlice<SQLiteReaders.Job> {
        defer { jobs = [] }
        takenCount += jobs.count
        return jobs
    }
}
