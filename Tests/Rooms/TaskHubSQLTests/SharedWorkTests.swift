// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import DurableTask
import Postgres
import SQL
import TaskHubSQL
import Testing

/// Members of one hub whose workers take different work.
@Suite(.timeLimit(.minutes(5)))
struct SharedWorkTests {
    /// A member that looks around often, as after the fallback poll, unless it is to be told of everything.
    private func member(
        of room: PostgresRoom, lookingEvery time: Duration = .milliseconds(200)
    ) async throws -> EmbeddedTaskHub {
        var configuration = HubConfiguration()
        configuration.fallbackPoll = time
        return try await .postgres(try await room.open(), configuration: configuration)
    }

    /// Runs a worker that leaves to others what it does not know.
    private func withModestWorker<Value: Sendable>(
        _ hub: EmbeddedTaskHub, _ registry: TaskRegistry, _ body: @Sendable @escaping () async throws -> Value
    ) async throws -> Value {
        var configuration = WorkerConfiguration()
        configuration.unknownNames = .leave
        return try await withWorker(hub, registry, configuration, body)
    }

    private let callers = TaskRegistry.main { context, input in
        let doubled = try await context.call(activity: "double", input, as: Int.self)
        let more = try await context.call(orchestration: "more", doubled, as: Int.self)
        return try await context.call(Counter.add, more, on: "one")
    }

    /// What ``callers`` call, all of it elsewhere.
    private var called: TaskRegistry {
        var registry = TaskRegistry()
        registry.addActivity("double") { (_: ActivityContext, input: Int) in 2 * input }
        registry.addOrchestration("more") { (_: OrchestrationContext, input: Int) in input + 1 }
        registry.add(Counter.self)
        return registry
    }

    @Test func whatOneMemberDoesNotKnowAnotherDoes() async throws {
        let room = PostgresRoom()
        let members = [try await member(of: room), try await member(of: room)]
        try await withModestWorker(members[0], callers) {
            try await withModestWorker(members[1], called) {
                var total = 0
                for number in 0..<20 {
                    total += 2 * number + 1
                    let status = try await members[number % 2].run("run-\(number)", number)
                    #expect(status.output == "\(total)", "\(String(describing: status.failure))")
                }
            }
        }
    }

