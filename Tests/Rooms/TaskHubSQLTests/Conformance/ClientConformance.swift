// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import DurableTask
import FoundationEssentials
import TaskHubSQL
import Testing

/// What clients may rely on, whatever the hub.
@Suite(.timeLimit(.minutes(5)))
struct ClientConformance {
    @Test(arguments: HubKind.everywhere)
    func startingTwiceIsOneInstance(_ kind: HubKind) async throws {
        let house = try HubHouse(kind)
        let hub = try await house.door()
        let request = StartRequest(id: "a", name: "main", input: "1")
        #expect(try await hub.start(request) == .created)
        #expect(try await hub.start(StartRequest(id: "a", name: "other", input: "2")) == .existing)
        let status = try #require(try await hub.status(of: "a"))
        #expect(status.name == "main")
        #expect(status.status == .pending)
        #expect(status.input == "1")
        #expect(try await hub.status(of: "b") == nil)
    }

    @Test(arguments: HubKind.everywhere)
    func onlyOneOfManyStartsCreates(_ kind: HubKind) async throws {
        let house = try HubHouse(kind)
        let hub = try await house.door()
        let created = try await withThrowingTaskGroup(of: Bool.self) { group in
            for _ in 0..<20 {
                group.addTask { try await hub.start(StartRequest(id: "a", name: "main")) == .created }
            }
            return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(created == 1)
    }

    @Test(arguments: HubKind.giving(.fullPages))
    func listsAreFilteredAndPagesStandStill(_ kind: HubKind) async throws {
        let house = try HubHouse(kind)
        let hub = try await house.door()
        for number in 0..<7 { _ = try await hub.start(StartRequest(id: "a\(number)", name: "one", input: "1")) }
        for number in 0..<3 { _ = try await hub.start(StartRequest(id: "b\(number)", name: "two")) }
        let first = try await hub.list(InstanceQuery(name: "one", limit: 4))
        #expect(first.instances.map(\.id) == ["a6", "a5", "a4", "a3"])
        #expect(first.instances[0].input == nil)
        _ = try await hub.start(StartRequest(id: "a7", name: "one"))
        let second = try await hub.list(InstanceQuery(name: "one", limit: 4, after: first.next))
        #expect(second.instances.map(\.id) == ["a2", "a1", "a0"])
        #expect(second.next == nil)
        #expect(try await hub.list(InstanceQuery(idPrefix: "b")).instances.map(\.id) == ["b2", "b1", "b0"])
        #expect(try await hub.list(InstanceQuery(statuses: [.failed])).instances.isEmpty)
        #expect(
            try await hub.list(InstanceQuery(statuses: [.pending, .failed], limit: 1)).instances.map(\.id) == ["a7"])
    }

    @Test(arguments: HubKind.giving(.fullPages))
    func idsAreFoundByTheBytesThatTheyBeginWith(_ kind: HubKind) async throws {
        let house = try HubHouse(kind)
        let hub = try await house.door()
        for id in ["order-1", "Order-1", "ORDER-2", "order", "order_1", "order-2", "order-\u{E9}", "orders-3"] {
            _ = try await hub.start(StartRequest(id: id, name: "main"))
        }
        func found(_ prefix: String) async throws -> Set<String> {
            Set(try await hub.list(InstanceQuery(idPrefix: prefix)).instances.map(\.id))
        }
        #expect(try await found("order-") == ["order-1", "order-2", "order-\u{E9}"])
        #expect(try await found("Order") == ["Order-1"])
        #expect(try await found("order-\u{E9}") == ["order-\u{E9}"])
        #expect(try await found("orderz") == [])
    }

    @Test(arguments: HubKind.everywhere)
    func unknownInstancesAreSaidToBeUnknown(_ kind: HubKind) async throws {
        let house = try HubHouse(kind)
        let hub = try await house.door()
        for call in [
            { _ = try await hub.waitForCompletion(of: "x") }, { try await hub.terminate("x", reason: "") },
            { try await hub.restart("x") }, { _ = try await hub.history(of: "x") },
        ] as [@Sendable () async throws -> Void] {
            #expect(try await refusal(call) == .notFound)
        }
    }

