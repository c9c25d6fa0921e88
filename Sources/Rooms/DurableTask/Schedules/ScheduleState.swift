// Darkroom
// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials

/// A schedule as its entity keeps it, in the shape in which the Durable Task SDKs keep theirs.
struct ScheduleState: Codable, Sendable, Equatable {
    enum Status: Int, Codable, Sendable {
        case uninitialized
        case active
        case paused
    }

    var status = Status.uninitialized
    /// Self-signals with another token mean nothing any more.
    var token = ""
    var lastRunAt: Date?
    var nextRunAt: Date?
    var createdAt: Date?
    var modifiedAt: Date?
    var configuration: Configuration?

    private enum CodingKeys: String, CodingKey {
        case status = "Status"
        case token = "ExecutionToken"
        case lastRunAt = "LastRunAt"
        case nextRunAt = "NextRunAt"
        case createdAt = "ScheduleCreatedAt"
        case modifiedAt = "ScheduleLastModifiedAt"
        case configuration = "ScheduleConfiguration"
    }

    /// The schedule itself.
    struct Configuration: Codable, Sendable, Equatable {
        var id: String
        var schedule: Schedule
    }
}

extension ScheduleState.Configuration {
    private enum Key: String, CodingKey {
        case id = "ScheduleId"
        case orchestration = "OrchestrationName"
        case input = "OrchestrationInput"
        case instanceID = "OrchestrationInstanceId"
        case startAt = "StartAt"
        case endAt = "EndAt"
        case interval = "Interval"
        case startsImmediatelyIfLate = "StartImmediatelyIfLate"
        case cron = "Cron"
        case timeZone = "TimeZone"
        case missedRuns = "MissedRuns"
        case lateAfterSeconds = "LateAfterSeconds"
        case catchUpLimit = "CatchUpLimit"
        case version = "Version"
        case tags = "Tags"
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        var options = ScheduleOptions()
        options.orchestration = try container.decode(String.self, forKey: .orchestration)
        options.input = try container.decodeIfPresent(String.self, forKey: .input).map { JSONText($0) }
        options.instanceID = try container.decodeIfPresent(String.self, forKey: .instanceID)
        options.startAt = try container.decodeIfPresent(Date.self, forKey: .startAt)
        options.endAt = try container.decodeIfPresent(Date.self, forKey: .endAt)
        let interval = try container.decodeIfPresent(TimeSpan.self, forKey: .interval)?.duration
        options.intervalSeconds = interval.map { Double($0.wholeMilliseconds) / 1000 }
        options.startsImmediatelyIfLate = try container.decodeIfPresent(Bool.self, forKey: .startsImmediatelyIfLate)
        options.cron = try container.decodeIfPresent(CronExpression.self, forKey: .cron)
        options.timeZone = try container.decodeIfPresent(ScheduleTimeZone.self, forKey: .timeZone)
        options.missedRuns = try container.decodeIfPresent(ScheduleOptions.MissedRuns.self, forKey: .missedRuns)
        options.lateAfterSeconds = try container.decodeIfPresent(Double.self, forKey: .lateAfterSeconds)
        options.catchUpLimit = try container.decodeIfPresent(Int.self, forKey: .catchUpLimit)
        options.version = try container.decodeIfPresent(String.self, forKey: .version)
        options.tags = try container.decodeIfPresent([String: String].self, forKey: .tags)
        id = try container.decode(String.self, forKey: .id)
        schedule = try options.schedule()
    }

    func encode(to encoder: any Encoder) throws {
        let options = ScheduleOptions(id: id, schedule)
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(id, forKey: .id)
        try container.encode(options.orchestration, forKey: .orchestration)
        try container.encodeIfPresent(options.input?.text, forKey: .input)
        try container.encodeIfPresent(options.instanceID, forKey: .instanceID)
        try container.encodeIfPresent(options.startAt, forKey: .startAt)
        try container.encodeIfPresent(options.endAt, forKey: .endAt)
        if case .every(let interval) = schedule.times { try container.encode(TimeSpan(interval), forKey: .interval) }
        try container.encodeIfPresent(options.startsImmediatelyIfLate, forKey: .startsImmediatelyIfLate)
        try container.encodeIfPresent(options.cron, forKey: .cron)
        try container.encodeIfPresent(options.timeZone, forKey: .timeZone)
        try container.encodeIfPresent(options.missedRuns, forKey: .missedRuns)
        try container.encodeIfPresent(options.lateAfterSeconds, forKey: .lateAfterSeconds)
        try container.encodeIfPresent(options.catchUpLimit, forKey: .catchUpLimit)
        try container.encodeIfPresent(options.version, forKey: .version)
        try container.encodeIfPresent(options.tags, forKey: .tags)
    }
}
