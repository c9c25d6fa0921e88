-- A task hub of version 2 in PostgreSQL, the first that there was, in the middle of its work.

CREATE TABLE hub_meta (
    one BIGINT PRIMARY KEY CHECK (one = 1),
    schema_version BIGINT NOT NULL,
    owner BIGINT NOT NULL
);
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

INSERT INTO hub_meta (one, schema_version, owner) VALUES (1, 2, 1);
-- The process that worked on it is gone, and nobody has noticed.
INSERT INTO hub_member (number, expires_at) VALUES (1, 1750000015000);
INSERT INTO hub_lane (member, lane, mark) VALUES (1, 1, 9);

-- It has not begun.
INSERT INTO hub_instance (id, execution_id, name, status, created_at, updated_at, event_count, byte_count, owner, input)
VALUES ('begun', 'e1', 'main', 'pending', 1750000000000, 1750000000000, 0, 0, 1, '1');
INSERT INTO hub_inbox (instance_id, execution_id, visible_at, event)
VALUES ('begun', 'e1', -2, '{"at":1750000000000,"executionStarted":{"name":"main","input":"1","instanceID":"begun","executionID":"e1"}}');

-- Its activity runs.
INSERT INTO hub_instance (id, execution_id, name, status, created_at, updated_at, event_count, byte_count, owner, input)
VALUES ('Running', 'e2', 'main', 'running', 1750000000000, 1750000000000, 3, 300, 1, '2');
INSERT INTO hub_history (instance_id, position, events)
VALUES ('Running', 0, '[{"at":1750000000000,"orchestratorStarted":{}},{"at":1750000000000,"executionStarted":{"name":"main","input":"2","instanceID":"Running","executionID":"e2"}},{"at":1750000000000,"id":0,"taskScheduled":{"name":"double","input":"2"}}]');
INSERT INTO hub_task (instance_id, execution_id, orchestration, task_id, name, input, priority, queued_at, deliveries, lease)
VALUES ('Running', 'e2', 'main', 0, 'double', '2', 0, 1750000000000, 1, 4294967297);

-- Its activity has answered.
INSERT INTO hub_instance (id, execution_id, name, status, created_at, updated_at, event_count, byte_count, owner, input)
VALUES ('answered', 'e3', 'main', 'running', 1750000000000, 1750000000000, 3, 300, 1, '3');
INSERT INTO hub_history (instance_id, position, events)
VALUES ('answered', 0, '[{"at":1750000000000,"orchestratorStarted":{}},{"at":1750000000000,"executionStarted":{"name":"main","input":"3","instanceID":"answered","executionID":"e3"}},{"at":1750000000000,"id":0,"taskScheduled":{"name":"double","input":"3"}}]');
INSERT INTO hub_inbox (instance_id, execution_id, visible_at, event)
VALUES ('answered', 'e3', 0, '{"at":1750000000000,"taskCompleted":{"task":0,"result":"6"}}');

-- It sleeps.
INSERT INTO hub_instance (id, execution_id, name, status, created_at, updated_at, event_count, byte_count, owner, input)
VALUES ('sleeping', 'e4', 'main', 'running', 1750000000000, 1750000000000, 6, 600, 1, '4');
INSERT INTO hub_history (instance_id, position, events)
VALUES ('sleeping', 0, '[{"at":1750000000000,"orchestratorStarted":{}},{"at":1750000000000,"executionStarted":{"name":"main","input":"4","instanceID":"sleeping","executionID":"e4"}},{"at":1750000000000,"id":0,"taskScheduled":{"name":"double","input":"4"}}]');
INSERT INTO hub_history (instance_id, position, events)
VALUES ('sleeping', 3, '[{"at":1750000000000,"orchestratorStarted":{}},{"at":1750000000000,"taskCompleted":{"task":0,"result":"8"}},{"at":1750000000000,"id":1,"timerCreated":{"fireAt":1750000060000}}]');
INSERT INTO hub_inbox (instance_id, execution_id, visible_at, event)
VALUES ('sleeping', 'e4', 1750000060000, '{"at":1750000060000,"timerFired":{"timer":1,"fireAt":1750000060000}}');

-- It has ended, and left a large payload.
INSERT INTO hub_instance (id, execution_id, name, status, created_at, updated_at, ended_at, event_count, byte_count, owner, input, output)
VALUES ('ended', 'e5', 'main', 'completed', 1750000000000, 1750000000000, 1750000000000, 8, 800, 1, '5', '11');
INSERT INTO hub_payload (id, text) VALUES ('large', '"x"');
INSERT INTO hub_payload_use (instance_id, payload_id) VALUES ('ended', 'large');
