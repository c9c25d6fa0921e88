// Darkroom
// SPDX-License-Identifier: Apache-2.0

import CSQLite
public import SQL

/// A database file that one process writes.
///
/// One thread writes: it takes every write that waits, runs each in a savepoint of one transaction, and commits them
/// together, so that a single sync of the disk serves many callers. Other threads read, each on a connection of its
/// own, and see the last commit.
public final class SQLiteDatabase: SQLDatabase {
    /// When a commit counts as done.
    public enum Durability: String, Sendable {
        /// After the disk has synced: survives a power cut.
        case full = "FULL"
        /// After the operating system has it: survives a crash of the program.
        case normal = "NORMAL"
    }

    /// How the file is used.
    public struct Options: Sendable {
        /// When a commit counts as done.
        public var durability = Durability.full
        /// How many reads run at once.
        public var readers = 2
        /// How many writes may wait; a further one is refused as busy.
        public var waitingWrites = 16_384
        /// How many writes share one commit at the most.
        public var writesPerCommit = 512
        /// Page cache of each connection, in KiB.
        public var cacheKiB = 8_192

        /// The defaults.
        public init() {}
    }

    /// The version of SQLite in use.
    public static var libraryVersion: String { unsafe String(cString: sqlite3_libversion()) }

    private let writer: SQLiteWriter
    private let readers: SQLiteReaders

    /// Opens the file, creating it when it is missing; its folder must exist.
    ///
    /// - Throws: `SQLError` when the file cannot be opened or is no database.
    public init(path: String, options: Options = Options()) throws {
        writer = try SQLiteWriter(path: path, options: options)
        readers = try SQLiteReaders(path: path, options: options)
    }

    /// Runs `body` in a transaction that other callers share, and returns once it is durable.
    @discardableResult
    public func write<Value: Sendable>(
        _ body: @escaping @Sendable (any SQLConnection) throws -> Value
    ) async throws -> Value {
        try await writer.write(body)
    }

    /// Runs `body` on one snapshot of the last committed state.
    public func read<Value: Sendable>(
        _ body: @escaping @Sendable (any SQLConnection) throws -> Value
    ) async throws -> Value {
        try await readers.read(body)
    }

    /// Lets what waits finish, then ends the threads and closes the file.
    ///
    /// Later calls are refused.
    public func close() {
        readers.close()
        writer.close()
    }
}
