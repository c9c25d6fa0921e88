// Darkroom
// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials

extension ScheduleState: Entity {
    static let name = "schedule"

    static let create = Operation<ScheduleOptions, Nothing>("create_schedule") { state, options, context in
        try state.create(options, context)
        return Nothing()
    }
    static let update = Operation<ScheduleOptions, Nothing>("update_schedule") { state, options, context in
        let old = try state.existing(context).schedule
        try state.change(to: try options.schedule(changing: old), context)
        return Nothing()
    }
    static let replace = Operation<ScheduleOptions, Nothing>("replace_schedule") { state, options, context in
        _ = try state.existing(context)
        try state.change(to: try options.schedule(), context)
        return Nothing()
    }
    static let pause = Operation<Nothing, Nothing>("pause_schedule") { state, _, context in
        try state.pause(context)
        return Nothing()
    }
    static let resume = Operation<Nothing, Nothing>("resume_schedule") { state, _, context in
        try state.resume(context)
        return Nothing()
    }
    static let trigger = Operation<Nothing, String>("trigger_schedule") { state, _, context in
        let existing = try state.existing(context)
        let request = existing.schedule.request(id: existing.id, due: context.now)
        context.start(request)
        return request.id
    }
    static let run = Operation<String, Nothing>("run_schedule") { state, token, context in
        try state.run(token, context)
        return Nothing()
    }
    static let operations = Operations(create, update, replace, pause, resume, trigger, run)
}

extension ScheduleState {
    private mutating func create(_ options: ScheduleOptions, _ context: EntityContext) throws {
        configuration = Configuration(id: context.id.key, schedule: try options.schedule())
        status = .active
        createdAt = createdAt ?? context.now
        modifiedAt = context.now
        try arm(context)
    }

    private mutating func change(to schedule: Schedule, _ context: EntityContext) throws {
        guard configuration?.schedule != schedule else { return }
        configuration?.schedule = schedule
        modifiedAt = context.now
        if status == .active { try arm(context) }
    }

    private mutating func pause(_ context: EntityContext) throws {
        _ = try existing(context)
        guard status == .active else { throw refusal("is paused already", context) }
        status = .paused
        nextRunAt = nil
        token = context.requestID
        modifiedAt = context.now
    }

    private mutating func resume(_ context: EntityContext) throws {
        _ = try existing(context)
        guard status == .paused else { throw refusal("is not paused", context) }
        status = .active
        modifiedAt = context.now
        try arm(context)
    }

    /// Starts what is due, and asks to be woken for the next.
    private mutating func run(_ token: String, _ context: EntityContext) throws {
        guard status != .uninitialized, let configuration else { return context.deleteState() }
        guard token == self.token, status == .active else { return }
        let (schedule, now) = (configuration.schedule, context.now)
        guard let due = nextRunAt ?? firstRun(of: schedule, now) else { return context.deleteState() }
        guard due <= now else { return try wake(at: due, context) }
        for time in schedule.runs(from: due, through: now, createdAt: createdAt ?? now) {
            context.start(schedule.request(id: configuration.id, due: time))
            lastRunAt = time
        }
        guard let next = schedule.next(after: now, createdAt: createdAt ?? now) else { return context.deleteState() }
        try wake(at: next, context)
    }

    /// Makes the signals that are on their way mean nothing, and asks to be woken for the first run.
    private mutating func arm(_ context: EntityContext) throws {
        token = context.requestID
        guard let schedule = configuration?.schedule, let first = firstRun(of: schedule, context.now) else {
            throw InvalidSchedule("nothing is due before the end of schedule \"\(context.id.key)\"")
        }
        try wake(at: first, context)
    }

    private func firstRun(of schedule: Schedule, _ now: Date) -> Date? {
        let start = schedule.startAt ?? createdAt ?? now
        let isDue = schedule.startsImmediatelyIfLate && lastRunAt == nil && start <= now && now <= schedule.endAt ?? now
        return isDue ? now : schedule.next(after: now, createdAt: createdAt ?? now)
    }

    private mutating func wake(at time: Date, _ context: EntityContext) throws {
        nextRunAt = time
        try context.signal(Self.run, token, on: context.id.key, at: time)
    }

    private func existing(_ context: EntityContext) throws -> Configuration {
        guard status != .uninitialized, let configuration else { throw refusal("does not exist", context) }
        return configuration
    }

    private func refusal(_ why: String, _ context: EntityContext) -> TaskFailure {
        TaskFailure(
            type: "ScheduleInvalidTransition", message: "schedule \"\(context.id.key)\" \(why)", isRetriable: false)
    }
}
