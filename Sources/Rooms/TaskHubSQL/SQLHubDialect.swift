// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// What differs between the databases that can hold a hub; everything else is written once.
protocol SQLHubDialect: Sendable {
    /// Whether several processes may work on the store at once.
    var isShared: Bool { get }
    /// Whether many rows are best written by one statement over arrays.
    var joinsRows: Bool { get }
    /// What tells the database, until the transaction ends, how to plan statements; nil where there is no choice.
    var planning: String? { get }
    /// Draws as many numbers for new messages as its parameter says; nil where the database says at once which number a
    /// new row has.
    var messageDrawing: String? { get }
    /// Draws as many numbers for new tasks as its parameter says; nil where this process counts them.
    var taskDrawing: String? { get }
    /// The scripts that bring the tables from one version to the next, by the version that they lead to.
    var migrations: [(version: Int64, script: String)] { get }
    /// Keeps other processes from migrating at the same time, until the transaction ends; nil where nobody else can.
    var schemaLock: String? { get }
    /// What is added to the reading of a row that will change.
    var lockSubject: String { get }
    /// What is added to the reading of a row that must not be deleted meanwhile.
    var lockTarget: String { get }
    /// A condition: a row's number is among those that a query chooses; `?` stands for the query.
    ///
    /// The query is asked once, however the database joins it: what it locks is what it chooses.
    func isAmong(_ query: String) -> String
    /// Finds the row of the member of the first parameter, and keeps it from being ended until the transaction does.
    var admission: String { get }
    /// The same, once every earlier transaction of this member has come to its end.
    var settledAdmission: String { get }
    /// The same as ``admission``; it leaves the third parameter's mark in the lane of the second, so that a commit can
    /// be recognised whose outcome is in doubt. It answers how many members it found, and which transaction this is.
    ///
    /// nil where no outcome is ever asked for, and rows do not tell which transaction wrote them.
    var markedAdmission: String? { get }
    /// The same, for those who read no answer before they commit: it fails when there is no such member.
    var strictAdmission: String? { get }
    /// An expression: an instance's owner, 0 when it is no member any more.
    var liveOwner: String { get }
    /// A condition on the tag of the first parameter to have the value of the second.
    var hasTag: String { get }
    /// Joins each message `m` with its instance `i`, in this order: there are more instances without messages.
    var joinOfInstance: String { get }
    /// How histories name their instances.
    var historyKey: HistoryKey { get }
}

/// SQLite: one process owns the file and one connection writes, so nothing needs to be locked.
struct SQLiteHubDialect: SQLHubDialect {
    let isShared = false
    let joinsRows = false
    let planning: String? = nil
    let messageDrawing: String? = nil
    let taskDrawing: String? = nil
    let schemaLock: String? = nil
    let lockSubject = ""
    let lockTarget = ""
    let admission = "SELECT 0 FROM hub_member WHERE number = ?"
    let settledAdmission = "SELECT 0 FROM hub_member WHERE number = ?"
    let markedAdmission: String? = nil
    let strictAdmission: String? = nil
    let liveOwner = "0"
    let hasTag = "json_extract(tags, '$.' || json_quote(?)) = ?"
    let joinOfInstance = "CROSS JOIN hub_instance i ON i.id = m.instance_id"
    let historyKey = HistoryKey.number

    func isAmong(_ query: String) -> String { "sequence IN (\(query))" }

