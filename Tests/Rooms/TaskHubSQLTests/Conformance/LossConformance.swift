// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import DurableTask
import FoundationEssentials
import Testing

/// What counts against work that is not answered, and what does not.
@Suite(.timeLimit(.minutes(5)))
struct LossConformance {
    private static let registry = TaskRegistry.main { context, _ in
        try await context.call(activity: "work", 0, as: Int.self)
    }

    /// Starts an instance and stores an episode that calls an activity.
    private func schedule(_ name: String, _ id: String, on hub: EmbeddedTaskHub) async throws {
        try await hub.begin(id)
        let item = try #require(try await hub.nextOrchestration(.all, Intake()))
        let call = OrchestratorAction(id: 0, .scheduleTask(TaskCall(name: name, input: "0")))
        _ = try await hub.complete(
            item, with: OrchestratorTurn(actions: [call]),
            from: .beginning(of: try #require(item.beginsExecution).executionID))
        hub.release(item)
    }

    @Test(arguments: HubKind.allCases)
    func aTaskThatIsGivenBackInOrderIsNeverSetAside(_ kind: HubKind) async throws {
        let hub = try await HubHouse(kind).hub { $0.maximumDeliveries = 3 }
        try await schedule("work", "a", on: hub)
        for _ in 0..<8 {
            let item = try #require(try await hub.nextActivity(.all, Intake()))
            #expect(item.deliveries == 1)
            try await hub.abandon(item)
        }
        try await hub.lose(try #require(try await hub.nextActivity(.all, Intake())))
        #expect(try await hub.nextActivity(.all, Intake())?.deliveries == 2)
    }

    @Test(arguments: HubKind.allCases)
    func processesThatEndInOrderSetNothingAside(_ kind: HubKind) async throws {
        let house = try HubHouse(kind)
        let started = Signal()
        let isLast = Lock(false)
        let registry = Self.registry.with("work") { _, number in
            if isLast.withLock(\.self) { return number }
            started.send()
            try await Task.sleep(for: .seconds(600))
            return number
        }
        var configuration = WorkerConfiguration()
        configuration.concurrentActivities = 1
        configuration.drainTime = .milliseconds(1)
        for round in 0..<6 {
            let hub = try await house.hub { $0.maximumDeliveries = 3 }
            let worker = TaskHubWorker(hub, registry: registry, configuration: configuration)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await worker.run() }
                if round == 0 { for id in ["a", "b", "c"] { try await hub.begin(id) } }
                await started.wait()
                worker.stop()
                try await group.waitForAll()
            }
        }
        isLast.withLock { $0 = true }
        let hub = try await house.hub { $0.maximumDeliveries = 3 }
        try await withWorker(hub, registry, configuration) {
            for id in ["a", "b", "c"] {
                let output = try await hub.waitForCompletion(of: id).output
                #expect(output == "0")
            }
        }
    }

    @Test(arguments: HubKind.allCases)
    func tasksThatWereLostTimeAndAgainRunAlone(_ kind: HubKind) async throws {
        let house = try HubHouse(kind)
        let first = try await house.hub()
        for id in ["a", "b"] { try await schedule("work", id, on: first) }
        // A hub of one process has handed them to its own queue.
        for _ in 0..<(kind == .postgres ? 3 : 2) {
            let hub = try await house.hub()
            for _ in 0..<2 { _ = try #require(try await hub.nextActivity(.all, Intake())) }
        }
        let hub = try await house.hub()
        let suspect = try #require(try await hub.nextActivity(.all, Intake()))
        #expect(suspect.deliveries == 4)
        try await schedule("other", "c", on: hub)
        let fresh = try await hub.nextActivity(.all, Intake())
        #expect(fresh?.call.name == "other")
        async let next = hub.nextActivity(.all, Intake())
        try await hub.complete(suspect, with: .success("1"))
        let other = try #require(try await next)
        #expect(other.call.name == "work" && other.instanceID != suspect.instanceID)
    }

    @Test(arguments: HubKind.allCases)
    func anInstanceThatIsNeverAnsweredIsSetAsideAndTakenUpAgain(_ kind: HubKind) async throws {
        let house = try HubHouse(kind)
        try await house.hub().begin("a")
        // A process that shares its hub is the first that has it.
        for _ in 0..<(kind == .postgres ? 4 : 3) {
            let hub = try await house.hub { $0.maximumDeliveries = 4 }
            #expect(try await hub.nextOrchestration(.all, Intake())?.instanceID == "a")
        }
        let hub = try await house.hub { $0.maximumDeliveries = 4 }
        try await withWorker(hub, Self.registry.with("work") { _, _ in 7 }) {
            let line = try await hub.wait(of: "a", on: "set aside")
            #expect(line.contains("it was handed out 4 times and never answered"))
            try await hub.begin("b")
            #expect(try await hub.waitForCompletion(of: "b").output == "7")
            try await hub.retry("a")
            #expect(try await hub.waitForCompletion(of: "a").output == "7")
        }
    }

    @Test(arguments: HubKind.allCases)
    func anEntityThatIsNeverAnsweredIsSetAsideAndTakenUpAgain(_ kind: HubKind) async throws {
        let house = try HubHouse(kind)
        let id = EntityID("counter", "a")
        try await house.hub().signal(Counter.add, 5, on: "a")
        for _ in 0..<(kind == .postgres ? 3 : 2) {
            let hub = try await house.hub { $0.maximumDeliveries = 3 }
            _ = try #require(try await hub.nextEntity(.all, Intake()))
        }
        let hub = try await house.hub { $0.maximumDeliveries = 3 }
        try await withWorker(hub, TaskRegistry().with(Counter.self)) {
            try await until { try await hub.retry(id.instanceID) }
            try await hub.wait(for: #"{"total":5}"#, of: id.instanceID)
        }
    }

    @Test(arguments: HubKind.allCases)
    func anInstanceThatIsGivenBackInOrderIsNeverSetAside(_ kind: HubKind) async throws {
        let house = try HubHouse(kind)
        try await house.hub().begin("a")
        for _ in 0..<2 { _ = try await house.hub().nextOrchestration(.all, Intake()) }
        let hub = try await house.hub { $0.maximumDeliveries = 5 }
        for _ in 0..<8 {
            let item = try #require(try await hub.nextOrchestration(.all, Intake()))
            await hub.abandon(item, because: nil)
        }
        #expect(try await hub.status(of: "a")?.parked == nil)
    }

    @Test(arguments: HubKind.allCases)
    func instancesThatWereLostTimeAndAgainRunAlone(_ kind: HubKind) async throws {
        let house = try HubHouse(kind)
        let first = try await house.hub()
        for id in ["a", "b"] { try await first.begin(id) }
        for _ in 0..<(kind == .postgres ? 3 : 2) {
            let hub = try await house.hub()
            for _ in 0..<2 { _ = try #require(try await hub.nextOrchestration(.all, Intake())) }
        }
        let hub = try await house.hub()
        let suspect = try #require(try await hub.nextOrchestration(.all, Intake()))
        try await hub.begin("c")
        #expect(try await hub.nextOrchestration(.all, Intake())?.instanceID == "c")
        async let next = hub.nextOrchestration(.all, Intake())
        let end = OrchestratorAction(id: 0, .completeOrchestration(Completion(.completed, result: "1")))
        _ = try await hub.complete(
            suspect, with: OrchestratorTurn(actions: [end]),
            from: .beginning(of: try #require(suspect.beginsExecution).executionID))
        hub.release(suspect)
        #expect(try await next?.instanceID == (suspect.instanceID == "a" ? "b" : "a"))
    }
}
