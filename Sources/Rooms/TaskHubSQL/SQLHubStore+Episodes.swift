// Darkroom
// SPDX-License-Identifier: Apache-2.0

import DurableTask
import FoundationEssentials
import SQL

extension SQLHubStore {
    func commit(_ checkpoint: Checkpoint) async throws -> [Int64] {
        let timers = checkpoint.timers.map { Letter($0.event, visibleAt: $0.fireAt) }
        return try await write { connection in
            try Self.moveInstance(checkpoint, connection)
            try Self.consumeMessages(checkpoint, connection)
            try Self.appendHistory(checkpoint, connection)
            let id = checkpoint.execution.instanceID
            if let completion = checkpoint.completion { try Self.endInstance(id, completion, connection) }
            for timer in timers { _ = try timer.deliver(to: id, connection) }
            return try checkpoint.tasks.map { try Self.queue($0, checkpoint.execution, connection) }
        }
    }

    /// Fences the episode: it applies only where the history stands where the orchestrator saw it stand.
    private static func moveInstance(_ checkpoint: Checkpoint, _ connection: any SQLConnection) throws {
        let completion = checkpoint.completion
        let moved = try connection.execute(
            """
            UPDATE hub_instance SET status = ?, updated_at = ?, ended_at = ?, event_count = ?, byte_count = ?,
                output = ?, custom_status = COALESCE(?, custom_status), failure = ?
            WHERE id = ? AND execution_id = ? AND event_count = ? AND ended_at IS NULL
            """,
            [
                .text((completion?.status ?? .running).rawValue), .time(checkpoint.time),
                completion == nil ? .null : .time(checkpoint.time), .int(checkpoint.after.eventCount),
                .int(checkpoint.after.byteCount), .optional(completion?.result), .optional(checkpoint.customStatus),
                .optional(try completion?.failure.map { try Payload.encode($0) }),
                .text(checkpoint.execution.instanceID), .text(checkpoint.execution.executionID),
                .int(checkpoint.before.eventCount),
            ])
        guard moved == 1 else { throw TaskHubError.staleEpisode(checkpoint.execution.instanceID) }
    }

    private static func consumeMessages(_ checkpoint: Checkpoint, _ connection: any SQLConnection) throws {
        let id = checkpoint.execution.instanceID
        for sequence in checkpoint.messages {
            let deleted = try connection.execute(
                "DELETE FROM hub_inbox WHERE sequence = ? AND instance_id = ?", [.integer(sequence), .text(id)])
            guard deleted == 1 else { throw TaskHubError.staleEpisode(id) }
        }
    }

    private static func appendHistory(_ checkpoint: Checkpoint, _ connection: any SQLConnection) throws {
        try connection.execute(
            "INSERT INTO hub_history (instance_id, position, events) VALUES (?, ?, ?)",
            [
                .text(checkpoint.execution.instanceID), .int(checkpoint.before.eventCount), .text(checkpoint.events),
            ])
    }

    /// What an ended instance would still be told is dropped; after a termination so are tasks that nobody runs.
    private static func endInstance(
        _ id: String, _ completion: Completion, _ connection: any SQLConnection
    ) throws {
        try connection.execute("DELETE FROM hub_inbox WHERE instance_id = ?", [.text(id)])
        if completion.status == .terminated {
            try connection.execute("DELETE FROM hub_task WHERE instance_id = ? AND lease = 0", [.text(id)])
        }
    }

    private static func queue(
        _ task: Checkpoint.QueuedTask, _ execution: ExecutionKey, _ connection: any SQLConnection
    ) throws -> Int64 {
        let tags = try task.call.tags.map { try Payload.encode($0) }
        return try connection.query(
            """
            INSERT INTO hub_task (instance_id, execution_id, task_id, name, input, tags, deliveries, lease)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING sequence
            """,
            [
                .text(execution.instanceID), .text(execution.executionID), .int(task.id), .text(task.call.name),
                .optional(task.call.input), .optional(tags), .int(task.lease == nil ? 0 : 1),
                .integer(task.lease ?? 0),
            ]
        ).first?.int(0) ?? 0
    }
}

// The task queue.
extension SQLHubStore {
    func finish(_ item: ActivityWorkItem, with event: HistoryEvent) async throws -> StoredMessage? {
        let letter = Letter(event)
        return try await write { connection in
            let deleted = try connection.execute(
                "DELETE FROM hub_task WHERE sequence = ? AND lease = ?",
                [.integer(item.sequence), .integer(item.lease)])
            guard deleted == 1 else { throw TaskHubError.leaseLost(item) }
            let waiting = try connection.query(
                "SELECT 1 FROM hub_instance WHERE id = ? AND execution_id = ? AND ended_at IS NULL",
                [.text(item.instanceID), .text(item.executionID)])
            return waiting.isEmpty ? nil : try letter.deliver(to: item.instanceID, connection)
        }
    }

    func giveBack(_ item: ActivityWorkItem) async throws {
        try await write { connection in
            _ = try connection.execute(
                "UPDATE hub_task SET lease = 0 WHERE sequence = ? AND lease = ?",
                [.integer(item.sequence), .integer(item.lease)])
        }
    }

    func claimTasks(named name: String, limit: Int, lease: Int64) async throws -> [ActivityWorkItem] {
        try await write { [dialect] connection in
            try connection.query(dialect.claimTasks, [.integer(lease), .text(name), .int(limit)])
                .map(TaskRow.item).sorted { $0.sequence < $1.sequence }
        }
    }

    func waitingTaskNames() async throws -> Set<String> {
        try await database.read { connection in
            Set(try connection.query("SELECT DISTINCT name FROM hub_task WHERE lease = 0").map { $0.text(0) })
        }
    }
}