    let migrations: [(version: Int64, script: String)] = [
        (
            1,
            """
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
            """
        ),
        (
            2,
            """
            ALTER TABLE hub_instance ADD COLUMN version TEXT;
            ALTER TABLE hub_instance ADD COLUMN tags TEXT;
            ALTER TABLE hub_instance ADD COLUMN scheduled_start INTEGER;
            ALTER TABLE hub_instance ADD COLUMN owner INTEGER NOT NULL DEFAULT 0;
            ALTER TABLE hub_instance ADD COLUMN watched INTEGER NOT NULL DEFAULT 0;
            ALTER TABLE hub_instance ADD COLUMN parked TEXT;
            ALTER TABLE hub_instance ADD COLUMN parent_id TEXT;
            ALTER TABLE hub_instance ADD COLUMN parent TEXT;
            ALTER TABLE hub_instance ADD COLUMN lock_holder TEXT;
            ALTER TABLE hub_instance ADD COLUMN lock_section TEXT;
            CREATE INDEX hub_instance_parent ON hub_instance (parent_id) WHERE parent_id IS NOT NULL;
            CREATE INDEX hub_instance_lock ON hub_instance (lock_holder) WHERE lock_holder IS NOT NULL;
            ALTER TABLE hub_inbox ADD COLUMN execution_id TEXT;
            ALTER TABLE hub_task ADD COLUMN version TEXT;
            ALTER TABLE hub_task ADD COLUMN orchestration TEXT NOT NULL DEFAULT '';
            ALTER TABLE hub_task ADD COLUMN priority INTEGER NOT NULL DEFAULT 0;
            ALTER TABLE hub_task ADD COLUMN queued_at INTEGER NOT NULL DEFAULT 0;
            ALTER TABLE hub_task ADD COLUMN progress TEXT;
            ALTER TABLE hub_task ADD COLUMN parked TEXT;
            DROP INDEX IF EXISTS hub_task_free;
            CREATE INDEX hub_task_free ON hub_task (name, priority DESC, sequence) WHERE lease = 0 AND parked IS NULL;
            ALTER TABLE hub_history RENAME TO hub_history_1;
            CREATE TABLE hub_history (
                sequence INTEGER PRIMARY KEY,
                instance_id TEXT NOT NULL,
                position INTEGER NOT NULL,
                events TEXT NOT NULL
            );
            CREATE UNIQUE INDEX hub_history_instance ON hub_history (instance_id, position);
            INSERT INTO hub_history (instance_id, position, events)
                SELECT instance_id, position, events FROM hub_history_1;
            DROP TABLE hub_history_1;
            CREATE TABLE hub_member (number INTEGER PRIMARY KEY, expires_at INTEGER NOT NULL);
            CREATE TABLE hub_payload (id TEXT PRIMARY KEY, text TEXT NOT NULL);
            CREATE TABLE hub_payload_use (
                instance_id TEXT NOT NULL, payload_id TEXT NOT NULL, PRIMARY KEY (instance_id, payload_id)
            );
            CREATE INDEX hub_payload_use_payload ON hub_payload_use (payload_id);
            """
        ),
        (
            3,
            """
            ALTER TABLE hub_history RENAME TO hub_history_2;
            CREATE TABLE hub_history (
                sequence INTEGER PRIMARY KEY,
                instance INTEGER NOT NULL,
                position INTEGER NOT NULL,
                events TEXT NOT NULL
            );
            INSERT INTO hub_history (instance, position, events)
                SELECT i.sequence, h.position, h.events
                FROM hub_history_2 h JOIN hub_instance i ON i.id = h.instance_id ORDER BY h.sequence;
            DROP TABLE hub_history_2;
            CREATE UNIQUE INDEX hub_history_instance ON hub_history (instance, position);
            ALTER TABLE hub_task RENAME TO hub_task_2;
            CREATE TABLE hub_task (
                sequence INTEGER PRIMARY KEY,
                instance_id TEXT NOT NULL,
                execution_id TEXT NOT NULL,
                orchestration TEXT NOT NULL,
                task_id INTEGER NOT NULL,
                name TEXT NOT NULL,
                version TEXT,
                input TEXT,
                tags TEXT,
                priority INTEGER NOT NULL,
                queued_at INTEGER NOT NULL,
                deliveries INTEGER NOT NULL,
                lease INTEGER NOT NULL,
                progress TEXT,
                parked TEXT
            );
            INSERT INTO hub_task (sequence, instance_id, execution_id, orchestration, task_id, name, version, input,
                    tags, priority, queued_at, deliveries, lease, progress, parked)
                SELECT sequence, instance_id, execution_id, orchestration, task_id, name, version, input,
                    tags, priority, queued_at, deliveries, lease, progress, parked FROM hub_task_2;
            DROP TABLE hub_task_2;
            CREATE INDEX hub_task_instance ON hub_task (instance_id);
            CREATE INDEX hub_task_free ON hub_task (name, priority DESC, sequence) WHERE lease = 0 AND parked IS NULL;
            """
        ),
        (5, SQLHubSchema.orderedInboxes),
        (6, HubMigration.losses),
        (7, "CREATE INDEX hub_instance_entity ON hub_instance (sequence) WHERE id LIKE '@%'"),
    ]
}

