// Darkroom
// SPDX-License-Identifier: Apache-2.0

import DurableTask
import FoundationEssentials
import SQL

/// Writes decided changes: one statement a table and kind, for each row or for all rows together.
struct ChangeWriter {
    private static let notify = "SELECT pg_notify('\(HubSignal.channel)', ?)"

    private static let unusedPayload = """
        DELETE FROM hub_payload WHERE id = ?
            AND NOT EXISTS (SELECT 1 FROM hub_payload_use WHERE payload_id = hub_payload.id)
        """

    private let connection: any SQLConnection
    private let dialect: any SQLHubDialect
    private let taskNumbers: TaskNumbers
    /// Numbers for messages that were drawn before.
    private let messageNumbers: [Int64]
    /// The rows that were not read: moves fail that do not find them so.
    private let known: [String: KnownHeads.Known]

    /// A writer on a connection.
    init(
        _ connection: any SQLConnection, _ dialect: any SQLHubDialect, _ taskNumbers: TaskNumbers,
        messageNumbers: [Int64] = [], known: [String: KnownHeads.Known] = [:]
    ) {
        self.connection = connection
        self.dialect = dialect
        self.taskNumbers = taskNumbers
        self.messageNumbers = messageNumbers
        self.known = known
    }

    /// Writes changes.
    ///
    /// - Parameter receive: Takes the rows of the awaited instances, no later than when the transaction is committed.
    func write(_ changes: HubChanges, ends receive: @escaping ([SQLRow]) -> Void) throws -> HubReceipt {
        try writeInstances(changes)
        try writeInboxes(changes)
        try writePayloads(changes)
        try write(.finishedTasks, changes.finishedTasks.map { [.integer($0)] })
        try each("DELETE FROM hub_task WHERE instance_id = ?", changes.clearedTasks.map { [.text($0)] })
        try each(
            "UPDATE hub_task SET progress = ? WHERE sequence = ? AND lease = ?",
            changes.progress.map { [.text($0.text), .integer($0.sequence), .integer($0.lease)] })
        var receipt = HubReceipt()
        receipt.messages = try deliver(changes.messages)
        receipt.tasks = try queue(changes.tasks)
        try ask(for: changes.awaited, receive)
        if dialect.isShared { try Self.tell(changes.signals, connection) }
        return receipt
    }

    private func writePayloads(_ changes: HubChanges) throws {
        try each(
            "INSERT INTO hub_payload (id, text) VALUES (?, ?) ON CONFLICT (id) DO NOTHING",
            changes.payloads.map { [.text($0.row), .text($0.text)] })
        try each(
            """
            INSERT INTO hub_payload_use (payload_id, instance_id) VALUES (?, ?)
            ON CONFLICT (instance_id, payload_id) DO NOTHING
            """, changes.payloadUses.map { [.text($0.row), .text($0.instanceID)] })
        let dropped = changes.droppedPayloadUses
        try each(
            "DELETE FROM hub_payload_use WHERE payload_id = ? AND instance_id = ?",
            dropped.map { [.text($0.row), .text($0.instanceID)] })
        try each(Self.unusedPayload, dropped.map { [.text($0.row)] })
    }

    /// Reads how instances ended.
    private func ask(for ids: [String], _ receive: @escaping ([SQLRow]) -> Void) throws {
        if ids.isEmpty { return }
        let select = "SELECT \(InstanceRow.columns(withPayloads: true)) FROM hub_instance WHERE id = "
        if dialect.joinsRows { return try connection.queryLater(SQLCall(select + "ANY(?)", [.texts(ids)]), receive) }
        for id in ids { try connection.queryLater(SQLCall(select + "?", [.text(id)]), receive) }
    }

    /// Sends signals to the other members with the commit.
    static func tell(_ signals: [HubSignal], _ connection: any SQLConnection) throws {
        for payload in Set(signals.map(\.payload)) { try connection.executeLater(notify, [.text(payload)]) }
    }

    private func each(_ sql: String, _ rows: [[SQLValue]]) throws {
        if rows.isEmpty { return }
        guard dialect.joinsRows else {
            try connection.executeEach(sql, rows)
            return
        }
        for row in rows { try connection.executeLater(sql, row) }
    }

    private func write(_ statement: RowStatement, _ rows: [[SQLValue]]) throws {
        guard dialect.joinsRows, !rows.isEmpty else { return try each(statement.each, rows) }
        if rows.count == 1 { return try connection.executeLater(statement.alone, rows[0]) }
        try connection.executeLater(statement.together, statement.arrays(of: rows))
    }
}

