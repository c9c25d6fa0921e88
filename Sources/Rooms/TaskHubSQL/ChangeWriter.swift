// Darkroom
// SPDX-License-Identifier: Apache-2.0

import DurableTask
import FoundationEssentials
import SQL

/// Writes decided changes: one statement a table and kind, run once for each row.
struct ChangeWriter {
    /// Another process has created an instance of the same id meanwhile.
    struct IDTaken: Error {}

    private static let notify = "SELECT pg_notify('\(HubSignal.channel)', ?)"

    private let connection: any SQLConnection
    private let dialect: any SQLHubDialect

    init(_ connection: any SQLConnection, _ dialect: any SQLHubDialect) {
        self.connection = connection
        self.dialect = dialect
    }

    func write(_ changes: HubChanges) throws -> HubReceipt {
        try writeInstances(changes)
        try writeInboxes(changes)
        try each(
            """
            INSERT INTO hub_payload_use (payload_id, instance_id) VALUES (?, ?)
            ON CONFLICT (instance_id, payload_id) DO NOTHING
            """, changes.payloadUses.map { [.text($0.row), .text($0.instanceID)] })
        try each("DELETE FROM hub_task WHERE sequence = ?", changes.finishedTasks.map { [.integer($0)] })
        try each("DELETE FROM hub_task WHERE instance_id = ?", changes.clearedTasks.map { [.text($0)] })
        var receipt = HubReceipt()
        receipt.messages = try deliver(changes.messages)
        receipt.tasks = try queue(changes.tasks)
        if dialect.isShared {
            let texts = Set(changes.signals.map(\.payload))
            if !texts.isEmpty { _ = try connection.queryEach(Self.notify, texts.map { [.text($0)] }) }
        }
        return receipt
    }

    private func each(_ sql: String, _ rows: [[SQLValue]]) throws {
        if !rows.isEmpty { try connection.executeEach(sql, rows) }
    }
}

// Instances.
extension ChangeWriter {
    private func writeInstances(_ changes: HubChanges) throws {
        try delete(changes.deletedInstances)
        let (beginnings, moves) = changes.joinedMoves
        try create(changes.newInstances, beginnings)
        try each(
            """
            UPDATE hub_instance SET created_at = ?, execution_id = ?, name = ?, version = ?, status = ?, updated_at = ?,
                scheduled_start = ?, event_count = 0, byte_count = 0, owner = ?, parent_id = ?, parent = ?, tags = ?,
                input = ?, custom_status = ?, ended_at = NULL, output = NULL, failure = NULL, parked = NULL
            WHERE id = ?
            """, try changes.newRuns.map { [.time($0.createdAt)] + (try run($0)) })
        try each(
            """
            UPDATE hub_instance SET execution_id = ?, name = ?, version = ?, status = ?, updated_at = ?,
                scheduled_start = ?, event_count = 0, byte_count = 0, owner = ?, parent_id = ?, parent = ?, tags = ?,
                input = ?, custom_status = COALESCE(?, custom_status)
            WHERE id = ?
            """, try changes.continued.map(run))
        try each(
            """
            UPDATE hub_instance SET status = ?, updated_at = ?, event_count = ?, byte_count = ?,
                custom_status = COALESCE(?, custom_status)
            WHERE id = ?
            """, moves.filter { $0.completion == nil }.map(move))
        try each(
            """
            UPDATE hub_instance SET ended_at = ?, output = ?, failure = ?, status = ?, updated_at = ?, event_count = ?,
                byte_count = ?, custom_status = COALESCE(?, custom_status)
            WHERE id = ?
            """, try moves.filter { $0.completion != nil }.map(end))
        try rewind(changes.rewound)
        try each(
            """
            UPDATE hub_instance SET updated_at = ?, event_count = ?, input = ?, lock_holder = ?, lock_section = ?
            WHERE id = ?
            """, changes.entityMoves.map(entity))
        for flag in changes.flags { try set(flag) }
    }

