// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import DurableTask
import FoundationEssentials
import TaskHubSQL
import Testing

/// Start policies, queries and retention, whatever the hub.
@Suite(.timeLimit(.minutes(5)))
struct StartConformance {
    private static let waiting = TaskRegistry.main { context, input in
        input > 0 ? input : try await context.event("go", as: Int.self)
    }

    private func request(
        _ id: String, _ input: Int, replaces statuses: Set<RuntimeStatus> = [], tags: [String: String] = [:]
    ) -> StartRequest {
        var request = StartRequest(id: id, name: "main", input: "\(input)")
        request.replaces = statuses
        request.tags = tags
        return request
    }

    @Test(arguments: HubKind.everywhere)
    func onlyWhatIsToBeReplacedIsReplaced(_ kind: HubKind) async throws {
        let house = try HubHouse(kind)
        let hub = try await house.door()
        try await withWorker(hub, Self.waiting) {
            _ = try await hub.run("a", 1)
            #expect(try await hub.start(self.request("a", 2, replaces: [.failed, .running])) == .existing)
            #expect(try await hub.start(self.request("a", 0, replaces: [.completed])) == .created)
            try await hub.wait(for: .running, of: "a")
            #expect(try await hub.start(self.request("a", 4, replaces: [.completed])) == .existing)
            try await hub.raiseEvent("go", 3, to: "a")
            #expect(try await hub.waitForCompletion(of: "a").output == "3")
        }
    }

    @Test(arguments: HubKind.everywhere)
    func aRunningInstanceIsReplacedWithAllThatItAskedFor(_ kind: HubKind) async throws {
        let house = try HubHouse(kind)
        let hub = try await house.door()
        let begun = Signal()
        let registry = TaskRegistry.main { context, input in
            if input > 0 { return try await context.call(activity: "echo", input, as: Int.self) }
            return try await context.lock(EntityID("counter", "a")) {
                try await context.call(activity: "stuck", 0, as: Int.self)
            }
        }.with("echo") { $1 }.with("stuck") { _, _ in
            begun.send()
            try? await Task.sleep(for: .seconds(3_600))
            return 99
        }.with(Till.self)
        var configuration = WorkerConfiguration()
        configuration.drainTime = .milliseconds(1)
        try await withWorker(hub, registry, configuration) {
            try await hub.begin("a")
            await begun.wait()
            #expect(try await hub.start(self.request("a", 5, replaces: [.running])) == .created)
            let ended = try await hub.waitForCompletion(of: "a")
            #expect(ended.output == "5")
            #expect(ended.input == "5")
            try await until { try await hub.entity("@counter@a", includesState: true)?.lockedBy == nil }
        }
    }

    @Test(arguments: HubKind.giving(.cancellation))
    func terminationIsToldToThoseWhoRunActivities(_ kind: HubKind) async throws {
        let house = try HubHouse(kind)
        let hub = try await house.door()
        let intake = Intake()
        try await hub.begin("a")
        try await finish(hub, .scheduleTask(TaskCall(name: "work", input: "1")))
        let task = try #require(try await hub.nextActivity(.all, intake))
        async let cancelled = hub.nextCancellation(intake)
        try await hub.terminate("a", reason: "enough")
        try await finish(hub, .completeOrchestration(Completion(.terminated, result: "1")))
        #expect(await cancelled?.sequence == task.sequence)
        #expect(try await refusal { try await hub.complete(task, with: .success("2")) } == .leaseLost)
        #expect(await hub.renew([task]) == [task])
        try await hub.abandon(task)
        hub.close(intake)
        #expect(await hub.nextCancellation(intake) == nil)
    }

    private func finish(_ hub: any TaskHub, _ action: OrchestratorAction.Kind) async throws {
        let item = try #require(try await hub.nextOrchestration(.all, Intake()))
        let position = try await hub.history(for: item).position
        let turn = OrchestratorTurn(actions: [OrchestratorAction(id: 0, action)])
        _ = try await hub.complete(item, with: turn, from: position)
        hub.release(item)
    }

