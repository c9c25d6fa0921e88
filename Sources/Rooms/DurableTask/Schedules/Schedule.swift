// Darkroom
// SPDX-License-Identifier: Apache-2.0

public import FoundationEssentials

/// An orchestration that is started again and again.
public struct Schedule: Sendable, Equatable {
    /// What becomes of runs that came due while nothing could start them.
    public enum MissedRuns: Sendable, Equatable {
        /// A run that cannot start within this time of being due is left out.
        case skip(laterThan: Duration)
        /// The last of them is started.
        case runLatest
        /// As many of the last of them are started as the limit says.
        case catchUp(limit: Int)
    }

    /// The orchestration's name.
    public var orchestration: String
    /// Its input as JSON text.
    public var input: String?
    /// When it is due.
    public var times: ScheduleTimes
    /// Nothing is due before; intervals are counted from here, or from the schedule's creation.
    public var startAt: Date?
    /// The schedule deletes itself once nothing is due up to this time any more.
    public var endAt: Date?
    /// Whether the first run starts at once when `startAt` has passed.
    public var startsImmediatelyIfLate = false
    /// What becomes of runs that came due while nothing could start them.
    public var missedRuns = MissedRuns.runLatest
    /// The id that all runs share, so that a run is left out while the one before it has not ended.
    ///
    /// Nil gives every run an id of its own, `<schedule's id>:<due time>`, and runs may overlap.
    public var instanceID: String?
    /// The version that the runs ask for.
    public var version: String?
    /// What the runs can be found again by.
    public var tags: [String: String] = [:]

    /// A schedule for an orchestration that is known by its name.
    ///
    /// - Parameter input: JSON text.
    public init(_ orchestration: String, input: String? = nil, _ times: ScheduleTimes) {
        self.orchestration = orchestration
        self.input = input
        self.times = times
    }

    /// A schedule for an orchestration.
    ///
    /// - Throws: ``TaskFailure`` when the input cannot be written as JSON.
    public init<Workflow: Orchestration>(
        _ workflow: Workflow.Type, _ input: Workflow.Input, _ times: ScheduleTimes
    ) throws {
        self.init(Workflow.name, input: try Payload.encode(input), times)
    }

    /// The first due time after another; nil when there is none.
    ///
    /// - Parameter createdAt: When the schedule was made.
    public func next(after time: Date, createdAt: Date) -> Date? {
        // A start is a due time itself if the times say so.
        let earliest = startAt.map { max(time, $0.addingTimeInterval(-0.001)) } ?? time
        guard let next = times.next(after: earliest, anchor: startAt ?? createdAt) else { return nil }
        if let endAt, next > endAt { return nil }
        return next
    }

    /// The due times that are to be started now, oldest first.
    ///
    /// - Parameter first: The first time that came due, not after `now`.
    func runs(from first: Date, through now: Date, createdAt: Date) -> [Date] {
        let end = endAt.map { min($0, now) } ?? now
        var limit = 1
        if case .catchUp(let bound) = missedRuns { limit = bound }
        let due = times.last(limit, from: first, through: max(first, end), anchor: startAt ?? createdAt)
        if case .skip(let delay) = missedRuns { return due.filter { $0.adding(delay) >= now } }
        return due
    }

    /// What starts the run that is due at a time.
    func request(id: String, due time: Date) -> StartRequest {
        var request = StartRequest(
            id: instanceID ?? "\(id):\(time.scheduleText)", name: orchestration, input: input)
        request.version = version
        request.tags = tags
        if instanceID != nil { request.replaces = Set(RuntimeStatus.allCases.filter(\.isFinal)) }
        return request
    }

    /// Says what makes no sense.
    ///
    /// - Throws: ``InvalidSchedule``.
    public func validate() throws {
        if orchestration.isEmpty { throw InvalidSchedule("a schedule names the orchestration that it starts") }
        if case .every(let interval) = times, interval < .seconds(1) {
            throw InvalidSchedule("the interval of a schedule is at least a second, not \(interval)")
        }
        if let startAt, let endAt, startAt > endAt { throw InvalidSchedule("the schedule ends before it starts") }
        if case .catchUp(let limit) = missedRuns, !(1...1_000).contains(limit) {
            throw InvalidSchedule("a schedule catches up with 1 to 1000 missed runs, not \(limit)")
        }
    }
}

extension Date {
    /// ISO 8601 in UTC, with milliseconds where there are any.
    var scheduleText: String { payloadText(fraction: millisecondsSince1970 % 1000 != 0) }
}
