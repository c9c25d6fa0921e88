// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import CPostgres
public import SQL

/// A PostgreSQL database, which other processes may share.
///
/// Each call runs on one of as many threads as there are connections. Connections are opened when they are needed and
/// replaced when they break: a call that has not begun waits for a server that restarts, one in the middle fails.
public final class PostgresDatabase: SQLDatabase {
    /// How the server is used.
    public struct Options: Sendable {
        /// How many transactions run at once, each on a connection and a thread of its own.
        public var connections = 8
        /// How long one attempt to connect may take for each host; whole seconds, at least 2.
        public var connectTimeout = Duration.seconds(5)
        /// How long a call may wait for a server that is away, from the moment it is made.
        public var patience = Duration.seconds(5)
        /// How long one statement may run before the server cancels it.
        public var statementTimeout = Duration.seconds(30)
        /// What the server lists its connections as, unless the connection string says otherwise.
        public var applicationName = "darkroom"
        /// How many calls may wait for a connection; a further one is refused as busy.
        public var waitingCalls = 16_384
        /// How many prepared statements each connection keeps.
        public var keptStatements = 256
        /// How many notifications may wait for a slow consumer; the oldest give way.
        public var waitingNotifications = 1_024

        /// The defaults.
        public init() {}
    }

    /// The version of libpq in use, as 150004 for 15.4.
    public static var libraryVersion: Int { Int(PQlibVersion()) }

    private let settings: PostgresSettings
    private let options: Options
    private let pool: PostgresPool
    private let listeners = PostgresListeners()

    /// Prepares for a database; nothing is connected before the first call.
    ///
    /// - Parameters:
    ///   - connectionString: A URI (`postgresql://user:password@host:port/database?sslmode=verify-full`) or key=value
    ///     pairs, as libpq takes them. It names the trust in TLS too.
    /// - Throws: `SQLError` of kind `misuse` when libpq cannot read it.
    public init(_ connectionString: String, options: Options = Options()) throws {
        self.options = options
        settings = try PostgresSettings(connectionString, options)
        pool = PostgresPool(settings, options)
    }

    /// Runs `body` in a transaction that sees what others commit meanwhile (READ COMMITTED).
    ///
    /// - Throws: what `body` throws; the first failure of a statement, even where `body` swallowed it; `busy` after a
    ///   deadlock or a timeout; `unavailable` when the server is away; `unknownOutcome` when the connection broke
    ///   during the commit.
    @discardableResult
    public func write<Value: Sendable>(
        _ body: @escaping @Sendable (any SQLConnection) throws -> Value
    ) async throws -> Value {
        try await pool.write(body)
    }

    /// Runs `body` on one snapshot of what is committed.
    ///
    /// - Throws: what `body` throws; `unavailable` when the server is away.
    public func read<Value: Sendable>(
        _ body: @escaping @Sendable (any SQLConnection) throws -> Value
    ) async throws -> Value {
        try await pool.read(body)
    }

    /// Runs statements that only read in one exchange, which is their transaction.
    ///
    /// - Throws: `SQLError`; `unavailable` when the server is away.
    public func queryAll(_ calls: [SQLCall]) async throws -> [[SQLRow]] { try await pool.queryAll(calls) }

    /// What others send to a channel with `SELECT pg_notify(channel, payload)`.
    ///
    /// It takes a connection and a thread of its own, which sleep while nothing comes.
    /// The first element is `listening`, once the server has taken the wish, and it comes again after each gap. The
    /// stream ends when the consumer stops or the database closes; at once when it is closed already.
    ///
    /// - Parameter lock: The number of an advisory lock that is held as long as the connection listens: who finds it
    ///   free knows that nobody does, at once when a process has died on a machine that goes on.
    public func notifications(
        on channel: String, holding lock: Int64? = nil
    ) -> AsyncStream<PostgresNotification> {
        let (stream, continuation) = AsyncStream.makeStream(
            of: PostgresNotification.self, bufferingPolicy: .bufferingNewest(max(1, options.waitingNotifications)))
        listeners.start(PostgresListener(settings, channel: channel, lock: lock, continuation))
        return stream
    }

    /// Lets what waits finish, then ends the threads and the connections.
    ///
    /// Later calls are refused. Takes at most as long as what runs, or an attempt to connect.
    public func close() {
        listeners.close()
        pool.close()
    }
}
