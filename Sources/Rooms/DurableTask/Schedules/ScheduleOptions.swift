// Darkroom
// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials

/// A schedule as the operations of its entity carry it; absent members are left as they are.
///
/// The first eight are those of the Durable Task SDKs, the others ours.
struct ScheduleOptions: Codable, Sendable, Equatable {
    var scheduleID: String?
    var orchestration: String?
    var input: JSONText?
    var instanceID: String?
    var startAt: Date?
    var endAt: Date?
    var intervalSeconds: Double?
    var startsImmediatelyIfLate: Bool?
    var cron: CronExpression?
    var timeZone: ScheduleTimeZone?
    var missedRuns: MissedRuns?
    var lateAfterSeconds: Double?
    var catchUpLimit: Int?
    var version: String?
    var tags: [String: String]?

    enum MissedRuns: String, Codable, Sendable {
        case skip
        case latest
        case all
    }

    enum CodingKeys: String, CodingKey {
        case scheduleID = "schedule_id"
        case orchestration = "orchestration_name"
        case input = "orchestration_input"
        case instanceID = "orchestration_instance_id"
        case startAt = "start_at"
        case endAt = "end_at"
        case intervalSeconds = "interval_seconds"
        case startsImmediatelyIfLate = "start_immediately_if_late"
        case cron
        case timeZone = "time_zone"
        case missedRuns = "missed_runs"
        case lateAfterSeconds = "late_after_seconds"
        case catchUpLimit = "catch_up_limit"
        case version
        case tags
    }

    init() {}

    init(id: String, _ schedule: Schedule) {
        scheduleID = id
        orchestration = schedule.orchestration
        input = schedule.input.map { JSONText($0) }
        instanceID = schedule.instanceID
        (startAt, endAt) = (schedule.startAt, schedule.endAt)
        startsImmediatelyIfLate = schedule.startsImmediatelyIfLate
        (version, tags) = (schedule.version, schedule.tags.isEmpty ? nil : schedule.tags)
        switch schedule.times {
        case .every(let interval): intervalSeconds = Double(interval.wholeMilliseconds) / 1000
        case .cron(let expression, let zone): (cron, timeZone) = (expression, zone)
        }
        switch schedule.missedRuns {
        case .runLatest: break
        case .skip(let delay): (missedRuns, lateAfterSeconds) = (.skip, Double(delay.wholeMilliseconds) / 1000)
        case .catchUp(let limit): (missedRuns, catchUpLimit) = (.all, limit)
        }
    }

    /// The schedule that these options make out of another, or of nothing.
    ///
    /// - Throws: ``InvalidSchedule``.
    func schedule(changing old: Schedule? = nil) throws -> Schedule {
        guard let times = try times(changing: old?.times) else {
            throw InvalidSchedule("a schedule has either an interval or a cron expression")
        }
        var schedule = old ?? Schedule("", times)
        schedule.times = times
        schedule.orchestration = orchestration ?? schedule.orchestration
        schedule.input = input?.text ?? schedule.input
        schedule.instanceID = instanceID ?? schedule.instanceID
        schedule.startAt = startAt ?? schedule.startAt
        schedule.endAt = endAt ?? schedule.endAt
        schedule.startsImmediatelyIfLate = startsImmediatelyIfLate ?? schedule.startsImmediatelyIfLate
        schedule.missedRuns = missedRunPolicy() ?? schedule.missedRuns
        schedule.version = version ?? schedule.version
        schedule.tags = tags ?? schedule.tags
        try schedule.validate()
        return schedule
    }

    private func times(changing old: ScheduleTimes?) throws -> ScheduleTimes? {
        switch (intervalSeconds, cron, timeZone, old) {
        case (let seconds?, nil, nil, _):
            guard (1...1e10).contains(seconds) else {
                throw InvalidSchedule("the interval of a schedule is at least a second, not \(seconds) seconds")
            }
            return .every(.milliseconds(Int((seconds * 1000).rounded())))
        case (nil, let cron?, let zone, .cron(_, let oldZone)): return .cron(cron, zone ?? oldZone)
        case (nil, let cron?, let zone, _): return .cron(cron, zone ?? .utc)
        case (nil, nil, let zone?, .cron(let expression, _)): return .cron(expression, zone)
        case (nil, nil, nil, let old): return old
        default: throw InvalidSchedule("a schedule has an interval, or a cron expression with its time zone, not both")
        }
    }

    private func missedRunPolicy() -> Schedule.MissedRuns? {
        switch missedRuns {
        case nil: nil
        case .latest: .runLatest
        case .skip: .skip(laterThan: .milliseconds(Int(min(max(0, lateAfterSeconds ?? 60), 1e10) * 1000)))
        case .all: .catchUp(limit: catchUpLimit ?? 10)
        }
    }
}