    private func delete(_ ids: [String]) throws {
        let rows: [[SQLValue]] = ids.map { [.text($0)] }
        guard !rows.isEmpty else { return }
        let used = try connection.queryEach(
            "DELETE FROM hub_payload_use WHERE instance_id = ? RETURNING payload_id", rows)
        try each(
            """
            DELETE FROM hub_payload WHERE id = ?
                AND NOT EXISTS (SELECT 1 FROM hub_payload_use WHERE payload_id = hub_payload.id)
            """, Set(used.joined().map { $0.text(0) }).map { [.text($0)] })
        for table in ["hub_history", "hub_inbox", "hub_task"] {
            try each("DELETE FROM \(table) WHERE instance_id = ?", rows)
        }
        try each("DELETE FROM hub_instance WHERE id = ?", rows)
    }

    /// Creates instances, each as its first episode leaves it when that is stored with it.
    private func create(_ instances: [NewInstance], _ beginnings: [String: InstanceMove]) throws {
        guard !instances.isEmpty else { return }
        let created = try connection.executeEach(
            """
            INSERT INTO hub_instance (created_at, execution_id, name, version, status, updated_at, scheduled_start,
                owner, parent_id, parent, tags, input, custom_status, id, event_count, byte_count, ended_at, output,
                failure)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING
            """, try instances.map { try row($0, beginnings[$0.head.id]) })
        for (instance, count) in zip(instances, created) where count == 0 && !instance.head.isEntity {
            throw IDTaken()
        }
    }

    private func row(_ instance: NewInstance, _ beginning: InstanceMove?) throws -> [SQLValue] {
        var instance = instance
        if let beginning {
            instance.head.status = beginning.status
            instance.customStatus = beginning.customStatus
        }
        let completion = beginning?.completion
        let run: [SQLValue] = [.time(instance.createdAt)] + (try run(instance))
        return run + [
            .int(beginning?.position.eventCount ?? 0), .int(beginning?.position.byteCount ?? 0),
            .optional(completion.flatMap { _ in beginning?.time.millisecondsSince1970 }),
            .optional(completion?.result), .optional(try completion?.failure.map { try Payload.encode($0) }),
        ]
    }

    private func run(_ instance: NewInstance) throws -> [SQLValue] {
        let head = instance.head
        let tags = head.tags.isEmpty ? nil : try Payload.encode(head.tags)
        return [
            .text(head.executionID), .text(head.name), .optional(head.version), .text(head.status.rawValue),
            .time(instance.createdAt), .optional(instance.scheduledStart?.millisecondsSince1970),
            .integer(head.owner), .optional(head.parent?.instanceID),
            .optional(try head.parent.map { try Payload.encode($0) }), .optional(tags), .optional(instance.input),
            .optional(instance.customStatus), .text(head.id),
        ]
    }

    private func move(_ move: InstanceMove) -> [SQLValue] {
        [
            .text(move.status.rawValue), .time(move.time), .int(move.position.eventCount),
            .int(move.position.byteCount), .optional(move.customStatus), .text(move.id),
        ]
    }

    private func end(_ ended: InstanceMove) throws -> [SQLValue] {
        let failure = try ended.completion?.failure.map { try Payload.encode($0) }
        return [.time(ended.time), .optional(ended.completion?.result), .optional(failure)] + move(ended)
    }

    private func rewind(_ heads: [InstanceHead]) throws {
        try each(
            """
            UPDATE hub_instance SET execution_id = ?, status = ?, event_count = ?, byte_count = ?, owner = ?,
                parent = ?, ended_at = NULL, output = NULL, failure = NULL
            WHERE id = ?
            """,
            try heads.map { head in
                [
                    .text(head.executionID), .text(head.status.rawValue), .int(head.eventCount), .int(head.byteCount),
                    .integer(head.owner), .optional(try head.parent.map { try Payload.encode($0) }), .text(head.id),
                ]
            })
    }

