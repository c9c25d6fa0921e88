// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import DurableTask
import FoundationEssentials
import TaskHubSQL
import Testing

/// What parents and children may rely on, whatever the hub.
@Suite(.timeLimit(.minutes(5)))
struct ChildConformance {
    /// A "main" that runs "child" as "kid".
    private static func parent(_ retry: RetryPolicy? = nil) -> TaskRegistry {
        .main { context, input in
            let options = ChildOptions(id: "kid", retry: retry)
            return try await context.call(orchestration: "child", input, as: Int.self, options: options) + 1
        }
    }

    /// A "child" that waits for the event "go" and answers its value.
    private static let waiting = parent().with(orchestration: "child") { context, _ in
        try await context.event("go", as: Int.self)
    }

    @Test(arguments: HubKind.everywhere)
    func aChildAnswersAndIsKnownByItsParentAndTags(_ kind: HubKind) async throws {
        let house = try HubHouse(kind)
        let hub = try await house.door()
        let registry = TaskRegistry.main { context, input in
            var options = ChildOptions(id: "kid")
            options.tags = ["colour": "red"]
            options.version = "2.1"
            return try await context.call(orchestration: "child", input, as: Int.self, options: options)
        }.with(orchestration: "child") { context, input in
            #expect(context.parent?.instanceID == "a")
            #expect(context.parent?.name == "main")
            #expect(context.tags == ["colour": "red"])
            #expect(context.version == "2.1")
            return 2 * input
        }
        let ended = try await withWorker(hub, registry) { try await hub.run("a", 21) }
        #expect(ended.output == "42")
        let child = try #require(try await hub.status(of: "kid"))
        #expect(child.status == .completed)
        #expect(child.parentID == "a")
        #expect(child.tags == ["colour": "red"])
        #expect(child.version == "2.1")
        var query = InstanceQuery()
        query.tags = ["colour": "red"]
        #expect(try await hub.list(query).instances.map(\.id) == ["kid"])
    }

    @Test(arguments: HubKind.everywhere)
    func aFailureOfAChildIsTheCauseOfItsParents(_ kind: HubKind) async throws {
        let house = try HubHouse(kind)
        let hub = try await house.door()
        let failure = TaskFailure(type: "Broken", message: "no", details: ["at": "7"], isRetriable: false)
        let registry = Self.parent().with(orchestration: "child") { _, _ in throw failure }
        let ended = try await withWorker(hub, registry) { try await hub.run("a") }
        #expect(ended.status == .failed)
        #expect(ended.failure?.type == TaskFailure.EngineType.subOrchestrationFailed)
        #expect(ended.failure?.cause == failure)
    }

    @Test(arguments: HubKind.everywhere)
    func anIDThatRunsAlreadyIsRefusedAndOneThatEndedIsTaken(_ kind: HubKind) async throws {
        let house = try HubHouse(kind)
        let hub = try await house.door()
        try await withWorker(hub, Self.waiting) {
            try await hub.begin("kid", "child")
            let refused = try await hub.run("a")
            #expect(refused.failure?.cause?.type == TaskFailure.EngineType.duplicateInstance)
            try await hub.raiseEvent("go", 1, to: "kid")
            #expect(try await hub.waitForCompletion(of: "kid").output == "1")
            try await hub.begin("b")
            try await hub.wait(for: .running, of: "kid") { $0.parentID == "b" }
            try await hub.raiseEvent("go", 2, to: "kid")
            #expect(try await hub.waitForCompletion(of: "b").output == "3")
        }
    }

    @Test(arguments: HubKind.everywhere)
    func everyAttemptHasAChildOfItsOwn(_ kind: HubKind) async throws {
        let house = try HubHouse(kind)
        let hub = try await house.door()
        let registry = Self.parent(RetryPolicy(maximumAttempts: 4)).with(orchestration: "child") { context, input in
            guard context.instanceID.hasSuffix(":3") else { throw TaskFailure(type: "Busy", message: "later") }
            return input
        }
        let ended = try await withWorker(hub, registry) { try await hub.run("a", 6) }
        #expect(ended.output == "7")
        let children = try await hub.list(InstanceQuery(idPrefix: "kid")).instances
        #expect(children.map(\.id) == ["kid:3", "kid:2", "kid"])
        #expect(children.map(\.status) == [.completed, .failed, .failed])
    }