    @Test(arguments: HubKind.everywhere)
    func queriesFindByEverything(_ kind: HubKind) async throws {
        let house = try HubHouse(kind)
        let hub = try await house.door()
        let times = try await withWorker(hub, Self.waiting) {
            var times: [Date] = []
            for (id, input) in [("x1", 1), ("x2", 0), ("y\"1", 2), ("y2", 0)] {
                times.append(house.clock.now)
                _ = try await hub.start(self.request(id, input, tags: ["kind.of": "\(id.first ?? "?")", "é": id]))
                if input > 0 { _ = try await hub.waitForCompletion(of: id) }
                house.clock.advance(by: .seconds(10))
            }
            for id in ["x2", "y2"] { try await hub.wait(for: .running, of: id) }
            return times
        }
        func ids(_ change: (inout InstanceQuery) -> Void) async throws -> [String] {
            var query = InstanceQuery()
            change(&query)
            return try await hub.list(query).instances.map(\.id)
        }
        #expect(try await ids { $0.statuses = [.completed] } == ["y\"1", "x1"])
        #expect(try await ids { $0.idPrefix = "y\"" } == ["y\"1"])
        #expect(try await ids { $0.tags = ["kind.of": "x"] } == ["x2", "x1"])
        #expect(try await ids { $0.tags = ["kind.of": "x", "é": "x2"] } == ["x2"])
        #expect(try await ids { $0.tags = ["absent": "x"] }.isEmpty)
        #expect(
            try await ids {
                $0.createdFrom = times[1]
                $0.createdTo = times[2]
            } == ["y\"1", "x2"])
        #expect(try await ids { $0.endedFrom = times[2] } == ["y\"1"])
        #expect(try await ids { $0.endedTo = times[1] } == ["x1"])
        #expect(
            try await ids {
                $0.endedFrom = times[0]
                $0.endedTo = times[3]
            } == ["y\"1", "x1"])
        #expect(try await hub.countByStatus(InstanceQuery()) == [.completed: 2, .running: 2])
        #expect(try await hub.countByStatus(InstanceQuery(idPrefix: "x", limit: 1)) == [.completed: 1, .running: 1])
        var query = InstanceQuery(idPrefix: "y\"")
        query.includesPayloads = true
        let found = try #require(try await hub.list(query).instances.first)
        #expect(found.input == "2")
        #expect(found.output == "2")
        #expect(found.tags["kind.of"] == "y")
        #expect(try await refusal { _ = try await hub.list(InstanceQuery(after: "x")) } == .invalid)
    }

    @Test(arguments: HubKind.everywhere)
    func purgeKeepsWhatDoesNotMatch(_ kind: HubKind) async throws {
        let house = try HubHouse(kind)
        let hub = try await house.door { $0.purgeBatch = 1 }
        let begin = house.clock.now
        let registry = TaskRegistry.main { _, input in
            if input == 0 { throw TaskFailure(type: "Broken", message: "no") }
            return input
        }
        try await withWorker(hub, registry) {
            for (id, input) in [("a", 1), ("b", 0), ("c", 1), ("d", 0)] {
                _ = try await hub.run(id, input)
                house.clock.advance(by: .seconds(10))
            }
        }
        var filter = PurgeFilter(statuses: [.failed])
        filter.createdTo = begin.addingTimeInterval(10)
        #expect(try await hub.purge(filter) == 1)
        filter = PurgeFilter()
        filter.createdFrom = begin.addingTimeInterval(25)
        #expect(try await hub.purge(filter) == 1)
        #expect(try await hub.purge(PurgeFilter(statuses: [])) == 0)
        #expect(try await hub.list(InstanceQuery()).instances.map(\.id) == ["c", "a"])
        #expect(try await hub.purge(PurgeFilter()) == 2)
    }

    @Test(arguments: HubKind.everywhere)
    func retentionDeletesWhatIsOldEnough(_ kind: HubKind) async throws {
        let clock = VirtualHubClock(skipsIdleTime: false)
        let house = try HubHouse(kind, clock: clock)
        let hub = try await house.door {
            $0.retention = HubConfiguration.Retention(age: .seconds(60))
            $0.retention?.statuses = [.completed]
            $0.retention?.interval = .seconds(30)
        }
        try await withWorker(hub, Self.waiting) {
            _ = try await hub.run("old", 1)
            try await hub.begin("waiting")
            try await hub.wait(for: .running, of: "waiting")
            try await until {
                clock.advance(by: .seconds(30))
                return try await hub.status(of: "old") == nil
            }
            #expect(try await hub.list(InstanceQuery()).instances.map(\.id) == ["waiting"])
        }
    }
}
