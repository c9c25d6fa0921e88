// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import SQL

/// The threads that read, and as many connections.
///
/// Unchecked: a connection is used by the thread that took it off the shelf, until that thread puts it back.
final class SQLiteReaders: @unchecked Sendable {
    /// Carries a connection between threads.
    ///
    /// Unchecked: they use it in turn.
    private struct Borrowed: @unchecked Sendable {
        let connection: SQLiteConnection
    }

    private let pool: BlockingPool
    private let shelf: Lock<[Borrowed]>

    init(path: String, options: SQLiteDatabase.Options) throws {
        let connections = try (0..<options.readers).map { _ in
            Borrowed(connection: try SQLiteConnection(path: path, options: options, readOnly: true))
        }
        shelf = Lock(connections)
        pool = BlockingPool(name: "database reader", threads: options.readers, limit: 65_536)
    }

    func read<Value: Sendable>(
        _ body: @escaping @Sendable (any SQLConnection) throws -> Value
    ) async throws -> Value {
        do {
            return try await runOnThread(body)
        } catch is BlockingPool.Refused {
            let message = "the database is closed, or too many reads wait"
            throw SQLError(kind: .unavailable, code: 0, message: message)
        }
    }

    private func runOnThread<Value: Sendable>(
        _ body: @escaping @Sendable (any SQLConnection) throws -> Value
    ) async throws -> Value {
        try await pool.run { [self] in
            guard let borrowed = shelf.withLock({ $0.popLast() }) else {
                preconditionFailure("there are as many connections as threads")
            }
            defer { shelf.withLock { $0.append(borrowed) } }
            let connection = borrowed.connection
            try connection.execute("BEGIN")
            defer { _ = try? connection.execute("COMMIT") }
            return try body(connection)
        }
    }

    func close() {
        pool.close()
        shelf.withLock { $0 = [] }
    }
}
