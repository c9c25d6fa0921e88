// Darkroom
// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import TaskHubSQL
import Testing

@testable import DurableTask

/// More messages than a hub reads at once, whatever the hub.
@Suite(.timeLimit(.minutes(5)))
struct ContentionConformance {
    /// More than any page, of whichever kind.
    private static let crowd = 1_100

    private static let contenders = TaskRegistry.main { context, number in
        try await context.lock(Till.id("a")) {
            guard number == 0 else { return number }
            try await context.event("go")
            return try await context.call(Till.add, 7, on: "a")
        }
    }.with(Till.self)

    @Test(arguments: zip(HubKind.allCases, [false, true, false]))
    func aLockThatManyWaitForGoesFromOneToTheNext(_ kind: HubKind, _ isEndedFromOutside: Bool) async throws {
        let hub = try await HubHouse(kind).hub()
        try await withWorker(hub, Self.contenders) {
            try await hub.begin("holder")
            try await until { try await hub.entity("@counter@a", includesState: false)?.lockedBy == "holder" }
            try await inParallel(1...Self.crowd) { try await hub.begin("i\($0)", "main", $0) }
            try await until { try await hub.entity("@counter@a", includesState: false)?.backlog == Self.crowd }
            if isEndedFromOutside {
                try await hub.terminate("holder", reason: "enough")
            } else {
                try await hub.raiseEvent("go", 0, to: "holder")
            }
            let holder = try await hub.waitForCompletion(of: "holder")
            #expect(holder.output == (isEndedFromOutside ? #""enough""# : "7"))
            // More than one look at the inbox finds.
            try await until {
                try await hub.entity("@counter@a", includesState: false)?.backlog ?? 0 < Self.crowd - 150
            }
        }
    }

    @Test(arguments: HubKind.allCases)
    func whatTheNextHolderAskedForBeforeItHadTheLockIsHeardUnderIt(_ kind: HubKind) async throws {
        let hub = try await HubHouse(kind).hub()
        let registry = TaskRegistry.main { context, number in
            if number == 0 {
                return try await context.lock(Till.id("a")) { try await context.event("go", as: Int.self) }
            }
            async let early = context.call(Till.add, 1, on: "a")
            async let locked = context.lock(Till.id("a")) {
                try await context.event("early")
                return 2
            }
            let total = try await early
            try await context.send(event: "early", to: context.instanceID)
            return try await total + locked
        }.with(Till.self)
        try await withWorker(hub, registry) {
            try await hub.begin("holder")
            try await until { try await hub.entity("@counter@a", includesState: false)?.lockedBy == "holder" }
            try await hub.begin("next", "main", 1)
            try await until { try await hub.entity("@counter@a", includesState: false)?.backlog == 2 }
            // Enough of them that all are moved out of the way.
            try await inParallel(1...120) { _ in try await hub.signal(Till.add, 0, on: "a") }
            try await hub.raiseEvent("go", 0, to: "holder")
            #expect(try await hub.waitForCompletion(of: "next").output == "3")
        }
    }

    @Test(arguments: HubKind.allCases)
    func signalsThatALockKeptWaitingAreHeardInTheirOrder(_ kind: HubKind) async throws {
        let house = try HubHouse(kind)
        let hub = try await house.hub()
        let registry = TaskRegistry.main { context, _ in
            try await context.lock(Till.id("a")) { try await context.event("go", as: Int.self) }
        }.with(Till.self)
        try await withWorker(hub, registry) {
            try await hub.begin("holder")
            try await until { try await hub.entity("@counter@a", includesState: false)?.lockedBy == "holder" }
            for number in 1...300 { try await hub.signal(Till.set, number, on: "a") }
        }
        // What was moved out of the way is found again by whoever comes next.
        let next = try await house.hub()
        try await withWorker(next, registry) {
            try await next.raiseEvent("go", 0, to: "holder")
            try await until { try await next.entity("@counter@a", includesState: false)?.backlog == 0 }
            try await next.wait(for: #"{"total":300}"#, of: "@counter@a")
        }
    }

    @Test(arguments: HubKind.allCases, [true, false])
    func aScheduledStartIsFoundBehindAnyNumberOfEvents(_ kind: HubKind, _ isTerminated: Bool) async throws {
        let clock = VirtualHubClock(skipsIdleTime: false)
        let hub = try await HubHouse(kind, clock: clock).hub()
        let registry = TaskRegistry.main { context, _ in
            var count = 0
            for _ in 1...Self.crowd { count += try await context.event("one", as: Int.self) }
            return count
        }
        var request = StartRequest(id: "a", name: "main", input: "0")
        request.scheduledStart = clock.now.addingTimeInterval(3_600)
        let start = request
        try await withWorker(hub, registry) {
            _ = try await hub.start(start)
            try await inParallel(1...Self.crowd) { _ in try await hub.raiseEvent("one", 1, to: "a") }
            #expect(try await hub.status(of: "a")?.status == .pending)
            if isTerminated {
                try await hub.terminate("a", reason: "enough")
                #expect(try await hub.waitForCompletion(of: "a").status == .terminated)
            } else {
                clock.advance(by: .seconds(3_600))
                #expect(try await hub.waitForCompletion(of: "a").output == "\(Self.crowd)")
            }
        }
    }

    @Test(arguments: HubKind.allCases)
    func anEntityIsNotDeletedUnderAMessage(_ kind: HubKind) async throws {
        let hub = try await HubHouse(kind).hub()
        let registry = TaskRegistry.main { _, number in number }.with(Till.self)
        // It is asked for between the look at the entities and the deletion.
        try await hub.signal(Till.set, 1, on: "a")
        #expect(try await hub.store.deleteEmptyEntities(["@counter@a", "@counter@none"]) == 0)
        try await withWorker(hub, registry) {
            try await hub.wait(for: #"{"total":1}"#, of: "@counter@a")
            #expect(try await hub.store.deleteEmptyEntities(["@counter@a"]) == 0)
            try await hub.signal(Till.id("a"), "delete")
            try await hub.wait(for: nil, of: "@counter@a")
            #expect(try await hub.store.deleteEmptyEntities(["@counter@a"]) == 1)
        }
        #expect(try await hub.entity("@counter@a", includesState: false) == nil)
    }
}

/// Does something for many numbers at once, a few dozen at a time.
private func inParallel(
    _ numbers: ClosedRange<Int>, _ body: @escaping @Sendable (Int) async throws -> Void
) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
        for lane in 0..<64 {
            group.addTask {
                for number in numbers where number % 64 == lane { try await body(number) }
            }
        }
        try await group.waitForAll()
    }
}
