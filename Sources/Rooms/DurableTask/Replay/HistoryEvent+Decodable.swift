// Darkroom
// SPDX-License-Identifier: Apache-2.0

package import FoundationEssentials
import Telemetry

/// An event is a flat JSON object: `at` (milliseconds since 1970), `id` when it records an action, and one member
/// named after its kind; ``HistoryWriter`` writes it.
extension HistoryEvent: Decodable {
    private enum Key: String, CodingKey {
        case id
        case at
        case orchestratorStarted
        case orchestratorCompleted
        case executionStarted
        case executionCompleted
        case executionTerminated
        case executionSuspended
        case executionResumed
        case executionRewound
        case taskScheduled
        case taskCompleted
        case taskFailed
        case subOrchestrationCreated
        case subOrchestrationCompleted
        case subOrchestrationFailed
        case timerCreated
        case timerFired
        case eventSent
        case eventRaised
        case entityOperationSignaled
        case entityOperationCalled
        case entityOperationCompleted
        case entityOperationFailed
        case entityLockRequested
        case entityLockGranted
        case entityUnlockSent
        case genericEvent
    }

    private struct Reason: Decodable {
        var reason: String?
        var recurse: Int?
    }

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

    private struct RaisedEvent: Decodable {
        var name: String
        var input: String?
    }

    private struct EntityAnswer: Decodable {
        var requestID: String
        var output: String?
        var failure: TaskFailure?
    }

    private struct Grant: Decodable { var criticalSectionID: String }

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
        func value<Value: Decodable>(_ type: Value.Type) throws -> Value { try container.decode(type, forKey: key) }
        switch key {
        case .id, .at: return nil
        case .orchestratorStarted: return .orchestratorStarted
        case .orchestratorCompleted: return .orchestratorCompleted
        case .executionStarted: return .executionStarted(try value(ExecutionStarted.self))
        case .executionCompleted: return .executionCompleted(try value(Completion.self))
        case .executionTerminated:
            let end = try value(Reason.self)
            return .executionTerminated(reason: end.reason, recurse: end.recurse == 1)
        case .executionSuspended: return .executionSuspended(reason: try value(Reason.self).reason)
        case .executionResumed: return .executionResumed(reason: try value(Reason.self).reason)
        case .executionRewound: return .executionRewound(try value(Rewinding.self))
        case .taskScheduled: return .taskScheduled(try value(TaskCall.self))
        case .subOrchestrationCreated: return .subOrchestrationCreated(try value(SubOrchestrationCall.self))
        case .timerCreated:
            return .timerCreated(fireAt: Date(millisecondsSince1970: try value(Timer.self).fireAt))
        case .timerFired:
            let timer = try value(Timer.self)
            return .timerFired(timerID: timer.timer ?? -1, fireAt: Date(millisecondsSince1970: timer.fireAt))
        case .taskCompleted, .taskFailed, .subOrchestrationCompleted, .subOrchestrationFailed:
            return answer(key, try value(TaskResult.self))
        case .eventSent: return .eventSent(try value(SentEvent.self))
        case .eventRaised:
            let event = try value(RaisedEvent.self)
            return .eventRaised(name: event.name, input: event.input)
        case .genericEvent: return .genericEvent(try value(Note.self).data)
        default: return try entityMessage(key, in: container)
        }
    }

    private static func answer(_ key: Key, _ answer: TaskResult) -> Kind? {
        switch key {
        case .taskCompleted: .taskCompleted(taskID: answer.task, result: answer.result)
        case .subOrchestrationCompleted: .subOrchestrationCompleted(taskID: answer.task, result: answer.result)
        case .taskFailed: answer.failure.map { .taskFailed(taskID: answer.task, failure: $0) }
        default: answer.failure.map { .subOrchestrationFailed(taskID: answer.task, failure: $0) }
        }
    }

    private static func entityMessage(_ key: Key, in container: KeyedDecodingContainer<Key>) throws -> Kind? {
        func value<Value: Decodable>(_ type: Value.Type) throws -> Value { try container.decode(type, forKey: key) }
        switch key {
        case .entityOperationSignaled: return .entityOperationSignaled(try value(EntityOperation.self))
        case .entityOperationCalled: return .entityOperationCalled(try value(EntityOperation.self))
        case .entityOperationCompleted:
            let answer = try value(EntityAnswer.self)
            return .entityOperationCompleted(requestID: answer.requestID, output: answer.output)
        case .entityOperationFailed:
            let answer = try value(EntityAnswer.self)
            return answer.failure.map { .entityOperationFailed(requestID: answer.requestID, failure: $0) }
        case .entityLockRequested: return .entityLockRequested(try value(EntityLockRequest.self))
        case .entityLockGranted:
            return .entityLockGranted(criticalSectionID: try value(Grant.self).criticalSectionID)
        case .entityUnlockSent: return .entityUnlockSent(try value(EntityUnlock.self))
        default: return nil
        }
    }
}

