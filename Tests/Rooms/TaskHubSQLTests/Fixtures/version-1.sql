-- A task hub of version 1 in SQLite, in the middle of its work.

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

INSERT INTO hub_meta (one, schema_version, owner) VALUES (1, 1, 1);

-- It has not begun.
INSERT INTO hub_instance (id, execution_id, name, status, created_at, updated_at, ended_at, event_count, byte_count, input, output)
VALUES ('begun', 'e1', 'main', 'pending', 1750000000000, 1750000000000, NULL, 0, 0, '1', NULL);
INSERT INTO hub_inbox (instance_id, visible_at, event)
VALUES ('begun', 0, '{"at":1750000000000,"executionStarted":{"name":"main","input":"1","instanceID":"begun","executionID":"e1"}}');

-- Its activity runs.
INSERT INTO hub_instance (id, execution_id, name, status, created_at, updated_at, ended_at, event_count, byte_count, input, output)
VALUES ('running', 'e2', 'main', 'running', 1750000000000, 1750000000000, NULL, 3, 300, '2', NULL);
INSERT INTO hub_history (instance_id, position, events)
VALUES ('running', 0, '[{"at":1750000000000,"orchestratorStarted":{}},{"at":1750000000000,"executionStarted":{"name":"main","input":"2","instanceID":"running","executionID":"e2"}},{"at":1750000000000,"id":0,"taskScheduled":{"name":"double","input":"2"}}]');
INSERT INTO hub_task (instance_id, execution_id, task_id, name, input, tags, deliveries, lease)
VALUES ('running', 'e2', 0, 'double', '2', NULL, 1, 4294967297);

-- Its activity has answered.
INSERT INTO hub_instance (id, execution_id, name, status, created_at, updated_at, ended_at, event_count, byte_count, input, output)
VALUES ('answered', 'e3', 'main', 'running', 1750000000000, 1750000000000, NULL, 3, 300, '3', NULL);
INSERT INTO hub_history (instance_id, position, events)
VALUES ('answered', 0, '[{"at":1750000000000,"orchestratorStarted":{}},{"at":1750000000000,"executionStarted":{"name":"main","input":"3","instanceID":"answered","executionID":"e3"}},{"at":1750000000000,"id":0,"taskScheduled":{"name":"double","input":"3"}}]');
INSERT INTO hub_inbox (instance_id, visible_at, event)
VALUES ('answered', 0, '{"at":1750000000000,"taskCompleted":{"task":0,"result":"6"}}');

-- It sleeps.
INSERT INTO hub_instance (id, execution_id, name, status, created_at, updated_at, ended_at, event_count, byte_count, input, output)
VALUES ('sleeping', 'e4', 'main', 'running', 1750000000000, 1750000000000, NULL, 6, 600, '4', NULL);
INSERT INTO hub_history (instance_id, position, events)
VALUES ('sleeping', 0, '[{"at":1750000000000,"orchestratorStarted":{}},{"at":1750000000000,"executionStarted":{"name":"main","input":"4","instanceID":"sleeping","executionID":"e4"}},{"at":1750000000000,"id":0,"taskScheduled":{"name":"double","input":"4"}}]');
INSERT INTO hub_history (instance_id, position, events)
VALUES ('sleeping', 3, '[{"at":1750000000000,"orchestratorStarted":{}},{"at":1750000000000,"taskCompleted":{"task":0,"result":"8"}},{"at":1750000000000,"id":1,"timerCreated":{"fireAt":1750000060000}}]');
INSERT INTO hub_inbox (instance_id, visible_at, event)
VALUES ('sleeping', 1750000060000, '{"at":1750000060000,"timerFired":{"timer":1,"fireAt":1750000060000}}');

-- It has ended.
INSERT INTO hub_instance (id, execution_id, name, status, created_at, updated_at, ended_at, event_count, byte_count, input, output)
VALUES ('ended', 'e5', 'main', 'completed', 1750000000000, 1750000000000, 1750000000000, 8, 800, '5', '11');
