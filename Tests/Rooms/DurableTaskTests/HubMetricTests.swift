// Darkroom
// SPDX-License-Identifier: Apache-2.0

import DurableTask
import FoundationEssentials
import Telemetry
import Testing

/// What a hub measures.
@Suite(.timeLimit(.minutes(1)))
struct HubMetricTests {
    private let metrics = MetricRegistry()

    /// The series of a metric by their labels.
    private func points(_ name: String) throws -> [[String]: MetricPoint] {
        let metric = try #require(metrics.metrics.first { $0.description.name == name }, "\(name)")
        return Dictionary(uniqueKeysWithValues: metric.points.map { ($0.labels, $0) })
    }

    private func run(_ hub: EmbeddedTaskHub, _ registry: TaskRegistry, _ ids: [String]) async throws {
        let worker = TaskHubWorker(hub, registry: registry)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await worker.run() }
            for id in ids {
                _ = try await hub.start(StartRequest(id: id, name: id, input: "0"))
                _ = try await hub.waitForCompletion(of: id)
            }
            worker.stop()
            try await group.waitForAll()
        }
    }

    @Test func whatAHubDoesIsMeasured() async throws {
        var registry = TaskRegistry()
        registry.addOrchestration("good") { (context: OrchestrationContext, _: Int) in
            _ = try await context.call(orchestration: "child", 1, as: Int.self)
            return try await context.number("echo")
        }
        registry.addOrchestration("child") { (_: OrchestrationContext, number: Int) in number }
        registry.addOrchestration("bad") { (context: OrchestrationContext, _: Int) in
            try await context.number("break", retry: RetryPolicy(maximumAttempts: 3))
        }
        registry.addActivity("echo") { (_: ActivityContext, number: Int) in number }
        registry.addActivity("break") { (_: ActivityContext, _: Int) -> Int in
            throw TaskFailure(type: "Broken", message: "no")
        }
        let hub = try await EmbeddedTaskHub.inMemory(clock: VirtualHubClock(), metrics: metrics)
        try await run(hub, registry, ["good", "bad"])
        let starts = try points("durabletask.orchestration.starts").mapValues(\.sum)
        #expect(starts == [["good"]: 1, ["child"]: 1, ["bad"]: 1])
        let ends = try points("durabletask.orchestration.ends").mapValues(\.sum)
        #expect(ends == [["good", "Completed"]: 1, ["child", "Completed"]: 1, ["bad", "Failed"]: 1])
        let activities = try points("durabletask.activity.duration").mapValues(\.count)
        #expect(activities == [["echo", "completed"]: 1, ["break", "failed"]: 3])
        #expect(try points("durabletask.activity.wait").mapValues(\.count) == [["echo"]: 1, ["break"]: 3])
        #expect(try points("durabletask.activity.retries").mapValues(\.sum) == [["break"]: 2])
        #expect(try points("durabletask.episode.duration")[["good"]]?.count == 3)
        let commits = try #require(try points("durabletask.commit.duration")[[]])
        let requests = try #require(try points("durabletask.commit.requests")[[]])
        #expect(commits.count == requests.count && commits.count > 0 && Int(requests.sum) >= commits.count)
    }

    @Test func queuesAreReadWhenAsked() async throws {
        let hub = try await EmbeddedTaskHub.inMemory(metrics: metrics)
        for id in ["a", "b"] { _ = try await hub.start(StartRequest(id: id, name: "later")) }
        #expect(try points("durabletask.queue.depth").mapValues(\.sum) == [["orchestration"]: 2, ["activity"]: 0])
        let intake = Intake()
        let item = try #require(try await hub.nextOrchestration(.all, intake))
        #expect(try points("durabletask.queue.depth")[["orchestration"]]?.sum == 1)
        #expect(try points("durabletask.work.in_flight")[["orchestration"]]?.sum == 1)
        hub.release(item)
    }

    @Test func anEpisodeThatCameTooLateIsCounted() async throws {
        let hub = try await EmbeddedTaskHub.inMemory(metrics: metrics)
        _ = try await hub.start(StartRequest(id: "a", name: "late"))
        let item = try #require(try await hub.nextOrchestration(.all, Intake()))
        await #expect(throws: TaskHubError.self) {
            try await hub.complete(
                item, with: OrchestratorTurn(actions: []), from: .beginning(of: "another"))
        }
        #expect(try points("durabletask.lease.losses").mapValues(\.sum) == [["orchestration"]: 1])
    }

    @Test func whatIsSetAsideIsCounted() async throws {
        let hub = try await EmbeddedTaskHub.inMemory(metrics: metrics)
        _ = try await hub.start(StartRequest(id: "a", name: "poison"))
        for _ in 0..<10 {
            let item = try #require(try await hub.nextOrchestration(.all, Intake()))
            await hub.abandon(item, because: "it hurts")
        }
        #expect(try points("durabletask.set_aside").mapValues(\.sum) == [["orchestration"]: 1])
    }
}
