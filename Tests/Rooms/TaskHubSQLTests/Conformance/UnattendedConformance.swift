// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import DurableTask
import FoundationEssentials
import Testing

/// What happens although no worker is there.
@Suite(.timeLimit(.minutes(5)))
struct UnattendedConformance {
    @Test(arguments: HubKind.allCases)
    func whatWaitsForAWorkerIsTerminatedWithoutOne(_ kind: HubKind) async throws {
        let hub = try await HubHouse(kind).hub()
        try await hub.begin("a")
        try await hub.raiseEvent("go", 1, to: "a")
        try await hub.terminate("a", reason: "enough")
        let status = try #require(try await hub.status(of: "a"))
        #expect(status.status == .terminated)
        #expect(status.output == "\"enough\"")
        #expect(status.endedAt != nil)
        let kinds = try await hub.history(of: "a").map(\.kind)
        #expect(kinds.contains(.executionTerminated(reason: "\"enough\"", recurse: true)))
        #expect(kinds.last.map { if case .executionCompleted = $0 { true } else { false } } == true)
        try await hub.terminate("a", reason: "again")
        #expect(try await hub.purge("a", isRecursive: false) == 1)
        try await hub.begin("a")
        let ended = try await withWorker(hub, TaskRegistry.main { $1 }) { try await hub.waitForCompletion(of: "a") }
        #expect(ended.output == "0")
    }

    @Test(arguments: HubKind.allCases)
    func aScheduledStartIsTerminatedWithoutAWorker(_ kind: HubKind) async throws {
        let house = try HubHouse(kind)
        let hub = try await house.hub()
        var request = StartRequest(id: "a", name: "main", input: "0")
        request.scheduledStart = house.clock.now.addingTimeInterval(60)
        _ = try await hub.start(request)
        try await hub.terminate("a", reason: "enough")
        #expect(try await hub.status(of: "a")?.status == .terminated)
        house.clock.advance(by: .seconds(61))
        let ended = try await withWorker(hub, TaskRegistry.main { $1 }) { try await hub.run("b", 3) }
        #expect(ended.output == "3")
        #expect(try await hub.status(of: "a")?.status == .terminated)
    }

