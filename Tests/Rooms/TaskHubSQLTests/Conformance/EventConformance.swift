// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import FoundationEssentials
import TaskHubSQL
import Testing

@testable import DurableTask

/// What becomes of events from outside, whatever the hub.
@Suite(.timeLimit(.minutes(5)))
struct EventConformance {
    /// Sums two events as digits: the first counts ten times.
    private static let pair = TaskRegistry.main { context, _ in
        let first = try await context.event("Number", as: Int.self)
        return try await 10 * first + context.event("number", as: Int.self)
    }

    @Test(arguments: HubKind.giving(.keptEvents))
    func eventsBeforeTheStartAreKeptWhenAsked(_ kind: HubKind) async throws {
        let house = try HubHouse(kind)
        let hub = try await house.door()
        try await withWorker(hub, Self.pair) {
            try await hub.raiseEvent("number", 4, to: "a", ifMissing: .keep)
            #expect(try await hub.status(of: "a") == nil)
            #expect(try await hub.list(InstanceQuery()).instances.isEmpty)
            // Another instance's life from start to end: time enough to hand the first one out by mistake.
            try await hub.begin("b")
            for number in 1...2 { try await hub.raiseEvent("number", number, to: "b") }
            #expect(try await hub.waitForCompletion(of: "b").output == "12")
            #expect(try await hub.status(of: "a") == nil)
            #expect(try await hub.start(StartRequest(id: "a", name: "main", input: "0")) == .created)
            try await hub.raiseEvent("number", 2, to: "a")
            #expect(try await hub.waitForCompletion(of: "a").output == "42")
        }
    }

    @Test(arguments: HubKind.everywhere)
    func keptEventsOutliveARestart(_ kind: HubKind) async throws {
        let house = try HubHouse(kind)
        let before = try await house.hub()
        try await before.raiseEvent("number", 4, to: "a", ifMissing: .keep)
        try await before.raiseEvent("NUMBER", 2, to: "a", ifMissing: .keep)
        let hub = try await house.door()
        let ended = try await withWorker(hub, Self.pair) { try await hub.run("a") }
        #expect(ended.output == "42")
    }

    @Test(arguments: HubKind.giving(.keptEvents))
    func anInstanceThatOnlyHasKeptEventsDoesNotExist(_ kind: HubKind) async throws {
        let house = try HubHouse(kind)
        let hub = try await house.door()
        #expect(try await refusal { try await hub.raiseEvent("x", 1, to: "a") } == .notFound)
        try await hub.raiseEvent("number", 4, to: "a", ifMissing: .keep)
        for call in [
            { try await hub.raiseEvent("x", 1, to: "a") }, { try await hub.terminate("a", reason: "") },
            { try await hub.suspend("a", reason: nil) }, { try await hub.resume("a", reason: nil) },
            { _ = try await hub.waitForStart(of: "a") }, { try await hub.rewind("a", reason: nil) },
            { try await hub.retry("a") }, { _ = try await hub.waits(of: "a") },
            { _ = try await hub.history(of: "a") },
        ] as [@Sendable () async throws -> Void] {
            #expect(try await refusal(call) == .notFound)
        }
    }

    @Test(arguments: HubKind.everywhere)
    func eventsBeforeTheWaitAreTakenInOrder(_ kind: HubKind) async throws {
        let house = try HubHouse(kind)
        let hub = try await house.door()
        let registry = TaskRegistry.main { context, _ in
            try await context.event("begin")
            var digits = 0
            for _ in 0..<4 { digits = try await 10 * digits + context.event("number", as: Int.self) }
            return digits
        }
        try await withWorker(hub, registry) {
            try await hub.begin("a")
            for number in 1...4 { try await hub.raiseEvent(number % 2 == 0 ? "NUMBER" : "number", number, to: "a") }
            try await hub.raiseEvent("Begin", 0, to: "a")
            let end = try await hub.waitForCompletion(of: "a")
            #expect(end.output == "1234", "\(end)")
            try await hub.raiseEvent("late", 0, to: "a")
        }
    }

