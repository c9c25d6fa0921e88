// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import DurableTask
import FoundationEssentials
import SQL

/// The durable part of a hub in SQL tables.
///
/// | table | holds |
/// |---|---|
/// | `hub_meta` | the schema's version and the number of the last member |
/// | `hub_member` | the processes that may write |
/// | `hub_lane` | what tells whether a commit took place, where a connection may break during it |
/// | `hub_instance` | one row an instance or entity; its `event_count` fences what changes it |
/// | `hub_history` | what happened, one row an episode |
/// | `hub_inbox` | what is to be told to an instance; timers are visible later |
/// | `hub_payload`, `hub_payload_use` | what is too large for the rows above, and which instances refer to it |
/// | `hub_task` | activities to run; `lease` 0 is free, else the token of the holder; `deliveries` were lost before |
final class SQLHubStore: SharedHubStore {
    let database: any SQLDatabase
    let dialect: any SQLHubDialect
    private let listen: @Sendable (_ session: Int64) -> AsyncStream<String?>
    let membership = Lock(Membership())
    let lanes = CommitLanes()
    let statusReader = StatusReader()
    let taskNumbers = TaskNumbers()
    let knownHeads = KnownHeads()
    let suspects = MissingMembers()
    /// The lock that the session holds which listens for this process.
    let session = Int64.random(in: 1...Int64.max)

    /// A store in a database.
    ///
    /// - Parameter listen: The texts that other members' commits send; nil when some may have been missed. The session
    ///   that hears them holds an advisory lock of this number.
    init(
        _ database: any SQLDatabase, _ dialect: any SQLHubDialect,
        listen: @escaping @Sendable (_ session: Int64) -> AsyncStream<String?> = { _ in AsyncStream { $0.finish() } }
    ) {
        self.database = database
        self.dialect = dialect
        self.listen = listen
    }

    var isShared: Bool { dialect.isShared }

    /// This process's number; 0 when it is no member.
    var number: Int64 { membership.withLock { $0.number } }

    func join(for duration: Duration) async throws -> Int64 {
        let former = membership.withLock { $0.former }
        let number = try await persistently { [database, dialect, taskNumbers] _ in
            try await database.write { connection in
                try SQLHubSchema.prepare(connection, dialect)
                try connection.execute("UPDATE hub_meta SET owner = owner + 1")
                let number = try connection.query("SELECT owner FROM hub_meta").first?.int(0) ?? 0
                if dialect.isShared {
                    try Self.end([former], losing: false, connection)
                } else {
                    try connection.execute("DELETE FROM hub_member")
                    try connection.execute(
                        "UPDATE hub_task SET lease = 0, deliveries = deliveries + 1 WHERE lease <> 0")
                    taskNumbers.begin(after: try connection.query("SELECT MAX(sequence) FROM hub_task")[0].int(0))
                }
                let expiry = dialect.isShared ? "\(PostgresHubDialect.now) + ?" : "?"
                try connection.execute(
                    "INSERT INTO hub_member (number, expires_at) VALUES (?, \(expiry))",
                    [.integer(number), .int(duration.wholeMilliseconds)])
                return number
            }
        }
        membership.withLock { $0 = Membership(number: number, former: number, duration: duration) }
        return number
    }

    /// What the other members' commits say.
    func signals() -> AsyncStream<HubSignal> {
        let texts = listen(session)
        return AsyncStream { continuation in
            // Unstructured: it ends with the stream that it feeds.
            let task = Task {
                for await text in texts {
                    if text == nil { await self.noteSession() }
                    continuation.yield(text.flatMap(HubSignal.init(text:)) ?? .missed)
                }
                continuation.finish()
            }
            continuation.onTermination = { _ in task.cancel() }
        }
    }
}

/// The tables' versions.
enum SQLHubSchema {
    /// Indexes by which the next messages are found however many wait; what was passed over also by who sent it.
    static let orderedInboxes = """
        DROP INDEX hub_inbox_instance;
        CREATE INDEX hub_inbox_order ON hub_inbox (instance_id, visible_at, sequence);
        CREATE INDEX hub_inbox_passed_over ON hub_inbox (instance_id, execution_id)
            WHERE visible_at = \(NewMessage.Visibility.passedOver);
        """

    /// Brings the tables to the version that this program works with.
    ///
    /// - Throws: `newerSchema`.
    static func prepare(_ connection: any SQLConnection, _ dialect: any SQLHubDialect) throws {
        if let lock = dialect.schemaLock { _ = try connection.query(lock) }
        try connection.executeScript(
            """
            CREATE TABLE IF NOT EXISTS hub_meta (
                one BIGINT PRIMARY KEY CHECK (one = 1),
                schema_version BIGINT NOT NULL,
                owner BIGINT NOT NULL
            )
            """)
        try connection.execute(
            "INSERT INTO hub_meta (one, schema_version, owner) VALUES (1, 0, 0) ON CONFLICT (one) DO NOTHING")
        let found = try connection.query("SELECT schema_version FROM hub_meta").first?.int(0) ?? 0
        let known = dialect.migrations.map(\.version).max() ?? 0
        guard found <= known else {
            throw TaskHubError(
                .newerSchema,
                """
                the task hub's tables have version \(found), this program knows \(known): run the \
                newer program, or give this one another database
                """)
        }
        for migration in dialect.migrations where migration.version > found {
            try connection.executeScript(migration.script)
        }
        if found < known { try connection.execute("UPDATE hub_meta SET schema_version = ?", [.integer(known)]) }
    }
}