    @Test(arguments: HubKind.allCases)
    func terminationWithoutAWorkerTakesChildrenAlongAndLetsLocksGo(_ kind: HubKind) async throws {
        let hub = try await HubHouse(kind).hub()
        let registry = TaskRegistry.main { context, input in
            if input == 0 { return try await context.event("go", as: Int.self) }
            async let kid = context.call(
                orchestration: "main", 0, as: Int.self, options: ChildOptions(id: "kid"))
            let own = try await context.lock([EntityID("counter", "a")]) {
                try await context.event("go", as: Int.self)
            }
            return try await own + kid
        }.with(Counter.self)
        try await withWorker(hub, registry) {
            try await hub.begin("a", "main", 1)
            try await hub.wait(for: .running, of: "kid")
            try await until { try await hub.entity("@counter@a", includesState: false)?.lockedBy == "a" }
        }
        try await hub.terminate("a", reason: "enough", isRecursive: true)
        for id in ["a", "kid"] { #expect(try await hub.status(of: id)?.status == .terminated) }
        try await withWorker(hub, registry) {
            try await until { try await hub.entity("@counter@a", includesState: false)?.lockedBy == nil }
        }
    }

    @Test(arguments: HubKind.allCases)
    func aParentHearsOfAChildThatIsTerminatedWithoutAWorker(_ kind: HubKind) async throws {
        let hub = try await HubHouse(kind).hub()
        let registry = TaskRegistry.main { context, _ in
            do {
                return try await context.call(
                    orchestration: "kid", 0, as: Int.self, options: ChildOptions(id: "kid"))
            } catch let failure as TaskFailure {
                return failure.cause?.type == TaskFailure.EngineType.terminated ? 1 : 2
            }
        }.with(orchestration: "kid") { context, _ in try await context.event("go", as: Int.self) }
        try await withWorker(hub, registry) {
            try await hub.begin("a")
            try await hub.wait(for: .running, of: "kid")
        }
        try await hub.terminate("kid", reason: "enough")
        #expect(try await hub.status(of: "kid")?.status == .terminated)
        let ended = try await withWorker(hub, registry) { try await hub.waitForCompletion(of: "a") }
        #expect(ended.output == "1")
    }

    @Test(arguments: HubKind.allCases)
    func whatWasSetAsideIsTerminated(_ kind: HubKind) async throws {
        let hub = try await HubHouse(kind).hub { $0.maximumDeliveries = 1 }
        try await hub.begin("a")
        let item = try #require(try await hub.nextOrchestration(.all, Intake()))
        await hub.abandon(item, because: "it cannot be read")
        #expect(try await hub.status(of: "a")?.parked != nil)
        try await hub.terminate("a", reason: "enough")
        let status = try await hub.status(of: "a")
        #expect(status?.status == .terminated)
        #expect(status?.parked == nil)
    }

    @Test(arguments: HubKind.allCases)
    func aChildWithoutAWorkerEndsWithItsParent(_ kind: HubKind) async throws {
        let hub = try await HubHouse(kind).hub()
        var configuration = WorkerConfiguration()
        configuration.unknownNames = .leave
        let registry = TaskRegistry.main { context, _ in
            try await context.call(
                orchestration: "kid", 0, as: Int.self, options: ChildOptions(id: "kid"))
        }
        try await withWorker(hub, registry, configuration) {
            try await hub.begin("a")
            try await until { try await hub.status(of: "kid") != nil }
            try await hub.terminate("a", reason: "enough", isRecursive: true)
            for id in ["a", "kid"] { #expect(try await hub.waitForCompletion(of: id).status == .terminated) }
        }
    }

    @Test(arguments: [HubKind.memory, .sqlite])
    func absentWorkersDoNotStandInTheWayOfOthers(_ kind: HubKind) async throws {
        let hub = try await HubHouse(kind).hub { $0.maximumWaitingInstances = 3 }
        var configuration = WorkerConfiguration()
        configuration.unknownNames = .leave
        try await withWorker(hub, TaskRegistry.main { $1 }, configuration) {
            // The worker is there.
            _ = try await hub.run("first")
            for number in 0..<3 { try await hub.begin("a\(number)", "absent") }
            #expect(try await refusal { try await hub.begin("a3", "absent") } == .full)
            #expect(try await hub.run("b", 4).output == "4")
            for number in 0..<3 { try await hub.terminate("a\(number)", reason: "enough") }
            try await hub.begin("a3", "absent")
        }
    }

    @Test(arguments: HubKind.allCases, [false, true])
    func aCallThatNoWorkerTakesFailsAtItsTime(_ kind: HubKind, afterARestart: Bool) async throws {
        let house = try HubHouse(kind, clock: VirtualHubClock(skipsIdleTime: false))
        let clock = house.clock
        let registry = TaskRegistry.main { context, _ in
            var options = ActivityOptions()
            options.scheduleToStart = .seconds(5)
            do {
                return try await context.call(activity: "absent", 0, as: Int.self, options: options)
            } catch let failure as TaskFailure {
                return failure.type == TaskFailure.EngineType.timeout ? 1 : 2
            }
        }
        var configuration = WorkerConfiguration()
        configuration.concurrentActivities = 0
        let first = try await house.hub()
        try await withWorker(first, registry, configuration) {
            try await first.begin("a")
            try await first.wait(of: "a", on: "absent")
            if afterARestart { return }
            clock.advance(by: .seconds(4))
            #expect(try await first.status(of: "a")?.status == .running)
            clock.advance(by: .seconds(1))
            #expect(try await first.waitForCompletion(of: "a").output == "1")
        }
        guard afterARestart else { return }
        clock.advance(by: .seconds(6))
        let next = try await house.hub()
        let ended = try await withWorker(next, registry, configuration) { try await next.waitForCompletion(of: "a") }
        #expect(ended.output == "1")
    }

    @Test(arguments: HubKind.allCases)
    func thousandsOfTasksOfTwoPipelinesTakeTurnsAndUrgentOnesOvertake(_ kind: HubKind) async throws {
        let hub = try await HubHouse(kind).hub { $0.maximumQueuedActivities = 128 }
        try await schedule(Array(repeating: "x", count: 3_000), "a", on: hub)
        try await schedule(Array(repeating: "y", count: 40), "b", on: hub)
        var taken: [String] = []
        for _ in 0..<400 { taken.append(try #require(try await hub.nextActivity(.all, Intake())).call.fairnessKey) }
        #expect(taken.count { $0 == "y" } == 40)
        try await schedule(["z", "z"], "c", priority: 5, on: hub)
        for _ in 0..<2 { #expect(try await hub.nextActivity(.all, Intake())?.call.fairnessKey == "z") }
        #expect(try await hub.nextActivity(.all, Intake())?.call.fairnessKey == "x")
    }

    @Test(arguments: HubKind.allCases)
    func moreKeysThanAClaimHoldsHaveTheirTurns(_ kind: HubKind) async throws {
        let hub = try await HubHouse(kind).hub { $0.maximumQueuedActivities = 0 }
        let keys = (0..<300).flatMap { Array(repeating: "k\($0)", count: 3) }
        try await schedule(keys, "a", on: hub)
        var taken: [String] = []
        for _ in 0..<900 { taken.append(try #require(try await hub.nextActivity(.all, Intake())).call.fairnessKey) }
        #expect(Set(taken.prefix(450)).count == 300)
        #expect(taken.sorted() == keys.sorted())
    }

    /// Starts an instance that calls an activity for each of some keys.
    private func schedule(
        _ keys: [String], _ id: String, priority: Int = 0, on hub: EmbeddedTaskHub
    ) async throws {
        try await hub.begin(id)
        let item = try #require(try await hub.nextOrchestration(.all, Intake()))
        let calls = keys.enumerated().map { number, key in
            var call = TaskCall(name: "work", input: "0")
            call.fairnessKey = key
            call.priority = priority
            return OrchestratorAction(id: number, .scheduleTask(call))
        }
        _ = try await hub.complete(
            item, with: OrchestratorTurn(actions: calls),
            from: .beginning(of: try #require(item.beginsExecution).executionID))
        hub.release(item)
    }
}