    @Test(arguments: HubKind.giving(.waits))
    func aLostRaceLeavesItsEventToOthers(_ kind: HubKind) async throws {
        let house = try HubHouse(kind)
        let hub = try await house.door()
        let registry = TaskRegistry.main { context, _ in
            let winner = try await context.first(
                of: { try await context.event("slow", as: Int.self) },
                { try await context.event("quick", as: Int.self) })
            return try await 10 * winner + context.event("slow", as: Int.self)
        }
        try await withWorker(hub, registry) {
            try await hub.begin("a")
            try await hub.wait(of: "a", on: "event")
            try await hub.raiseEvent("quick", 1, to: "a")
            try await hub.raiseEvent("slow", 2, to: "a")
            #expect(try await hub.waitForCompletion(of: "a").output == "12")
        }
    }

    @Test(arguments: HubKind.everywhere)
    func instancesTellEachOther(_ kind: HubKind) async throws {
        let house = try HubHouse(kind)
        let hub = try await house.door()
        let registry = TaskRegistry.main { context, number in
            if number == 0 { return try await context.event("hello", as: Int.self) }
            try await context.send(event: "hello", number, to: "nobody")
            try await context.send(event: "hello", number, to: "ear")
            return 0
        }
        try await withWorker(hub, registry) {
            try await hub.begin("ear")
            #expect(try await hub.run("mouth", 7).status == .completed)
            #expect(try await hub.waitForCompletion(of: "ear").output == "7")
            #expect(try await hub.status(of: "nobody") == nil)
        }
    }

    @Test(arguments: HubKind.giving(.waits))
    func aScheduledStartKeepsWhatCameBefore(_ kind: HubKind) async throws {
        let clock = VirtualHubClock(skipsIdleTime: false)
        let house = try HubHouse(kind, clock: clock)
        let hub = try await house.door()
        var request = StartRequest(id: "a", name: "main", input: "0")
        request.scheduledStart = clock.now.addingTimeInterval(3_600)
        let start = request
        try await withWorker(hub, Self.pair) {
            #expect(try await hub.start(start) == .created)
            try await hub.raiseEvent("number", 4, to: "a")
            try await hub.begin("b")
            for number in 1...2 { try await hub.raiseEvent("number", number, to: "b") }
            _ = try await hub.waitForCompletion(of: "b")
            #expect(try await hub.status(of: "a")?.status == .pending)
            #expect(try await hub.waits(of: "a") == ["to be started at 2025-06-15T16:06:40Z"])
            clock.advance(by: .seconds(3_600))
            try await hub.wait(of: "a", on: "event")
            try await hub.raiseEvent("number", 2, to: "a")
            let ended = try await hub.waitForCompletion(of: "a")
            #expect(ended.output == "42")
            #expect(ended.scheduledStart == start.scheduledStart)
        }
    }

    @Test(arguments: HubKind.everywhere)
    func aScheduledInstanceIsTerminatedBeforeItsStart(_ kind: HubKind) async throws {
        let clock = VirtualHubClock(skipsIdleTime: false)
        let house = try HubHouse(kind, clock: clock)
        let hub = try await house.door()
        var request = StartRequest(id: "a", name: "main", input: "0")
        request.scheduledStart = clock.now.addingTimeInterval(3_600)
        let start = request
        try await withWorker(hub, Self.pair) {
            _ = try await hub.start(start)
            try await hub.raiseEvent("number", 4, to: "a")
            try await hub.terminate("a", reason: "not wanted")
            #expect(try await hub.waitForCompletion(of: "a").status == .terminated)
        }
        #expect(try await hub.purge("a", isRecursive: false) == 1)
    }

    @Test(arguments: HubKind.giving(.keptEvents))
    func whatIsKeptForNobodyIsDeletedWhenItIsOld(_ kind: HubKind) async throws {
        let clock = VirtualHubClock(skipsIdleTime: false)
        let hub = try await HubHouse(kind, clock: clock).hub {
            $0.retention = HubConfiguration.Retention(age: .seconds(3_600))
        }
        try await hub.raiseEvent("number", 1, to: "by hand", ifMissing: .keep)
        #expect(try await hub.purge("by hand", isRecursive: false) == 1)
        #expect(try await hub.purge("by hand", isRecursive: false) == 0)
        try await hub.raiseEvent("number", 1, to: "old", ifMissing: .keep)
        clock.advance(by: .seconds(3_601))
        try await hub.raiseEvent("number", 3, to: "new", ifMissing: .keep)
        #expect(try await hub.store.expected(before: .distantFuture, limit: 9).sorted() == ["new", "old"])
        try await withWorker(hub, Self.pair) {
            try await until { try await hub.store.expected(before: .distantFuture, limit: 9) == ["new"] }
        }
    }
}
