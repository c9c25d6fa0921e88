// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import DurableTask
import FoundationEssentials
import TaskHubSQL
import Testing

/// What instances that continue as new may rely on, whatever the hub.
@Suite(.timeLimit(.minutes(5)))
struct ContinuationConformance {
    @Test(arguments: HubKind.everywhere)
    func hundredsOfRoundsLeaveAShortHistory(_ kind: HubKind) async throws {
        let house = try HubHouse(kind)
        let hub = try await house.door()
        let registry = TaskRegistry.main { context, round in
            if round < 300 { throw context.continueAsNew(round + 1) }
            return try await context.call(activity: "echo", round, as: Int.self)
        }.with("echo") { $1 }
        let ended = try await withWorker(hub, registry) { try await hub.run("a") }
        #expect(ended.output == "300")
        #expect(ended.input == "300")
        #expect(try await hub.history(of: "a").count == 6)
    }

    @Test(arguments: HubKind.everywhere)
    func eventsAreHandedOnInTheirOrder(_ kind: HubKind) async throws {
        let house = try HubHouse(kind)
        let hub = try await house.door()
        let registry = TaskRegistry.main { context, digits in
            if digits == 0 { try await context.event("begin") }
            let next = try await 10 * digits + context.event("number", as: Int.self)
            if next < 1_000 { throw context.continueAsNew(next) }
            return next
        }
        try await withWorker(hub, registry) {
            try await hub.begin("a")
            for number in 1...3 { try await hub.raiseEvent("number", number, to: "a") }
            try await hub.raiseEvent("begin", 0, to: "a")
            try await hub.wait(for: .running, of: "a") { $0.input == "123" }
            try await hub.raiseEvent("number", 4, to: "a")
            #expect(try await hub.waitForCompletion(of: "a").output == "1234")
        }
    }

    @Test(arguments: HubKind.everywhere)
    func theNextRunMayHaveAnotherVersionAndKeepsTheRest(_ kind: HubKind) async throws {
        let house = try HubHouse(kind)
        let hub = try await house.door()
        let registry = TaskRegistry.main { context, round in
            #expect(context.version == (round == 0 ? "1" : "2"))
            #expect(context.tags == ["colour": "red"])
            if round == 0 { try context.setCustomStatus("begun") }
            if round < 2 { throw context.continueAsNew(round + 1, version: round == 0 ? "2" : nil) }
            return round
        }
        var request = StartRequest(id: "a", name: "main", input: "0")
        request.version = "1"
        request.tags = ["colour": "red"]
        let start = request
        let ended = try await withWorker(hub, registry) {
            _ = try await hub.start(start)
            return try await hub.waitForCompletion(of: "a")
        }
        #expect(ended.output == "2")
        #expect(ended.version == "2")
        #expect(ended.tags == ["colour": "red"])
        #expect(ended.customStatus == #""begun""#)
    }

    @Test(arguments: HubKind.everywhere)
    func timersOfTheRunBeforeAreDropped(_ kind: HubKind) async throws {
        let house = try HubHouse(kind)
        let hub = try await house.door()
        let registry = TaskRegistry.main { context, round in
            guard round == 1 else {
                try await context.first(
                    of: { try await context.sleep(for: .seconds(10)) },
                    { _ = try await context.call(activity: "echo", 1, as: Int.self) })
                throw context.continueAsNew(1)
            }
            let begin = context.now
            try await context.sleep(for: .seconds(20))
            return Int(context.now.timeIntervalSince(begin))
        }.with("echo") { $1 }
        let ended = try await withWorker(hub, registry) { try await hub.run("a") }
        #expect(ended.output == "20")
    }

    /// Processes the next news of an instance.
    private func process(
        _ hub: any TaskHub, _ intake: Intake, _ action: OrchestratorAction.Kind
    ) async throws -> [HistoryEvent.Kind] {
        let item = try #require(try await hub.nextOrchestration(.all, intake))
        let position = try await hub.history(for: item).position
        let turn = OrchestratorTurn(actions: [OrchestratorAction(id: 0, action)])
        _ = try await hub.complete(item, with: turn, from: position)
        hub.release(item)
        return item.events.map(\.kind)
    }

    @Test(arguments: HubKind.giving(.fetching))
    func aLateResultOfTheRunBeforeIsNotHeard(_ kind: HubKind) async throws {
        let house = try HubHouse(kind)
        let hub = try await house.door()
        let intake = Intake(isImmediate: true)
        let call = OrchestratorAction.Kind.scheduleTask(TaskCall(name: "work", input: "1"))
        try await hub.begin("a")
        _ = try await process(hub, intake, call)
        let late = try #require(try await hub.nextActivity(.all, intake))
        try await hub.raiseEvent("again", 0, to: "a")
        _ = try await process(hub, intake, .completeOrchestration(Completion(.continuedAsNew, result: "1")))
        _ = try await process(hub, intake, call)
        let current = try #require(try await hub.nextActivity(.all, intake))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try? await hub.complete(late, with: .success("late")) }
            group.addTask { try await hub.complete(current, with: .success("current")) }
            let end = OrchestratorAction.Kind.completeOrchestration(Completion(.completed))
            #expect(
                try await self.process(hub, intake, end) == [
                    .orchestratorStarted, .taskCompleted(taskID: 0, result: "current"),
                ])
            try await group.waitForAll()
        }
        #expect(try await hub.status(of: "a")?.status == .completed)
    }
}
