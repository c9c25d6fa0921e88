// Darkroom
// SPDX-License-Identifier: Apache-2.0

package import FoundationEssentials

/// An event is a flat JSON object: `at` (milliseconds since 1970), `id` when it records an action, and one member
/// named after its kind; ``HistoryWriter`` writes it.
extension HistoryEvent: Decodable {
    private enum Key: String, CodingKey {
        case id
        case at
        case orchestratorStarted
        case executionStarted
        case executionCompleted
        case executionTerminated
        case taskScheduled
        case taskCompleted
        case taskFailed
        case timerCreated
        case timerFired
        case genericEvent
    }

    private struct Reason: Decodable { var reason: String }

    private struct Note: Decodable { var data: String }

    private struct TaskResult: Decodable {
        var task: Int
        var result: String?
        var failure: TaskFailure?
    }

    private struct Timer: Decodable {
        var timer: Int?
        var fireAt: Int64
    }

    /// Reads an event.
    ///
    /// - Throws: `DecodingError`, also for kinds that this version does not know.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        id = try container.decodeIfPresent(Int.self, forKey: .id) ?? -1
        timestamp = Date(millisecondsSince1970: try container.decode(Int64.self, forKey: .at))
        guard let kind = try Self.kind(in: container) else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: container.codingPath, debugDescription: "an event of an unknown kind"))
        }
        self.kind = kind
    }

    private static func kind(in container: KeyedDecodingContainer<Key>) throws -> Kind? {
        for key in container.allKeys where key != .id && key != .at {
            return try kind(key, in: container)
        }
        return nil
    }

    private static func kind(_ key: Key, in container: KeyedDecodingContainer<Key>) throws -> Kind? {
        switch key {
        case .id, .at: return nil
        case .orchestratorStarted: return .orchestratorStarted
        case .executionStarted: return .executionStarted(try container.decode(ExecutionStarted.self, forKey: key))
        case .executionCompleted: return .executionCompleted(try container.decode(Completion.self, forKey: key))
        case .executionTerminated:
            return .executionTerminated(reason: try container.decode(Reason.self, forKey: key).reason)
        case .taskScheduled: return .taskScheduled(try container.decode(TaskCall.self, forKey: key))
        case .taskCompleted:
            let done = try container.decode(TaskResult.self, forKey: key)
            return .taskCompleted(taskID: done.task, result: done.result)
        case .taskFailed:
            let done = try container.decode(TaskResult.self, forKey: key)
            return done.failure.map { .taskFailed(taskID: done.task, failure: $0) }
        case .timerCreated:
            return .timerCreated(
                fireAt: Date(millisecondsSince1970: try container.decode(Timer.self, forKey: key).fireAt))
        case .timerFired:
            let timer = try container.decode(Timer.self, forKey: key)
            return .timerFired(timerID: timer.timer ?? -1, fireAt: Date(millisecondsSince1970: timer.fireAt))
        case .genericEvent: return .genericEvent(try container.decode(Note.self, forKey: key).data)
        }
    }
}

extension Date {
    /// A time of whole milliseconds, the precision that histories keep.
    package init(millisecondsSince1970 milliseconds: Int64) {
        self.init(timeIntervalSince1970: Double(milliseconds) / 1000)
    }

    /// Milliseconds since 1970, rounded to the nearest.
    package var millisecondsSince1970: Int64 { Int64((timeIntervalSince1970 * 1000).rounded()) }

    /// This time later by `duration`, to the millisecond, rounded up so that nothing fires early.
    package func adding(_ duration: Duration) -> Date {
        let (seconds, attoseconds) = duration.components
        let milliseconds = seconds * 1000 + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000
        return Date(millisecondsSince1970: millisecondsSince1970 + milliseconds)
    }
}
