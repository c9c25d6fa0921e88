// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import DurableTask
import FoundationEssentials
import TaskHubSQL
import Testing

/// What schedules promise, whatever the hub.
@Suite(.timeLimit(.minutes(5)))
struct ScheduleConformance {
    private let registry = {
        var registry = TaskRegistry.main { _, number in number }
        registry.addSchedules()
        return registry
    }()

    private func schedule(_ cron: String) throws -> Schedule {
        Schedule("main", input: "7", .cron(try CronExpression(cron), .utc))
    }

    @Test(arguments: HubKind.allCases)
    func aMonthOfRunsPassesInMillisecondsAndEachRunsOnce(_ kind: HubKind) async throws {
        let house = try HubHouse(kind)
        let (hub, clock) = (try await house.hub(), house.clock)
        var schedule = try schedule("0 6 * * *")
        schedule.endAt = clock.now.adding(.seconds(30 * 86_400))
        try await withWorker(hub, registry) { [schedule] in
            try await hub.schedules.create("nightly", schedule)
            while try await hub.schedules.describe("nightly") != nil { await Task.yield() }
        }
        var query = InstanceQuery(idPrefix: "nightly:")
        query.includesPayloads = true
        let runs = try await hub.list(query).instances
        #expect(runs.count == 30)
        #expect(runs.allSatisfy { $0.id.hasSuffix("T06:00:00Z") && $0.input == "7" })
    }

    @Test(arguments: HubKind.allCases)
    func schedulesAreMadeChangedShownAndDeleted(_ kind: HubKind) async throws {
        let hub = try await HubHouse(kind, clock: VirtualHubClock(skipsIdleTime: false)).hub()
        let (daily, hourly) = (try schedule("@daily"), try schedule("@hourly"))
        try await withWorker(hub, registry) {
            let schedules = hub.schedules
            try await schedules.create("a", daily)
            try await schedules.create("b", daily)
            let first = try #require(try await schedules.describe("a"))
            #expect(first.schedule == daily)
            #expect(!first.isPaused)
            #expect(first.nextRunAt == daily.next(after: first.createdAt, createdAt: first.createdAt))
            try await schedules.pause("a")
            try await schedules.update("a", hourly)
            let paused = try #require(try await schedules.describe("a"))
            #expect(paused.isPaused)
            #expect(paused.schedule == hourly)
            #expect(paused.nextRunAt == nil)
            let run = try await schedules.trigger("a")
            #expect(try await hub.waitForCompletion(of: run).output == "7")
            try await schedules.resume("a")
            #expect(try await schedules.describe("a")?.nextRunAt != nil)
            #expect(Set(try await schedules.list().schedules.map(\.id)) == ["a", "b"])
            #expect(try await schedules.list(idPrefix: "b").schedules.map(\.id) == ["b"])
            try await schedules.delete("a")
            #expect(try await schedules.describe("a") == nil)
            await #expect(throws: TaskFailure.self) { try await schedules.pause("a") }
            #expect(try await hub.list(InstanceQuery(idPrefix: "schedule-operation:")).instances.isEmpty)
        }
    }

    @Test(arguments: HubKind.allCases)
    func whatWasMissedWhileNothingRanIsMadeUpFor(_ kind: HubKind) async throws {
        let house = try HubHouse(kind, clock: VirtualHubClock(skipsIdleTime: false))
        let before = try await house.hub()
        var schedule = try schedule("@hourly")
        schedule.missedRuns = .catchUp(limit: 3)
        try await withWorker(before, registry) { [schedule] in try await before.schedules.create("a", schedule) }
        house.clock.advance(by: .seconds(86_400))
        let hub = try await house.hub()
        try await withWorker(hub, registry) {
            while try await hub.list(InstanceQuery(statuses: [.completed], idPrefix: "a:")).instances.count < 3 {
                await Task.yield()
            }
        }
        #expect(try await hub.list(InstanceQuery(idPrefix: "a:")).instances.count == 3)
    }

    @Test(arguments: HubKind.allCases)
    func aWorkerWithoutSchedulesLeavesThemToOthers(_ kind: HubKind) async throws {
        let clock = VirtualHubClock(skipsIdleTime: false)
        let house = try HubHouse(kind, clock: clock)
        let before = try await house.hub()
        let hourly = try schedule("@hourly")
        try await withWorker(before, registry) { try await before.schedules.create("a", hourly) }
        let hub = try await house.hub()
        try await withWorker(hub, TaskRegistry.main { _, number in number }) {
            clock.advance(by: .seconds(3_600))
            for number in 1...5 { _ = try await hub.run("i\(number)") }
            #expect(try await hub.entity("@schedule@a", includesState: false)?.backlog == 1)
        }
        let after = try await house.hub()
        try await withWorker(after, registry) {
            try await until { try await !after.list(InstanceQuery(idPrefix: "a:")).instances.isEmpty }
        }
    }
}