/// PostgreSQL: any number of processes share the database; row locks and memberships keep them apart.
struct PostgresHubDialect: SQLHubDialect {
    /// A time in the database's own clock, which all members share.
    static let now = "CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT)"

    /// Plans are made once and kept, also those of an empty table, which must not read all of it when it has grown.
    private static let settings = """
        set_config('plan_cache_mode', 'force_generic_plan', true), set_config('jit', 'off', true),
        set_config('enable_seqscan', 'off', true), set_config('enable_bitmapscan', 'off', true),
        set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true)
        """

    let isShared = true
    let joinsRows = true
    let planning: String? = "SELECT \(settings)"
    let messageDrawing: String? = "SELECT nextval('hub_inbox_sequence_seq') FROM generate_series(1, ?)"
    let taskDrawing: String? = "SELECT nextval('hub_task_sequence_seq') FROM generate_series(1, ?)"
    let schemaLock: String? = "SELECT pg_advisory_xact_lock(7234017283807667300)"
    let lockSubject = " FOR NO KEY UPDATE"
    let lockTarget = " FOR KEY SHARE"
    let admission = "SELECT 0 FROM hub_member WHERE number = ? FOR KEY SHARE"
    let settledAdmission = "SELECT 0 FROM hub_member WHERE number = ? FOR UPDATE"
    let markedAdmission: String? = marking("COUNT(*)")
    /// Zero divides nothing.
    let strictAdmission: String? = marking("1 / COUNT(*)")
    let liveOwner = "COALESCE((SELECT number FROM hub_member WHERE number = owner), 0)"
    let hasTag = "CAST(tags AS JSON) ->> ? = ?"
    let joinOfInstance = "CROSS JOIN LATERAL (SELECT * FROM hub_instance WHERE id = m.instance_id OFFSET 0) i"
    let historyKey = HistoryKey.id

    private static func marking(_ found: String) -> String {
        """
        WITH member AS (SELECT number FROM hub_member WHERE number = ? FOR KEY SHARE),
            marked AS (
                INSERT INTO hub_lane (member, lane, mark) SELECT number, ?, ? FROM member
                ON CONFLICT (member, lane) DO UPDATE SET mark = excluded.mark
                RETURNING 1
            )
        SELECT \(found), CAST(CAST(pg_current_xact_id() AS XID) AS TEXT), \(settings) FROM marked
        """
    }

    func isAmong(_ query: String) -> String {
        "sequence = ANY(ARRAY(\(query) FOR NO KEY UPDATE SKIP LOCKED))"
    }

