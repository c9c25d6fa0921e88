// Darkroom
// SPDX-License-Identifier: Apache-2.0

import DurableTask
import FoundationEssentials
import SQL

/// A row of the instance table.
enum InstanceRow {
    static let columns = """
        id, name, status, created_at, updated_at, ended_at, custom_status, failure, sequence, input, output
        """
    /// The same columns without the big ones.
    static let listColumns = """
        id, name, status, created_at, updated_at, ended_at, custom_status, failure, sequence, NULL, NULL
        """

    static func sequence(_ row: SQLRow) -> Int64 { row.int(8) }

    static func status(_ row: SQLRow) throws -> InstanceStatus {
        guard let status = RuntimeStatus(rawValue: row.text(2)) else {
            throw TaskHubError(.corrupt, "instance \"\(row.text(0))\" has an unknown status \"\(row.text(2))\"")
        }
        var instance = InstanceStatus(
            id: row.text(0), name: row.text(1), status: status, createdAt: Date(millisecondsSince1970: row.int(3)),
            updatedAt: Date(millisecondsSince1970: row.int(4)))
        instance.endedAt = row.optionalInt(5).map(Date.init(millisecondsSince1970:))
        instance.customStatus = row.optionalText(6)
        instance.failure = try row.optionalText(7).map {
            try Payload.decode(TaskFailure.self, from: $0, what: "a failure")
        }
        instance.input = row.optionalText(9)
        instance.output = row.optionalText(10)
        return instance
    }
}

/// A row of the inbox.
enum MessageRow {
    static func message(_ row: SQLRow) throws -> StoredMessage {
        StoredMessage(sequence: row.int(0), event: try HistoryText.decodeEvent(row.text(1)))
    }
}

/// A row of the task queue.
enum TaskRow {
    static let columns = "sequence, lease, deliveries, instance_id, execution_id, task_id, name, input, tags"

    static func item(_ row: SQLRow) throws -> ActivityWorkItem {
        let tags = try row.optionalText(8).map {
            try Payload.decode([String: String].self, from: $0, what: "the tags of a task")
        }
        return ActivityWorkItem(
            sequence: row.int(0), lease: row.int(1), deliveries: Int(row.int(2)),
            execution: ExecutionKey(instanceID: row.text(3), executionID: row.text(4)),
            (id: Int(row.int(5)), call: TaskCall(name: row.text(6), input: row.optionalText(7), tags: tags)))
    }
}

extension SQLValue {
    /// A time, as milliseconds since 1970.
    static func time(_ time: Date) -> SQLValue { .integer(time.millisecondsSince1970) }
}