    @Test(arguments: HubKind.everywhere)
    func aChildOutlivesAParentThatDoesNotWait(_ kind: HubKind) async throws {
        let house = try HubHouse(kind)
        let hub = try await house.door()
        let registry = TaskRegistry.main { context, _ in
            try await context.first(
                of: {
                    try await context.call(orchestration: "child", 0, as: Int.self, options: ChildOptions(id: "kid"))
                },
                { try await context.call(activity: "quick", 5, as: Int.self) })
        }.with("quick") { $1 }.with(orchestration: "child") { context, _ in
            try await context.event("go", as: Int.self)
        }
        try await withWorker(hub, registry) {
            #expect(try await hub.run("a").output == "5")
            let parent = try await hub.status(of: "a")
            try await hub.raiseEvent("go", 9, to: "kid")
            #expect(try await hub.waitForCompletion(of: "kid").output == "9")
            #expect(try await hub.status(of: "a") == parent)
        }
    }

    @Test(arguments: HubKind.everywhere)
    func terminationTakesChildrenAlongWhenItIsToldTo(_ kind: HubKind) async throws {
        let house = try HubHouse(kind)
        let hub = try await house.door()
        let registry = TaskRegistry.main { context, depth in
            if depth == 0 { return try await context.event("go", as: Int.self) }
            let options = ChildOptions(id: "\(context.instanceID).\(depth)")
            return try await context.call(orchestration: "main", depth - 1, as: Int.self, options: options)
        }
        try await withWorker(hub, registry) {
            for id in ["a", "b"] { try await hub.begin(id, "main", 2) }
            for id in ["a.2.1", "b.2.1"] { try await hub.wait(for: .running, of: id) }
            try await hub.terminate("a", reason: "enough", isRecursive: true)
            for id in ["a", "a.2", "a.2.1"] {
                let ended = try await hub.waitForCompletion(of: id)
                #expect(ended.status == .terminated)
                #expect(ended.output == #""enough""#)
            }
            try await hub.terminate("b", reason: "enough", isRecursive: false)
            #expect(try await hub.waitForCompletion(of: "b").status == .terminated)
            try await hub.raiseEvent("go", 4, to: "b.2.1")
            #expect(try await hub.waitForCompletion(of: "b.2").output == "4")
        }
    }

    @Test(arguments: HubKind.everywhere)
    func aTerminatedChildFailsTheCall(_ kind: HubKind) async throws {
        let house = try HubHouse(kind)
        let hub = try await house.door()
        try await withWorker(hub, Self.waiting) {
            try await hub.begin("a")
            try await hub.wait(for: .running, of: "kid")
            try await hub.terminate("kid", reason: "enough")
            let ended = try await hub.waitForCompletion(of: "a")
            #expect(ended.failure?.cause?.type == TaskFailure.EngineType.terminated)
        }
    }

    @Test(arguments: HubKind.everywhere, [true, false])
    func purgeKnowsTheChildrenOfEarlierRuns(_ kind: HubKind, _ isByFilter: Bool) async throws {
        let hub = try await HubHouse(kind).door { $0.purgeBatch = 2 }
        let registry = TaskRegistry.main { context, number in
            if number == 0 { return 0 }
            let options = ChildOptions(id: "\(context.instanceID).\(number)")
            _ = try await context.call(orchestration: "leaf", number, as: Int.self, options: options)
            throw context.continueAsNew(number - 1)
        }.with(orchestration: "leaf") { context, number in
            let options = ChildOptions(id: "\(context.instanceID).leaf")
            return number == 9 ? 9 : try await context.call(orchestration: "leaf", 9, as: Int.self, options: options)
        }
        try await withWorker(hub, registry) {
            _ = try await hub.run("a", 3)
            try await hub.begin("b", "leaf", 9)
            _ = try await hub.waitForCompletion(of: "b")
        }
        #expect(try await hub.countByStatus(InstanceQuery()) == [.completed: 8])
        if isByFilter {
            var filter = PurgeFilter()
            filter.isRecursive = true
            #expect(try await hub.purge(filter) == 8)
        } else {
            #expect(try await hub.purge("a", isRecursive: true) == 7)
            #expect(try await hub.list(InstanceQuery()).instances.map(\.id) == ["b"])
        }
    }

    @Test(arguments: HubKind.everywhere)
    func purgeTakesEndedChildrenAlongWhenItIsToldTo(_ kind: HubKind) async throws {
        let house = try HubHouse(kind)
        let hub = try await house.door()
        try await withWorker(hub, Self.waiting) {
            for isRecursive in [false, true] {
                try await hub.begin("a")
                try await hub.wait(for: .running, of: "kid")
                #expect(try await refusal { _ = try await hub.purge("a", isRecursive: true) } == .running)
                try await hub.raiseEvent("go", 2, to: "kid")
                _ = try await hub.waitForCompletion(of: "a")
                #expect(try await hub.purge("a", isRecursive: isRecursive) == (isRecursive ? 2 : 1))
                #expect((try await hub.status(of: "kid") == nil) == isRecursive)
            }
            #expect(try await hub.purge("a", isRecursive: true) == 0)
        }
    }
}