    let migrations: [(version: Int64, script: String)] = [
        (
            2,
            """
            CREATE TABLE hub_instance (
                sequence BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
                id TEXT NOT NULL UNIQUE,
                execution_id TEXT NOT NULL,
                name TEXT NOT NULL,
                version TEXT,
                status TEXT NOT NULL,
                created_at BIGINT NOT NULL,
                updated_at BIGINT NOT NULL,
                ended_at BIGINT,
                scheduled_start BIGINT,
                event_count BIGINT NOT NULL,
                byte_count BIGINT NOT NULL,
                owner BIGINT NOT NULL,
                watched BIGINT NOT NULL DEFAULT 0,
                parked TEXT,
                parent_id TEXT,
                parent TEXT,
                lock_holder TEXT,
                lock_section TEXT,
                tags TEXT,
                input TEXT,
                output TEXT,
                custom_status TEXT,
                failure TEXT
            ) WITH (fillfactor = 70);
            CREATE INDEX hub_instance_status ON hub_instance (status, sequence);
            CREATE INDEX hub_instance_ended ON hub_instance (ended_at) WHERE ended_at IS NOT NULL;
            CREATE INDEX hub_instance_parent ON hub_instance (parent_id) WHERE parent_id IS NOT NULL;
            CREATE INDEX hub_instance_lock ON hub_instance (lock_holder) WHERE lock_holder IS NOT NULL;
            CREATE TABLE hub_history (
                instance_id TEXT NOT NULL,
                position BIGINT NOT NULL,
                events TEXT NOT NULL,
                PRIMARY KEY (instance_id, position)
            );
            CREATE TABLE hub_inbox (
                sequence BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
                instance_id TEXT NOT NULL,
                execution_id TEXT,
                visible_at BIGINT NOT NULL,
                event TEXT NOT NULL
            );
            CREATE INDEX hub_inbox_instance ON hub_inbox (instance_id);
            CREATE INDEX hub_inbox_timer ON hub_inbox (visible_at) WHERE visible_at > 0;
            CREATE TABLE hub_task (
                sequence BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
                instance_id TEXT NOT NULL,
                execution_id TEXT NOT NULL,
                orchestration TEXT NOT NULL,
                task_id BIGINT NOT NULL,
                name TEXT NOT NULL,
                version TEXT,
                input TEXT,
                tags TEXT,
                priority BIGINT NOT NULL,
                queued_at BIGINT NOT NULL,
                deliveries BIGINT NOT NULL,
                lease BIGINT NOT NULL,
                progress TEXT,
                parked TEXT
            );
            CREATE INDEX hub_task_instance ON hub_task (instance_id);
            CREATE INDEX hub_task_free ON hub_task (name, priority DESC, sequence) WHERE lease = 0 AND parked IS NULL;
            CREATE TABLE hub_member (
                number BIGINT PRIMARY KEY,
                expires_at BIGINT NOT NULL
            ) WITH (fillfactor = 10);
            CREATE TABLE hub_lane (
                member BIGINT NOT NULL,
                lane BIGINT NOT NULL,
                mark BIGINT NOT NULL,
                PRIMARY KEY (member, lane)
            ) WITH (fillfactor = 10);
            CREATE TABLE hub_payload (id TEXT PRIMARY KEY, text TEXT NOT NULL);
            CREATE TABLE hub_payload_use (
                instance_id TEXT NOT NULL, payload_id TEXT NOT NULL, PRIMARY KEY (instance_id, payload_id)
            );
            CREATE INDEX hub_payload_use_payload ON hub_payload_use (payload_id);
            """
        ),
        (4, "ALTER TABLE hub_member ADD COLUMN session BIGINT"),
        (5, SQLHubSchema.orderedInboxes),
        (6, HubMigration.losses),
        (
            7,
            // Keys are compared by their bytes, as this program does it, whatever the language of the database: ids are
            // found by what they begin with, and rows are locked in one order. Tables are not written anew, but indexes
            // are, which may take longer than a statement should.
            """
            SET LOCAL statement_timeout = 0;
            ALTER TABLE hub_instance
                ALTER COLUMN id TYPE TEXT COLLATE "C",
                ALTER COLUMN status TYPE TEXT COLLATE "C",
                ALTER COLUMN parent_id TYPE TEXT COLLATE "C",
                ALTER COLUMN lock_holder TYPE TEXT COLLATE "C";
            ALTER TABLE hub_history ALTER COLUMN instance_id TYPE TEXT COLLATE "C";
            ALTER TABLE hub_inbox ALTER COLUMN instance_id TYPE TEXT COLLATE "C";
            ALTER TABLE hub_task
                ALTER COLUMN instance_id TYPE TEXT COLLATE "C",
                ALTER COLUMN name TYPE TEXT COLLATE "C",
                ALTER COLUMN fairness TYPE TEXT COLLATE "C";
            ALTER TABLE hub_payload ALTER COLUMN id TYPE TEXT COLLATE "C";
            ALTER TABLE hub_payload_use
                ALTER COLUMN instance_id TYPE TEXT COLLATE "C",
                ALTER COLUMN payload_id TYPE TEXT COLLATE "C";
            CREATE INDEX hub_inbox_ready ON hub_inbox (sequence) WHERE visible_at <= 0;
            CREATE INDEX hub_instance_entity ON hub_instance (sequence) WHERE id LIKE '@%';
            """
        ),
    ]
}