extension RowStatement {
    private static let newInstance: [Column] = [
        .integer("created_at"), .text("execution_id"), .text("name"), .text("version"), .text("status"),
        .integer("updated_at"), .integer("scheduled_start"), .integer("owner"), .text("parent_id"), .text("parent"),
        .text("tags"), .text("input"), .text("custom_status"), .text("id"), .integer("event_count"),
        .integer("byte_count"), .integer("ended_at"), .text("output"), .text("failure"),
    ]
    fileprivate static let instances = insert(into: "hub_instance", newInstance)
    /// Whoever asks an entity for something first brings it into being, so several may.
    fileprivate static let entities = insert(
        into: "hub_instance", newInstance, conflict: " ON CONFLICT (id) DO NOTHING")
    private static let step: [Column] = [
        .integer("updated_at"), .integer("event_count"), .integer("byte_count"), .textIfAny("custom_status"),
    ]
    private static let move: [Column] =
        [.integer("ended_at"), .text("output"), .text("failure"), .text("status")] + step
    fileprivate static let moves = update("hub_instance", set: move, by: .text("id"))
    /// Moves of instances whose rows were not read.
    fileprivate static let guardedMoves = guardedUpdate("hub_instance", set: move, by: .text("id"))
    /// Moves of instances that stay in their states, so that no index need be touched.
    fileprivate static let steps = update("hub_instance", set: step, by: .text("id"))
    fileprivate static let consumed = delete(from: "hub_inbox", by: .integer("sequence"))
    fileprivate static let passedOver = update(
        "hub_inbox", set: [.integer("visible_at"), .text("execution_id")], by: .integer("sequence"))
    fileprivate static let clearedInboxes = delete(from: "hub_inbox", by: .text("instance_id"))
    fileprivate static let finishedTasks = delete(from: "hub_task", by: .integer("sequence"))
    private static let message: [Column] = [
        .text("instance_id"), .text("execution_id"), .integer("visible_at"), .text("event"),
    ]
    fileprivate static let messages = insert(into: "hub_inbox", message)
    fileprivate static let numberedMessages = insert(into: "hub_inbox", [.integer("sequence")] + message)
    private static let task: [Column] = [
        .integer("sequence"), .text("instance_id"), .text("execution_id"), .text("orchestration"), .integer("task_id"),
        .text("name"), .text("version"), .text("input"), .text("tags"), .integer("priority"),
        .integer("queued_at"), .integer("deliveries"), .integer("lease"),
    ]
    /// Tasks of which no column has anything unusual.
    fileprivate static let plainTasks = insert(into: "hub_task", task)
    fileprivate static let tasks = insert(into: "hub_task", task + [.text("fairness"), .integer("start_by")])
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
        try write(moves)
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
        try each(Self.unusedPayload, Set(used.joined().map { $0.text(0) }).map { [.text($0)] })
        try each(dialect.historyKey.deletion, rows)
        for table in ["hub_inbox", "hub_task"] { try each("DELETE FROM \(table) WHERE instance_id = ?", rows) }
        try each("DELETE FROM hub_instance WHERE id = ?", rows)
    }

    /// Creates instances, each as its first episode leaves it when that is stored with it.
    private func create(_ instances: [NewInstance], _ beginnings: [String: InstanceMove]) throws {
        for (statement, areEntities) in [(RowStatement.instances, false), (.entities, true)] {
            let created = instances.filter { $0.head.isEntity == areEntities }
            try write(statement, try created.map { try row($0, beginnings[$0.head.id]) })
        }
    }

    private func row(_ instance: NewInstance, _ beginning: InstanceMove?) throws -> [SQLValue] {
        var instance = instance
        if let beginning {
            instance.head.status = beginning.status
            instance.customStatus = beginning.customStatus
        }
        let run: [SQLValue] = [.time(instance.createdAt)] + (try run(instance))
        let position = beginning?.position
        return run + [.int(position?.eventCount ?? 0), .int(position?.byteCount ?? 0)] + (try end(of: beginning))
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

    private func write(_ moves: [InstanceMove]) throws {
        if !known.isEmpty { return try writeGuarded(moves) }
        if dialect.joinsRows { return try write(.moves, try moves.map(row)) }
        for move in moves {
            try write(move.keepsStatus ? .steps : .moves, [move.keepsStatus ? step(move) : try row(move)])
        }
    }

    /// In the order of their ids' bytes, which is the database's, so that no two processes wait for each other.
    private func writeGuarded(_ moves: [InstanceMove]) throws {
        let rows = try moves.sorted { $0.id.utf8.lexicographicallyPrecedes($1.id.utf8) }.map { move in
            try row(move) + [.optional(known[move.id]?.mark)]
        }
        let call = RowStatement.guardedMoves.call(rows)
        try connection.executeLater(call.sql, call.parameters)
    }

    private func row(_ move: InstanceMove) throws -> [SQLValue] {
        try end(of: move) + [.text(move.status.rawValue)] + step(move)
    }

    private func step(_ move: InstanceMove) -> [SQLValue] {
        [
            .time(move.time), .int(move.position.eventCount), .int(move.position.byteCount),
            .optional(move.customStatus), .text(move.id),
        ]
    }

    /// When and how an instance ended: nothing as long as it has not.
    private func end(of move: InstanceMove?) throws -> [SQLValue] {
        guard let move, let completion = move.completion else { return [.null, .null, .null] }
        return [
            .time(move.time), .optional(completion.result),
            .optional(try completion.failure.map { try Payload.encode($0) }),
        ]
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
        case .deliveries(let count):
            try each("UPDATE hub_instance SET deliveries = ? WHERE id = ?", [[.int(count), .text(flag.id)]])
        case .parked(let reason):
            try connection.execute(
                "UPDATE hub_instance SET parked = ? WHERE id = ?", [.optional(reason), .text(flag.id)])
        }
    }
}

