// Darkroom
// SPDX-License-Identifier: Apache-2.0

public import FoundationEssentials

/// What is known of a schedule.
public struct ScheduleDescription: Sendable, Equatable {
    /// Its id.
    public let id: String
    /// What it starts, and when.
    public let schedule: Schedule
    /// Whether it holds still.
    public let isPaused: Bool
    /// When it was made.
    public let createdAt: Date
    /// When it was last changed.
    public let modifiedAt: Date
    /// What time the last run was due at.
    public let lastRunAt: Date?
    /// When the next run is due.
    public let nextRunAt: Date?

    /// - Throws: ``TaskFailure`` when the state is not a schedule's.
    init?(_ entity: EntityStatus) throws {
        guard let text = entity.state else { return nil }
        let state = try Payload.decode(ScheduleState.self, from: text, what: "the state of \(entity.instanceID)")
        guard let configuration = state.configuration else { return nil }
        id = configuration.id
        schedule = configuration.schedule
        isPaused = state.status == .paused
        createdAt = state.createdAt ?? entity.updatedAt
        modifiedAt = state.modifiedAt ?? entity.updatedAt
        lastRunAt = state.lastRunAt
        nextRunAt = state.nextRunAt
    }
}

/// A part of a list of schedules.
public struct SchedulePage: Sendable, Equatable {
    /// The schedules.
    public let schedules: [ScheduleDescription]
    /// Where the next page begins; nil at the end.
    public let next: String?
}
