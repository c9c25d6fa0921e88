// Darkroom
// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Testing

@testable import DurableTask

/// When runs are due, and which of those that were missed are made up for.
struct ScheduleTests {
    private let epoch = Date(timeIntervalSince1970: 1_767_225_600)  // 2026-01-01T00:00:00Z

    private func hourly() throws -> Schedule {
        Schedule("report", .cron(try CronExpression("@hourly"), .utc))
    }

    private func at(_ seconds: Double) -> Date { epoch.addingTimeInterval(seconds) }

    @Test func intervalsAreCountedFromTheStartOrTheCreation() {
        var schedule = Schedule("report", .every(.seconds(90)))
        #expect(schedule.next(after: epoch, createdAt: epoch) == at(90))
        #expect(schedule.next(after: at(89.999), createdAt: epoch) == at(90))
        #expect(schedule.next(after: at(90), createdAt: epoch) == at(180))
        schedule.startAt = at(1_000)
        #expect(schedule.next(after: epoch, createdAt: epoch) == at(1_000))
        #expect(schedule.next(after: at(1_000), createdAt: epoch) == at(1_090))
        schedule.endAt = at(1_090)
        #expect(schedule.next(after: at(1_089), createdAt: epoch) == at(1_090))
        #expect(schedule.next(after: at(1_090), createdAt: epoch) == nil)
    }

    @Test func calendarTimesBeginWithTheStart() throws {
        var schedule = try hourly()
        schedule.startAt = at(7_200)
        #expect(schedule.next(after: epoch, createdAt: epoch) == at(7_200))
        schedule.startAt = at(7_201)
        #expect(schedule.next(after: epoch, createdAt: epoch) == at(10_800))
    }

    @Test(
        arguments: [
            (.runLatest, 3_600.2, [3_600]),
            (.runLatest, 15_000, [14_400]),
            (.skip(laterThan: .seconds(60)), 3_650, [3_600]),
            (.skip(laterThan: .seconds(60)), 15_000, []),
            (.skip(laterThan: .seconds(60)), 14_430, [14_400]),
            (.catchUp(limit: 3), 15_000, [7_200, 10_800, 14_400]),
            (.catchUp(limit: 100), 15_000, [3_600, 7_200, 10_800, 14_400]),
        ] as [(Schedule.MissedRuns, Double, [Double])])
    func missedRunsFollowTheirPolicy(_ policy: Schedule.MissedRuns, _ now: Double, _ expected: [Double]) throws {
        var schedule = try hourly()
        schedule.missedRuns = policy
        let runs = schedule.runs(from: at(3_600), through: at(now), createdAt: epoch)
        #expect(runs == expected.map(at))
    }

    @Test func nothingIsMadeUpForAfterTheEnd() throws {
        var schedule = try hourly()
        schedule.missedRuns = .catchUp(limit: 10)
        schedule.endAt = at(8_000)
        #expect(schedule.runs(from: at(3_600), through: at(15_000), createdAt: epoch) == [at(3_600), at(7_200)])
    }

    @Test func yearsOfMissedSecondsAreNotCounted() throws {
        var schedule = Schedule("report", .every(.seconds(1)))
        schedule.missedRuns = .catchUp(limit: 3)
        let now = at(5 * 365 * 86_400)
        let runs = schedule.runs(from: at(1), through: now, createdAt: epoch)
        #expect(runs == [now.addingTimeInterval(-2), now.addingTimeInterval(-1), now])
    }

    @Test func runsAreNamedAfterTheirTimes() throws {
        var schedule = try hourly()
        schedule.tags = ["a": "b"]
        #expect(schedule.request(id: "nightly", due: at(0)).id == "nightly:2026-01-01T00:00:00Z")
        #expect(schedule.request(id: "nightly", due: at(0.25)).id == "nightly:2026-01-01T00:00:00.250Z")
        #expect(schedule.request(id: "nightly", due: at(0)).replaces.isEmpty)
        schedule.instanceID = "one"
        let request = schedule.request(id: "nightly", due: at(0))
        #expect(request.id == "one")
        #expect(request.replaces == [.completed, .failed, .terminated, .canceled])
        #expect(request.tags == ["a": "b"])
    }

    @Test(
        arguments: [
            { $0.orchestration = "" },
            { $0.times = .every(.milliseconds(999)) },
            { $0.endAt = $0.startAt?.addingTimeInterval(-1) },
            { $0.missedRuns = .catchUp(limit: 0) },
        ] as [@Sendable (inout Schedule) -> Void])
    func nonsenseIsRefused(_ change: @Sendable (inout Schedule) -> Void) throws {
        var schedule = try hourly()
        schedule.startAt = epoch
        try schedule.validate()
        change(&schedule)
        #expect(throws: InvalidSchedule.self) { try schedule.validate() }
    }
}
