// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import DurableTask
import FoundationEssentials
import TaskHubSQL
import Testing

/// An account whose operations show everything that entities may do.
private struct Tally: Entity {
    static let name = "Tally"
    var total = 0

    static let add = Operation<Int, Int>("add") { tally, amount, _ in
        if amount < 0 { throw TaskFailure(type: "Negative", message: "no", isRetriable: false) }
        tally.total += amount
        return tally.total
    }
    static let forward = Operation<String, Nothing>("forward") { tally, key, context in
        try context.signal(add, tally.total, on: key)
        return Nothing()
    }
    static let launch = Operation<String, Nothing>("launch") { tally, id, context in
        context.start(StartRequest(id: id, name: "main", input: "\(tally.total)"))
        return Nothing()
    }
    static let operations = Operations(add, forward, launch)
}

/// What entities promise, whatever the hub.
@Suite(.timeLimit(.minutes(5)))
struct EntityConformance {
    private func registry(
        _ body: @escaping @Sendable (OrchestrationContext, Int) async throws -> Int = { $1 }
    ) -> TaskRegistry {
        var registry = TaskRegistry.main(body)
        registry.add(Tally.self)
        return registry
    }

    private func wait(for total: Int?, of key: String, on hub: any TaskHub) async throws {
        while try await hub.state(of: Tally.self, key)?.total != total { await Task.yield() }
    }

    @Test(arguments: HubKind.everywhere)
    func signalsChangeTheStateOnceEach(_ kind: HubKind) async throws {
        let hub = try await HubHouse(kind).door()
        try await withWorker(hub, registry()) {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 1...50 { group.addTask { try await hub.signal(Tally.add, number, on: "a") } }
                try await group.waitForAll()
            }
            try await wait(for: 50 * 51 / 2, of: "a", on: hub)
        }
    }

    @Test(arguments: HubKind.everywhere)
    func orchestrationsCallAndHearFailures(_ kind: HubKind) async throws {
        let hub = try await HubHouse(kind).door()
        let registry = registry { context, amount in
            let total = try await context.call(Tally.add, amount, on: "a")
            do {
                _ = try await context.call(Tally.add, -1, on: "a")
            } catch let failure as TaskFailure where failure.type == "Negative" {
                return try await context.call(Tally.add, total, on: "a")
            }
            return 0
        }
        let ended = try await withWorker(hub, registry) { try await hub.run("i", 5) }
        #expect(ended.output == "10")
        #expect(try await hub.state(of: Tally.self, "a")?.total == 10)
    }

    @Test(arguments: HubKind.everywhere)
    func whatNobodyHasFailsTheCall(_ kind: HubKind) async throws {
        let hub = try await HubHouse(kind).door()
        let registry = registry { context, _ in try await context.call(EntityID("nobody", "a"), "fly", as: Int.self) }
        let ended = try await withWorker(hub, registry) { try await hub.run("i") }
        #expect(ended.failure?.type == TaskFailure.EngineType.entityNotFound)
    }

    @Test(arguments: HubKind.everywhere)
    func entitiesSignalEachOtherAndStartOrchestrations(_ kind: HubKind) async throws {
        let hub = try await HubHouse(kind).door()
        try await withWorker(hub, registry()) {
            try await hub.signal(Tally.add, 7, on: "a")
            try await hub.signal(Tally.forward, "b", on: "a")
            try await wait(for: 7, of: "b", on: hub)
            for _ in 1...2 { try await hub.signal(Tally.launch, "i", on: "b") }
            while try await hub.status(of: "i") == nil { await Task.yield() }
            #expect(try await hub.waitForCompletion(of: "i").output == "7")
        }
    }

    @Test(arguments: HubKind.everywhere)
    func aDelayedSignalComesAtItsTime(_ kind: HubKind) async throws {
        let house = try HubHouse(kind, clock: VirtualHubClock(skipsIdleTime: false))
        let hub = try await house.door()
        let clock = house.clock
        try await withWorker(hub, registry()) {
            try await hub.signal(Tally.add, 1, on: "a", at: clock.now.adding(.seconds(86_400)))
            try await hub.signal(Tally.add, 2, on: "a")
            try await wait(for: 2, of: "a", on: hub)
            while clock.sleeperCount == 0 { await Task.yield() }
            clock.advance(by: .seconds(86_400))
            try await wait(for: 3, of: "a", on: hub)
        }
    }

    @Test(arguments: HubKind.everywhere)
    func aDeletedEntityIsGone(_ kind: HubKind) async throws {
        let hub = try await HubHouse(kind).door()
        try await withWorker(hub, registry()) {
            try await hub.signal(Tally.add, 1, on: "a")
            try await wait(for: 1, of: "a", on: hub)
            #expect(try await hub.entities(EntityQuery()).entities.map(\.instanceID) == ["@tally@a"])
            try await hub.signal(Tally.id("a"), "delete")
            try await wait(for: nil, of: "a", on: hub)
            #expect(try await hub.entities(EntityQuery()).entities.isEmpty)
        }
    }

    @Test(arguments: HubKind.everywhere)
    func aWorkerMayLeaveToOthersWhatItDoesNotHave(_ kind: HubKind) async throws {
        let hub = try await HubHouse(kind).door()
        let main = TaskRegistry.main { context, amount in
            try await context.call(Tally.add, amount, on: "a") + context.call(activity: "double", amount, as: Int.self)
        }
        var others = TaskRegistry()
        others.add(Tally.self)
        var configuration = WorkerConfiguration()
        configuration.unknownNames = .leave
        let runner = EntityRunner(others, clock: hub.clock)
        let ended = try await withWorker(hub, main, configuration) {
            _ = try await hub.start(StartRequest(id: "i", name: "main", input: "5"))
            let entity = try #require(try await hub.nextEntity(.only(["tally"]), Intake()))
            try await hub.complete(entity, with: await runner.run(entity))
            let activity = try #require(try await hub.nextActivity(.only(["double"]), Intake()))
            try await hub.complete(activity, with: .success("10"))
            return try await hub.waitForCompletion(of: "i")
        }
        #expect(ended.output == "15")
    }
}