// Inboxes, histories, tasks.
extension ChangeWriter {
    private func writeInboxes(_ changes: HubChanges) throws {
        try write(.clearedInboxes, changes.clearedInboxes.map { [.text($0)] })
        try each(
            "DELETE FROM hub_inbox WHERE instance_id = ? AND execution_id IS NOT NULL",
            changes.clearedRuns.map { [.text($0)] })
        try write(.consumed, changes.consumed.map { [.integer($0)] })
        try write(
            .passedOver,
            changes.passedOver.map { message in
                [.integer(NewMessage.Visibility.passedOver), .text(message.sender), .integer(message.sequence)]
            })
        try each(dialect.historyKey.deletion, changes.clearedHistories.map { [.text($0)] })
        try write(
            dialect.historyKey.insertion, changes.history.map { [.text($0.id), .int($0.position), .text($0.events)] })
    }

    private func deliver(_ messages: [NewMessage]) throws -> [Int64] {
        let rows: [[SQLValue]] = messages.map { message in
            [
                .text(message.id), .optional(message.executionID), .integer(message.visibility.order),
                .text(message.text),
            ]
        }
        guard let drawing = dialect.messageDrawing, !rows.isEmpty else { return try insert(.messages, rows) }
        let isEnough = messageNumbers.count >= rows.count
        let numbers = isEnough ? messageNumbers : try draw(drawing, rows.count)
        return try insert(.numberedMessages, rows, Array(numbers.prefix(rows.count)))
    }

    private func queue(_ tasks: [NewTask]) throws -> [Int64] {
        if tasks.isEmpty { return [] }
        let numbers = try taskNumbers.take(tasks.count) ?? drawTaskNumbers(tasks.count)
        let rows = try tasks.map(row)
        if tasks.allSatisfy(\.isPlain) { return try insert(.plainTasks, rows, numbers) }
        let more: [[SQLValue]] = tasks.map { task in
            [.text(task.call.fairnessKey), .optional(task.startLimit?.millisecondsSince1970)]
        }
        return try insert(.tasks, zip(rows, more).map { $0 + $1 }, numbers)
    }

    /// Draws more than are needed, for those who come later.
    private func drawTaskNumbers(_ count: Int) throws -> [Int64] {
        guard let drawing = dialect.taskDrawing else { preconditionFailure("who owns a store has all numbers") }
        let drawn = try draw(drawing, count + TaskNumbers.drawing)
        taskNumbers.add(drawn.dropFirst(count))
        return Array(drawn.prefix(count))
    }

    /// Inserts rows whose numbers the database makes up.
    private func insert(_ statement: RowStatement, _ rows: [[SQLValue]]) throws -> [Int64] {
        if rows.isEmpty { return [] }
        return try connection.queryEach(statement.each + " RETURNING sequence", rows).map { $0.first?.int(0) ?? 0 }
    }

    /// Inserts rows whose numbers were drawn.
    private func insert(_ statement: RowStatement, _ rows: [[SQLValue]], _ numbers: [Int64]) throws -> [Int64] {
        try write(statement, zip(numbers, rows).map { [.integer($0)] + $1 })
        return numbers
    }

    private func draw(_ drawing: String, _ count: Int) throws -> [Int64] {
        try connection.query(drawing, [.int(count)]).map { $0.int(0) }
    }

    private func row(_ task: NewTask) throws -> [SQLValue] {
        let call = task.call
        return [
            .text(task.execution.instanceID), .text(task.execution.executionID), .text(task.orchestration),
            .int(task.id), .text(call.name), .optional(call.version), .optional(call.input),
            .optional(try call.tags.map { try Payload.encode($0) }), .int(call.priority), .time(task.time),
            0, .integer(task.lease ?? 0),
        ]
    }
}

extension NewTask {
    /// Whether it has neither a fairness key nor a limit of waiting.
    fileprivate var isPlain: Bool { call.fairnessKey.isEmpty && call.scheduleToStart == nil }
}
