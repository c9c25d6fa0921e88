// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import DurableTask
import FoundationEssentials
import TaskHubSQL
import Testing

/// What rewinding does to an instance and its children, whatever the hub.
@Suite(.timeLimit(.minutes(5)))
struct RewindConformance {
    /// An activity "work" that fails while it is broken, and counts its runs.
    private final class Shop: Sendable {
        let isBroken = Lock(true)
        let runs = Lock(0)

        func work(_ number: Int) throws -> Int {
            runs.withLock { $0 += 1 }
            if isBroken.withLock({ $0 }) { throw TaskFailure(type: "Broken", message: "no") }
            return number + 1
        }

        func repair() { isBroken.withLock { $0 = false } }
    }

    @Test(arguments: HubKind.everywhere)
    func whatSucceededIsKeptAndRetriesStartOver(_ kind: HubKind) async throws {
        let house = try HubHouse(kind)
        let hub = try await house.door()
        let shop = Shop()
        let firsts = Lock(0)
        let registry = TaskRegistry.main { context, input in
            let first = try await context.call(activity: "first", input, as: Int.self)
            let retry = RetryPolicy(maximumAttempts: 3)
            return try await context.call(activity: "work", first, as: Int.self, retry: retry)
        }.with("work") { try shop.work($1) }.with("first") { _, input in
            firsts.withLock { $0 += 1 }
            return 10 * input
        }
        try await withWorker(hub, registry) {
            #expect(try await hub.run("a", 4).status == .failed)
            try await hub.rewind("a", reason: "once more")
            #expect(try await hub.waitForCompletion(of: "a").status == .failed)
            #expect(shop.runs.withLock { $0 } == 6)
            shop.repair()
            try await hub.rewind("a", reason: "repaired")
            let ended = try await hub.waitForCompletion(of: "a")
            #expect(ended.output == "41")
            #expect(ended.failure == nil)
            #expect(firsts.withLock { $0 } == 1)
        }
    }

    @Test(arguments: HubKind.everywhere)
    func failedChildrenAreRewoundAtEveryLevel(_ kind: HubKind) async throws {
        let house = try HubHouse(kind)
        let hub = try await house.door()
        let shop = Shop()
        let registry = TaskRegistry.main { context, depth in
            if depth == 0 { return try await context.call(activity: "work", 0, as: Int.self) }
            let options = ChildOptions(id: "\(context.instanceID).\(depth)")
            return try await 10 * context.call(orchestration: "main", depth - 1, as: Int.self, options: options)
        }.with("work") { try shop.work($1) }
        try await withWorker(hub, registry) {
            #expect(try await hub.run("a", 2).status == .failed)
            shop.repair()
            try await hub.rewind("a", reason: nil)
            #expect(try await hub.waitForCompletion(of: "a").output == "100")
            #expect(try await hub.status(of: "a.2")?.output == "10")
            #expect(try await hub.status(of: "a.2.1")?.output == "1")
            #expect(shop.runs.withLock { $0 } == 2)
        }
    }

    /// What happens to a child between the failure of its parent and its rewinding.
    enum Meanwhile: CaseIterable {
        case waits
        case ends
        case isPurged
        case isRenewed
    }

    @Test(arguments: HubKind.everywhere, Meanwhile.allCases)
    func aChildThatDidNotFailIsHeardOf(_ kind: HubKind, _ meanwhile: Meanwhile) async throws {
        let house = try HubHouse(kind)
        let hub = try await house.door()
        let shop = Shop()
        let registry = TaskRegistry.main { context, _ in
            async let child = context.call(
                orchestration: "child", 0, as: Int.self, options: ChildOptions(id: "kid"))
            async let own = context.call(activity: "work", 0, as: Int.self)
            return try await 10 * own + child
        }.with(orchestration: "child") { context, round in
            let next = try await context.event("go", as: Int.self)
            if next == 0 { throw context.continueAsNew(round + 1) }
            return next
        }.with("work") { try shop.work($1) }
        try await withWorker(hub, registry) {
            #expect(try await hub.run("a").status == .failed)
            if meanwhile == .isRenewed { try await hub.raiseEvent("go", 0, to: "kid") }
            if meanwhile == .ends || meanwhile == .isPurged {
                try await hub.raiseEvent("go", 3, to: "kid")
                _ = try await hub.waitForCompletion(of: "kid")
            }
            if meanwhile == .isPurged { #expect(try await hub.purge("kid", isRecursive: true) == 1) }
            shop.repair()
            try await hub.rewind("a", reason: nil)
            if meanwhile != .ends { try await hub.raiseEvent("go", 3, to: "kid") }
            #expect(try await hub.waitForCompletion(of: "a").output == "13")
        }
    }

    @Test(arguments: HubKind.everywhere)
    func aRewoundInstanceGoesOnAfterARestart(_ kind: HubKind) async throws {
        let house = try HubHouse(kind)
        let shop = Shop()
        let registry = TaskRegistry.main { context, input in
            let options = ChildOptions(id: "kid")
            return try await context.call(orchestration: "child", input, as: Int.self, options: options)
        }.with(orchestration: "child") { context, input in
            try await context.call(activity: "work", input, as: Int.self)
        }.with("work") { try shop.work($1) }
        let before = try await house.hub()
        try await withWorker(before, registry) { _ = try await before.run("a", 1) }
        try await before.rewind("a", reason: nil)
        shop.repair()
        let hub = try await house.door()
        let ended = try await withWorker(hub, registry) { try await hub.waitForCompletion(of: "a") }
        #expect(ended.output == "2")
    }

    @Test(arguments: HubKind.everywhere)
    func keysOutliveRewindingAndNothingElse(_ kind: HubKind) async throws {
        let house = try HubHouse(kind)
        let hub = try await house.door()
        let shop = Shop()
        let keys = Lock<[String]>([])
        let registry = TaskRegistry.main { context, round in
            let next = try await context.call(activity: "work", round, as: Int.self)
            if next == 1 { throw context.continueAsNew(next) }
            return next
        }.with("work") { context, round in
            keys.withLock { $0.append(context.idempotencyKey) }
            return try shop.work(round)
        }
        try await withWorker(hub, registry) {
            #expect(try await hub.run("a").status == .failed)
            try await hub.rewind("a", reason: nil)
            #expect(try await hub.waitForCompletion(of: "a").status == .failed)
            shop.repair()
            try await hub.rewind("a", reason: nil)
            #expect(try await hub.waitForCompletion(of: "a").output == "2")
            try await hub.restart("a")
            #expect(try await hub.waitForCompletion(of: "a").output == "2")
        }
        let found = keys.withLock { $0 }
        #expect(found.count == 5)
        #expect(Set(found.prefix(3)).count == 1)
        #expect(Set(found).count == 3)
    }
}