    @Test(arguments: HubKind.everywhere)
    func terminationEndsAWaitingInstance(_ kind: HubKind) async throws {
        let house = try HubHouse(kind, clock: VirtualHubClock(skipsIdleTime: false))
        let hub = try await house.door()
        let registry = TaskRegistry.main { context, _ in
            try await context.sleep(for: .seconds(3_600))
            return 1
        }
        try await withWorker(hub, registry) {
            _ = try await hub.start(StartRequest(id: "a", name: "main", input: "0"))
            try await hub.terminate("a", reason: "not wanted")
            let ended = try await hub.waitForCompletion(of: "a")
            #expect(ended.status == .terminated)
            #expect(ended.output == #""not wanted""#)
            try await hub.terminate("a", reason: "again")
            #expect(try await hub.status(of: "a") == ended)
        }
    }

    @Test(arguments: HubKind.everywhere)
    func restartRunsAFailedInstanceFromItsBeginning(_ kind: HubKind) async throws {
        let house = try HubHouse(kind)
        let hub = try await house.door()
        let isBroken = Lock(true)
        let registry = TaskRegistry.main { context, input in
            try await context.call(activity: "work", input, as: Int.self)
        }.with("work") { _, input in
            if isBroken.withLock({ $0 }) { throw TaskFailure(type: "Broken", message: "no") }
            return input + 1
        }
        try await withWorker(hub, registry) {
            #expect(try await hub.run("a", 41).status == .failed)
            isBroken.withLock { $0 = false }
            try await hub.restart("a")
            let ended = try await hub.waitForCompletion(of: "a")
            #expect(ended.output == "42")
            #expect(ended.failure == nil)
            #expect(try await hub.history(of: "a").count == 6)
        }
    }

    @Test(arguments: HubKind.everywhere)
    func aRunningInstanceIsNotRestarted(_ kind: HubKind) async throws {
        let house = try HubHouse(kind)
        let hub = try await house.door()
        _ = try await hub.start(StartRequest(id: "a", name: "main"))
        #expect(try await refusal { try await hub.restart("a") } == .running)
    }

    @Test(arguments: HubKind.everywhere)
    func purgeDeletesWhatEndedLongAgo(_ kind: HubKind) async throws {
        let house = try HubHouse(kind)
        let hub = try await house.door { $0.purgeBatch = 3 }
        let registry = TaskRegistry.main { _, input in input }
        try await withWorker(hub, registry) {
            for number in 0..<8 { _ = try await hub.run("old\(number)") }
            house.clock.advance(by: .seconds(60))
            _ = try await hub.run("new")
            _ = try await hub.start(StartRequest(id: "failed", name: "absent"))
            _ = try await hub.waitForCompletion(of: "failed")
        }
        let hourAgo = house.clock.now.addingTimeInterval(-30)
        #expect(try await hub.purge(endedBefore: hourAgo, statuses: [.failed]) == 0)
        #expect(try await hub.purge(endedBefore: hourAgo, statuses: [.completed, .running]) == 8)
        #expect(try await hub.status(of: "old1") == nil)
        #expect(try await hub.list(InstanceQuery()).instances.map(\.id) == ["failed", "new"])
    }

    @Test(arguments: [HubKind.memory, .sqlite])
    func startsAreRefusedWhenTooManyWait(_ kind: HubKind) async throws {
        let house = try HubHouse(kind)
        let hub = try await house.door { $0.maximumWaitingInstances = 2 }
        _ = try await hub.start(StartRequest(id: "a", name: "main"))
        _ = try await hub.start(StartRequest(id: "b", name: "main"))
        #expect(try await refusal { _ = try await hub.start(StartRequest(id: "c", name: "main")) } == .full)
    }

    @Test(arguments: HubKind.everywhere)
    func aCancelledWaitEnds(_ kind: HubKind) async throws {
        let house = try HubHouse(kind)
        let hub = try await house.door()
        _ = try await hub.start(StartRequest(id: "a", name: "main"))
        let wait = Task { try await hub.waitForCompletion(of: "a") }
        wait.cancel()
        await #expect(throws: CancellationError.self) { try await wait.value }
    }
}
