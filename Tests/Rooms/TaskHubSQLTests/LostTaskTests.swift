// Darkroom
// SPDX-License-Identifier: Apache-2.0

import DurableTask
import Postgres
import SQL
import TaskHubSQL
import Testing

/// What a member drops: the tasks that are gone from the store, and what it had in hand as another member.
@Suite(.timeLimit(.minutes(5)))
struct LostTaskTests {
    @Test func whatTheStoreHoldsGoesOnThoughOtherTasksOfItsInstanceAreGone() async throws {
        let room = PostgresRoom()
        var configuration = HubConfiguration()
        configuration.membershipDuration = .seconds(600)
        let hub = try await EmbeddedTaskHub.postgres(try await room.open(), configuration: configuration)
        let (begun, beginning) = AsyncStream<Int>.makeStream()
        let (stopped, stopping) = AsyncStream<Int>.makeStream()
        let (opened, opening) = AsyncStream<Void>.makeStream()
        var registry = TaskRegistry.main { context, input in
            async let doomed = context.call(activity: "doomed", input, as: Int.self)
            async let kept = context.call(activity: "kept", input, as: Int.self)
            return try await doomed + kept
        }
        registry.addActivity("doomed") { (_, input: Int) in
            beginning.yield(input)
            do { try await Task.sleep(for: .seconds(50)) } catch {
                stopping.yield(input)
                throw error
            }
            return input
        }
        registry.addActivity("kept") { (_, input: Int) in
            beginning.yield(input)
            for await _ in opened { break }
            return input
        }
        try await withWorker(hub, registry) {
            try await hub.begin("a")
            for await _ in begun.prefix(2) {}
            try await room.open().write { connection in
                try connection.execute("DELETE FROM hub_task WHERE name = 'doomed'")
                _ = try connection.query("SELECT pg_notify('darkroom_hub', ?)", [.text("c\ta")])
            }
            for await _ in stopped { break }
            opening.yield()
            try await until { try await hub.history(of: "a").contains(where: \.isCompletedTask) }
        }
    }
}

extension LostTaskTests {
    @Test func whoHasBegunAgainCannotEndWhatItHadInHandBefore() async throws {
        let room = PostgresRoom()
        let hub = try await EmbeddedTaskHub.postgres(try await room.open())
        for id in ["a", "b"] { try await hub.begin(id) }
        let items = [
            try #require(try await hub.nextOrchestration(.all, Intake())),
            try #require(try await hub.nextOrchestration(.all, Intake())),
        ]
        let call = OrchestratorTurn(actions: [
            OrchestratorAction(id: 0, .scheduleTask(TaskCall(name: "one", input: "1")))
        ])
        _ = try await hub.complete(items[0], with: call, from: try position(of: items[0]))
        hub.release(items[0])
        let task = try #require(try await hub.nextActivity(.all, Intake()))
        try await room.open().write { _ = try $0.execute("DELETE FROM hub_member") }
        // It finds out, and is another member from then on.
        try await hub.begin("c")
        let refusals = [
            try await refusal { try await hub.complete(task, with: .success("1")) },
            try await refusal { _ = try await hub.complete(items[1], with: call, from: try position(of: items[1])) },
        ]
        #expect(refusals == [TaskHubError.Code.leaseLost, TaskHubError.Code.leaseLost])
        hub.release(items[1])
    }

    @Test func newsThatAnotherProcessHasHeardMeanwhileAreNotHeardAgain() async throws {
        let room = PostgresRoom()
        let hub = try await EmbeddedTaskHub.postgres(try await room.open())
        try await hub.begin("a")
        let first = try #require(try await hub.nextOrchestration(.all, Intake()))
        try await room.open().write { _ = try $0.execute("DELETE FROM hub_member") }
        try await hub.raiseEvent("number", 1, to: "a")
        await hub.abandon(first, because: nil)
        let again = try #require(try await hub.nextOrchestration(.all, Intake()))
        let other = try await EmbeddedTaskHub.postgres(try await room.open())
        let taken = try #require(try await other.nextOrchestration(.all, Intake()))
        let turn = OrchestratorTurn(actions: [])
        let position = try await other.complete(taken, with: turn, from: try position(of: taken)).position
        let refusal = try await refusal { _ = try await hub.complete(again, with: turn, from: position) }
        #expect(refusal == .leaseLost)
        hub.release(again)
    }

    private func position(of item: OrchestrationWorkItem) throws -> HistoryPosition {
        .beginning(of: try #require(item.beginsExecution).executionID)
    }
}

extension HistoryEvent {
    fileprivate var isCompletedTask: Bool { if case .taskCompleted = kind { true } else { false } }
}