    private func entity(_ move: EntityMove) -> [SQLValue] {
        [
            .time(move.time), .int(move.revision), .optional(move.state), .optional(move.lock?.holder),
            .optional(move.lock?.section), .text(move.id),
        ]
    }

    private func set(_ flag: InstanceFlag) throws {
        switch flag.kind {
        case .watched: try connection.execute("UPDATE hub_instance SET watched = 1 WHERE id = ?", [.text(flag.id)])
        case .parent(let parent):
            try connection.execute(
                "UPDATE hub_instance SET parent = ? WHERE id = ?",
                [.text(try Payload.encode(parent)), .text(flag.id)])
        case .parked(let reason):
            try connection.execute(
                "UPDATE hub_instance SET parked = ? WHERE id = ?", [.optional(reason), .text(flag.id)])
        }
    }
}

// Inboxes, histories, tasks.
extension ChangeWriter {
    private func writeInboxes(_ changes: HubChanges) throws {
        try each("DELETE FROM hub_inbox WHERE instance_id = ?", changes.clearedInboxes.map { [.text($0)] })
        try each(
            "DELETE FROM hub_inbox WHERE instance_id = ? AND execution_id IS NOT NULL",
            changes.clearedRuns.map { [.text($0)] })
        try each("DELETE FROM hub_inbox WHERE sequence = ?", changes.consumed.map { [.integer($0)] })
        try each("DELETE FROM hub_history WHERE instance_id = ?", changes.clearedHistories.map { [.text($0)] })
        try each(
            "INSERT INTO hub_history (instance_id, position, events) VALUES (?, ?, ?)",
            changes.history.map { [.text($0.id), .int($0.position), .text($0.events)] })
    }

    private func deliver(_ messages: [NewMessage]) throws -> [Int64] {
        guard !messages.isEmpty else { return [] }
        return try connection.queryEach(
            """
            INSERT INTO hub_inbox (instance_id, execution_id, visible_at, event) VALUES (?, ?, ?, ?)
            RETURNING sequence
            """,
            messages.map { message in
                [
                    .text(message.id), .optional(message.executionID), .integer(message.visibility.order),
                    .text(message.text),
                ]
            }
        ).map { $0.first?.int(0) ?? 0 }
    }

    private func queue(_ tasks: [NewTask]) throws -> [Int64] {
        guard !tasks.isEmpty else { return [] }
        return try connection.queryEach(
            """
            INSERT INTO hub_task (instance_id, execution_id, orchestration, task_id, name, version, input, tags,
                priority, queued_at, deliveries, lease)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING sequence
            """, try tasks.map(row)
        ).map { $0.first?.int(0) ?? 0 }
    }

    private func row(_ task: NewTask) throws -> [SQLValue] {
        let call = task.call
        return [
            .text(task.execution.instanceID), .text(task.execution.executionID), .text(task.orchestration),
            .int(task.id), .text(call.name), .optional(call.version), .optional(call.input),
            .optional(try call.tags.map { try Payload.encode($0) }), .int(call.priority), .time(task.time),
            .int(task.lease == nil ? 0 : 1), .integer(task.lease ?? 0),
        ]
    }
}

extension HubChanges {
    /// The first episodes of instances that are created with them, by id, and all other moves.
    fileprivate var joinedMoves: (beginnings: [String: InstanceMove], others: [InstanceMove]) {
        let created = Set(newInstances.map(\.head.id))
        guard !created.isEmpty else { return ([:], moves) }
        var beginnings: [String: InstanceMove] = [:]
        var others: [InstanceMove] = []
        for move in moves {
            if created.contains(move.id), beginnings[move.id] == nil {
                beginnings[move.id] = move
            } else {
                others.append(move)
            }
        }
        return (beginnings, others)
    }
}