extension ExecutionStarted: Decodable {
    private enum Key: String, CodingKey {
        case name
        case version
        case input
        case instanceID
        case executionID
        case parent
        case scheduledStart
        case tags
        case traceContext
    }

    /// Reads what ``HistoryWriter`` wrote; absent members take their defaults.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        self.init(
            name: try container.decode(String.self, forKey: .name),
            version: try container.decodeIfPresent(String.self, forKey: .version),
            input: try container.decodeIfPresent(String.self, forKey: .input),
            instanceID: try container.decode(String.self, forKey: .instanceID),
            executionID: try container.decode(String.self, forKey: .executionID))
        parent = try container.decodeIfPresent(ParentInstance.self, forKey: .parent)
        scheduledStart = try container.decodeIfPresent(Int64.self, forKey: .scheduledStart)
            .map(Date.init(millisecondsSince1970:))
        tags = try container.decodeIfPresent([String: String].self, forKey: .tags) ?? [:]
        traceContext = try container.decodeIfPresent(TraceContext.self, forKey: .traceContext)
    }
}

extension Completion: Decodable {
    private enum Key: String, CodingKey {
        case status
        case result
        case failure
        case newVersion
        case carryover
    }

    /// Reads what ``HistoryWriter`` wrote; absent members take their defaults.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        self.init(
            try container.decode(RuntimeStatus.self, forKey: .status),
            result: try container.decodeIfPresent(String.self, forKey: .result),
            failure: try container.decodeIfPresent(TaskFailure.self, forKey: .failure))
        newVersion = try container.decodeIfPresent(String.self, forKey: .newVersion)
        carryover = try container.decodeIfPresent([HistoryEvent].self, forKey: .carryover) ?? []
    }
}

extension EntityOperation: Decodable {
    private enum Key: String, CodingKey {
        case requestID
        case operation
        case scheduledTime
        case input
        case target
        case parentInstanceID
        case parentExecutionID
        case traceContext
    }

    /// Reads what ``HistoryWriter`` wrote; absent members take their defaults.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        self.init(
            requestID: try container.decode(String.self, forKey: .requestID),
            operation: try container.decode(String.self, forKey: .operation),
            input: try container.decodeIfPresent(String.self, forKey: .input),
            target: try container.decode(String.self, forKey: .target))
        scheduledTime = try container.decodeIfPresent(Int64.self, forKey: .scheduledTime)
            .map(Date.init(millisecondsSince1970:))
        parentInstanceID = try container.decodeIfPresent(String.self, forKey: .parentInstanceID)
        parentExecutionID = try container.decodeIfPresent(String.self, forKey: .parentExecutionID)
        traceContext = try container.decodeIfPresent(TraceContext.self, forKey: .traceContext)
    }
}

extension Date {
    /// A time of whole milliseconds, the precision that histories keep.
    package init(millisecondsSince1970 milliseconds: Int64) {
        self.init(timeIntervalSince1970: Double(milliseconds) / 1000)
    }

    /// What a double holds to the millisecond: 285,000 years in each direction.
    private static let lastMillisecond = 9_007_199_254_740_992.0

    /// Milliseconds since 1970, rounded to the nearest; times further off than hubs keep are the last that they do.
    package var millisecondsSince1970: Int64 {
        Int64(min(max((timeIntervalSince1970 * 1000).rounded(), -Self.lastMillisecond), Self.lastMillisecond))
    }

    /// This time later by `duration`, to the millisecond, rounded up so that nothing fires early.
    ///
    /// Durations may come from anywhere; the sum is one of the times that hubs keep.
    package func adding(_ duration: Duration) -> Date {
        let (seconds, attoseconds) = duration.components
        let last = Int64(Self.lastMillisecond) / 1000
        let milliseconds =
            min(max(seconds, -2 * last), 2 * last) * 1000 + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000
        let sum = millisecondsSince1970 + milliseconds
        return Date(millisecondsSince1970: Date(millisecondsSince1970: sum).millisecondsSince1970)
    }
}
