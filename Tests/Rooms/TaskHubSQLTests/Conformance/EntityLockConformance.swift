// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import DurableTask
import FoundationEssentials
import TaskHubSQL
import Testing

/// A number under a key.
struct Till: Entity {
    static let name = "counter"
    var total = 0

    static let add = Operation<Int, Int>("add") { till, amount, _ in
        till.total += amount
        return till.total
    }
    static let set = Operation<Int, Nothing>("set") { till, total, _ in
        till.total = total
        return Nothing()
    }
    static let spoil = Operation<Int, Nothing>("spoil") { till, total, context in
        till.total = total
        try context.signal(add, 1, on: "elsewhere")
        throw TaskFailure(type: "Spoilt", message: "no")
    }
    static let operations = Operations(add, set, spoil)
}

/// States, locks and sweeping of entities, whatever the hub.
@Suite(.timeLimit(.minutes(5)))
struct EntityLockConformance {
    private func signal(
        _ hub: any TaskHub, _ key: String, _ operation: String, _ input: Int = 0, at time: Date? = nil
    ) async throws {
        var request = EntityOperation(
            requestID: UUID().uuidString, operation: operation, input: "\(input)", target: "@counter@\(key)")
        request.scheduledTime = time
        try await hub.signal(request)
    }

    private static let idle = TaskRegistry.main { _, input in input }.with(Till.self)