    @Test func membersTakeTheVersionsThatTheirWorkersAskFor() async throws {
        let room = PostgresRoom()
        let members = [try await member(of: room), try await member(of: room)]
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (number, member) in members.enumerated() {
                group.addTask { try await member.run() }
                group.addTask { try await Self.answer(member, version: "\(number)") }
            }
            for number in 0..<20 {
                var request = StartRequest(id: "run-\(number)", name: "main", input: "1")
                request.version = "\(number / 2 % 2)"
                _ = try await members[number % 2].start(request)
            }
            for number in 0..<20 {
                let status = try await members[number % 2].waitForCompletion(of: "run-\(number)")
                #expect(status.output == "\(number / 2 % 2)")
            }
            group.cancelAll()
        }
    }

    /// Ends what has a version with that version.
    private static func answer(_ hub: EmbeddedTaskHub, version: String) async throws {
        let intake = Intake()
        while let item = try await hub.nextOrchestration(.versions(["main": [version]]), intake) {
            let end = OrchestratorAction(id: 0, .completeOrchestration(Completion(.completed, result: version)))
            _ = try await hub.complete(
                item, with: OrchestratorTurn(actions: [end]), from: try await hub.history(for: item).position)
            hub.release(item)
        }
    }

    @Test func anEntityThatAClientSignalsIsKeptByAWorker() async throws {
        let room = PostgresRoom()
        let client = try await member(of: room)
        let other = try await member(of: room)
        try await client.signal(Counter.add, 3, on: "one")
        try await withModestWorker(other, called) {
            try await client.signal(Counter.add, 4, on: "one")
            while try await other.entity("@\(Counter.name)@one", includesState: true)?.state != #"{"total":7}"# {
                await Task.yield()
            }
        }
    }

    @Test func whatWaitsForAWorkerThatLeftIsDoneByAnother() async throws {
        let room = PostgresRoom()
        let first = try await member(of: room)
        let second = try await member(of: room)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await first.run() }
            let intake = Intake()
            _ = try await first.start(StartRequest(id: "a", name: "main", input: "1"))
            let item = try #require(try await first.nextOrchestration(.all, intake))
            first.close(intake)
            await first.abandon(item, because: nil)
            try await withModestWorker(second, .main { _, input in input + 1 }) {
                let status = try await second.waitForCompletion(of: "a")
                #expect(status.output == "2")
            }
            group.cancelAll()
        }
    }

    @Test(arguments: [true, false])
    func whatWaitsForAWorkerThatLeavesIsGivenBackAtOnce(leavesFirst: Bool) async throws {
        let room = PostgresRoom()
        let first = try await member(of: room, lookingEvery: .seconds(3600))
        let second = try await member(of: room, lookingEvery: .seconds(3600))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await first.run() }
            let intake = Intake()
            _ = try await first.start(StartRequest(id: "a", name: "main", input: "1"))
            let item = try #require(try await first.nextOrchestration(.all, intake))
            try await withModestWorker(second, .main { _, input in input + 1 }) {
                let warm = try await second.run("b")
                #expect(warm.status == .completed)
                if leavesFirst { first.close(intake) }
                await first.abandon(item, because: nil)
                first.close(intake)
                let status = try await second.waitForCompletion(of: "a")
                #expect(status.output == "2")
            }
            group.cancelAll()
        }
    }

    @Test func activitiesThatWaitForAWorkerThatLeavesAreGivenBackAtOnce() async throws {
        let room = PostgresRoom()
        let first = try await member(of: room, lookingEvery: .seconds(3600))
        let second = try await member(of: room, lookingEvery: .seconds(3600))
        var registry = TaskRegistry.main { _, input in input }
        registry.addActivity("work") { (_: ActivityContext, input: Int) in input + 1 }
        try await withThrowingTaskGroup(of: Void.self) { [registry] group in
            group.addTask { try await first.run() }
            let (episodes, tasks) = (Intake(), Intake())
            _ = try await first.start(StartRequest(id: "a", name: "mine", input: "1"))
            try await Self.call("work", id: 0, from: first, episodes)
            let task = try #require(try await first.nextActivity(.all, tasks))
            try await first.complete(task, with: .success("1"))
            try await Self.call("work", id: 1, from: first, episodes)
            try await withModestWorker(second, registry) {
                let warm = try await second.run("b")
                #expect(warm.status == .completed)
                first.close(tasks)
                let item = try #require(try await first.nextOrchestration(.all, episodes))
                #expect(item.events.last?.kind == .taskCompleted(taskID: 1, result: "2"))
            }
            group.cancelAll()
        }
    }

    /// Answers the next episode with a call.
    private static func call(_ name: String, id: Int, from hub: EmbeddedTaskHub, _ intake: Intake) async throws {
        let item = try #require(try await hub.nextOrchestration(.only(["mine"]), intake))
        let call = OrchestratorAction(id: id, .scheduleTask(TaskCall(name: name, input: "1")))
        let position = try await hub.history(for: item).position
        _ = try await hub.complete(item, with: OrchestratorTurn(actions: [call]), from: position)
        hub.release(item)
    }

    @Test func aTimerThatNobodyToldOfIsFoundThoughItsTimeIsLongPast() async throws {
        let room = PostgresRoom()
        let hub = try await member(of: room)
        let registry = TaskRegistry.main { context, input in
            try await context.sleep(for: .seconds(3600))
            return input
        }
        try await withWorker(hub, registry) {
            _ = try await hub.start(StartRequest(id: "a", name: "main", input: "1"))
            while try await hub.history(of: "a").count < 3 { await Task.yield() }
            try await room.open().write { _ = try $0.execute("UPDATE hub_inbox SET visible_at = 1") }
            let status = try await hub.waitForCompletion(of: "a")
            #expect(status.output == "1")
        }
    }
}
