// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// What differs between the databases that can hold a hub; everything else is written once.
protocol SQLHubDialect: Sendable {
    /// Creates the tables of ``SQLHubStore/schemaVersion`` where they do not exist.
    var schema: String { get }

    /// Leases free tasks of a name, oldest first, and returns their columns as ``TaskRow`` reads them.
    ///
    /// Parameters: the lease, the name, the limit.
    var claimTasks: String { get }
}

/// SQLite: one process owns the file and one connection writes, so nothing needs to be locked.
struct SQLiteHubDialect: SQLHubDialect {
    let schema = """
        CREATE TABLE IF NOT EXISTS hub_meta (
            one INTEGER PRIMARY KEY CHECK (one = 1),
            schema_version INTEGER NOT NULL,
            owner INTEGER NOT NULL
        );
        CREATE TABLE IF NOT EXISTS hub_instance (
            sequence INTEGER PRIMARY KEY AUTOINCREMENT,
            id TEXT NOT NULL UNIQUE,
            execution_id TEXT NOT NULL,
            name TEXT NOT NULL,
            status TEXT NOT NULL,
            created_at INTEGER NOT NULL,
            updated_at INTEGER NOT NULL,
            ended_at INTEGER,
            event_count INTEGER NOT NULL,
            byte_count INTEGER NOT NULL,
            input TEXT,
            output TEXT,
            custom_status TEXT,
            failure TEXT
        );
        CREATE INDEX IF NOT EXISTS hub_instance_status ON hub_instance (status, sequence);
        CREATE INDEX IF NOT EXISTS hub_instance_ended ON hub_instance (ended_at) WHERE ended_at IS NOT NULL;
        CREATE TABLE IF NOT EXISTS hub_history (
            instance_id TEXT NOT NULL,
            position INTEGER NOT NULL,
            events TEXT NOT NULL,
            PRIMARY KEY (instance_id, position)
        ) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS hub_inbox (
            sequence INTEGER PRIMARY KEY AUTOINCREMENT,
            instance_id TEXT NOT NULL,
            visible_at INTEGER NOT NULL,
            event TEXT NOT NULL
        );
        CREATE INDEX IF NOT EXISTS hub_inbox_instance ON hub_inbox (instance_id);
        CREATE INDEX IF NOT EXISTS hub_inbox_timer ON hub_inbox (visible_at) WHERE visible_at > 0;
        CREATE TABLE IF NOT EXISTS hub_task (
            sequence INTEGER PRIMARY KEY AUTOINCREMENT,
            instance_id TEXT NOT NULL,
            execution_id TEXT NOT NULL,
            task_id INTEGER NOT NULL,
            name TEXT NOT NULL,
            input TEXT,
            tags TEXT,
            deliveries INTEGER NOT NULL,
            lease INTEGER NOT NULL
        );
        CREATE INDEX IF NOT EXISTS hub_task_instance ON hub_task (instance_id);
        CREATE INDEX IF NOT EXISTS hub_task_free ON hub_task (name, sequence) WHERE lease = 0;
        """

    let claimTasks = """
        UPDATE hub_task SET lease = ?, deliveries = deliveries + 1
        WHERE sequence IN (SELECT sequence FROM hub_task WHERE lease = 0 AND name = ? ORDER BY sequence LIMIT ?)
        RETURNING \(TaskRow.columns)
        """
}