    @Test(arguments: HubKind.everywhere)
    func callsAndSignalsChangeAStateThatOutlivesARestart(_ kind: HubKind) async throws {
        let house = try HubHouse(kind)
        let registry = TaskRegistry.main { context, amount in
            try await context.signal(Till.add, 100, on: "a")
            return try await context.call(Till.add, amount, on: "a")
        }.with(Till.self)
        let before = try await house.door()
        try await withWorker(before, registry) {
            #expect(try await before.run("one", 1).output == "101")
            try await self.signal(before, "a", "ADD", 1_000)
            try await before.wait(for: #"{"total":1101}"#, of: "@counter@a")
        }
        let hub = try await house.door()
        let ended = try await withWorker(hub, registry) { try await hub.run("two", 2) }
        #expect(ended.output == "1203")
        #expect(try await hub.status(of: "@counter@a") == nil)
        #expect(try await hub.list(InstanceQuery(idPrefix: "@")).instances.isEmpty)
    }

    @Test(arguments: HubKind.everywhere)
    func aFailedOperationLeavesNoTrace(_ kind: HubKind) async throws {
        let house = try HubHouse(kind)
        let hub = try await house.door()
        let registry = TaskRegistry.main { context, _ in
            _ = try await context.call(Till.set, 5, on: "a")
            do {
                _ = try await context.call(Till.spoil, 9, on: "a")
            } catch let failure as TaskFailure {
                #expect(failure.type == "Spoilt")
            }
            return try await context.call(Till.add, 0, on: "a")
        }.with(Till.self)
        let ended = try await withWorker(hub, registry) { try await hub.run("one") }
        #expect(ended.output == "5")
        #expect(try await hub.entity("@counter@elsewhere", includesState: true) == nil)
    }

    @Test(arguments: HubKind.everywhere)
    func aDelayedSignalWaitsForItsTimeAcrossARestart(_ kind: HubKind) async throws {
        let clock = VirtualHubClock(skipsIdleTime: false)
        let house = try HubHouse(kind, clock: clock)
        let before = try await house.door()
        try await withWorker(before, Self.idle) {
            try await self.signal(before, "a", "set", 7, at: clock.now.addingTimeInterval(3_600))
            try await self.signal(before, "a", "add", 1)
            try await before.wait(for: #"{"total":1}"#, of: "@counter@a")
        }
        let hub = try await house.door()
        try await withWorker(hub, Self.idle) {
            clock.advance(by: .seconds(1_800))
            try await self.signal(hub, "a", "add", 1)
            try await hub.wait(for: #"{"total":2}"#, of: "@counter@a")
            clock.advance(by: .seconds(1_800))
            try await hub.wait(for: #"{"total":7}"#, of: "@counter@a")
        }
    }

    /// Reads, works and writes under locks on two entities, named in the order of the instance.
    private static let transfer = TaskRegistry.main { context, round in
        let keys = round % 2 == 0 ? ["a", "b"] : ["b", "a"]
        return try await context.lock(keys.map { Till.id($0) }) {
            let total = try await context.call(Till.add, 0, on: keys[0])
            _ = try await context.call(activity: "echo", 1, as: Int.self)
            _ = try await context.call(Till.set, total + 1, on: keys[0])
            return try await context.call(Till.add, 1, on: keys[1])
        }
    }.with(Till.self).with("echo") { $1 }

    @Test(arguments: HubKind.everywhere)
    func criticalSectionsNeverInterleave(_ kind: HubKind) async throws {
        let house = try HubHouse(kind)
        let hub = try await house.door()
        try await withWorker(hub, Self.transfer) {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<20 {
                    group.addTask {
                        let ended = try await hub.run("i\(number)", number)
                        #expect(ended.status == .completed)
                    }
                    group.addTask { try await self.signal(hub, "a", "add", 0) }
                }
                try await group.waitForAll()
            }
            for key in ["a", "b"] {
                try await hub.wait(for: #"{"total":20}"#, of: "@counter@\(key)")
                try await until { try await hub.entity("@counter@\(key)", includesState: true)?.lockedBy == nil }
            }
        }
    }

    /// How the holder of locks ends.
    enum End: CaseIterable {
        case terminated
        case failed
        case terminatedWhileWaiting
        case brokeALimit
    }

    @Test(arguments: HubKind.everywhere, End.allCases)
    func locksAreGivenBackHoweverTheirHolderEnds(_ kind: HubKind, _ end: End) async throws {
        let house = try HubHouse(kind)
        let hub = try await house.door { $0.maximumPayloadBytes = 10_000 }
        let registry = TaskRegistry.main { context, _ in
            try await context.lock(Till.id("a"), Till.id("b")) {
                try await context.event("go")
                if end == .brokeALimit { try context.setCustomStatus(String(repeating: "x", count: 20_000)) }
                throw TaskFailure(type: "Broken", message: "no")
            }
        }.with(Till.self).with(orchestration: "other") { context, _ in
            try await context.lock(Till.id("b"), Till.id("c")) { try await context.event("go", as: Int.self) }
        }
        try await withWorker(hub, registry) {
            if end == .terminatedWhileWaiting {
                try await hub.begin("other", "other")
                try await until { try await hub.entity("@counter@c", includesState: false)?.lockedBy == "other" }
            }
            try await hub.begin("holder")
            let last = end == .terminatedWhileWaiting ? "a" : "b"
            try await until { try await hub.entity("@counter@\(last)", includesState: false)?.lockedBy == "holder" }
            if end == .failed || end == .brokeALimit {
                try await hub.raiseEvent("go", 0, to: "holder")
            } else {
                try await hub.terminate("holder", reason: "enough")
            }
            _ = try await hub.waitForCompletion(of: "holder")
            if end == .terminatedWhileWaiting { try await hub.raiseEvent("go", 1, to: "other") }
            for key in ["a", "b"] {
                try await until { try await hub.entity("@counter@\(key)", includesState: false)?.lockedBy == nil }
                try await self.signal(hub, key, "set", 3)
                try await hub.wait(for: #"{"total":3}"#, of: "@counter@\(key)")
            }
        }
    }

    @Test(arguments: HubKind.everywhere)
    func orphanedLocksAreSweptAndEmptyEntitiesDeleted(_ kind: HubKind) async throws {
        let house = try HubHouse(kind)
        let hub = try await house.door()
        let registry = TaskRegistry.main { context, _ in
            try await context.lock(Till.id("a")) { try await context.event("go", as: Int.self) }
        }.with(Till.self)
        try await withWorker(hub, registry) {
            try await hub.begin("holder")
            try await until { try await hub.entity("@counter@a", includesState: false)?.lockedBy == "holder" }
            #expect(try await hub.cleanEntities(EntityCleaning()) == EntityCleaning.Report())
            try await self.signal(hub, "b", "set", 1)
            try await self.signal(hub, "c", "set", 1)
            try await self.signal(hub, "c", "delete")
            try await hub.wait(for: #"{"total":1}"#, of: "@counter@b")
            try await until { try await hub.entity("@counter@c", includesState: true)?.backlog == 0 }
            try await hub.wait(for: nil, of: "@counter@c")
            var report = EntityCleaning.Report()
            report.removedEntities = 1
            #expect(try await hub.cleanEntities(EntityCleaning()) == report)
            #expect(try await hub.entity("@counter@c", includesState: true) == nil)
        }
        var query = EntityQuery()
        query.idPrefix = "@counter@"
        #expect(try await hub.entities(query).entities.map(\.instanceID) == ["@counter@b"])
        query.includesTransient = true
        query.limit = 1
        let first = try await hub.entities(query)
        #expect(first.entities.map(\.instanceID) == ["@counter@b"])
        query.after = first.next
        let second = try await hub.entities(query)
        #expect(second.entities.map(\.instanceID) == ["@counter@a"])
        #expect(second.entities.first?.lockedBy == "holder")
        #expect(second.next == nil)
    }

    @Test(arguments: HubKind.everywhere)
    func aSignalNeedsAnEntity(_ kind: HubKind) async throws {
        let house = try HubHouse(kind)
        let hub = try await house.door()
        for target in ["a", "@a", "@@a", "", "user@example.com"] {
            let request = EntityOperation(requestID: "1", operation: "add", input: "1", target: target)
            #expect(try await refusal { try await hub.signal(request) } == .invalid)
        }
    }
}
