// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import DurableTask
import FoundationEssentials
import TaskHubSQL
import Testing

/// Why instances wait, what is set aside, and who comes first, whatever the hub.
@Suite(.timeLimit(.minutes(5)))
struct WaitConformance {
    /// One wait for each number.
    private static let waits: TaskRegistry = .main { context, number in
        switch number {
        case 0: try await context.sleep(for: .seconds(3_600))
        case 1: _ = try await context.call(activity: "absent", 0, as: Int.self)
        case 2:
            _ = try await context.call(orchestration: "main", 3, as: Int.self, options: ChildOptions(id: "kid"))
        case 3: try await context.event("go")
        case 4: _ = try await context.call(EntityID("tally", "a"), "add", 1, as: Int.self)
        default: try await context.lock(EntityID("tally", "a"), EntityID("tally", "b")) {}
        }
        return 0
    }

    /// A worker that runs orchestrations only.
    private func orchestrate(_ hub: EmbeddedTaskHub, _ body: @Sendable @escaping () async throws -> Void) async throws {
        var configuration = WorkerConfiguration()
        configuration.concurrentActivities = 0
        configuration.concurrentEntities = 0
        try await withWorker(hub, Self.waits, configuration, body)
    }

    @Test(arguments: HubKind.allCases)
    func everyWaitIsToldInALine(_ kind: HubKind) async throws {
        let house = try HubHouse(kind, clock: VirtualHubClock(skipsIdleTime: false))
        let hub = try await house.hub()
        let since = "since 2025-06-15T15:06:40Z"
        // In a shared hub, what no worker here takes is left to other processes.
        let holder = kind == .postgres ? "no worker has taken it" : "queued in process 1, no worker has taken it"
        try await hub.begin("a")
        #expect(try await hub.waits(of: "a") == ["on a worker that runs \"main\", \(since)"])
        try await orchestrate(hub) {
            for (number, line) in [
                "on a timer until 2025-06-15T16:06:40Z",
                "on activity \"absent\" (\(holder)), \(since)",
                "on \"main\" as kid, \(since)",
                "on event \"go\", \(since)",
                "on entity @tally@a to add, \(since)",
                "on the locks of @tally@a, @tally@b, \(since)",
            ].enumerated() {
                if number > 0 { try await hub.begin("a\(number)", "main", number) }
                let id = number > 0 ? "a\(number)" : "a"
                try await hub.wait(for: .running, of: id)
                let waits = try await hub.waits(of: id)
                #expect(waits.map(Self.withoutProcess) == [Self.withoutProcess(line)])
            }
        }
        try await orchestrate(hub) {
            try await hub.terminate("a3", reason: "enough")
            _ = try await hub.waitForCompletion(of: "a3")
            #expect(try await hub.waits(of: "a3").isEmpty)
        }
        #expect(try await refusal { _ = try await hub.waits(of: "none") } == .notFound)
    }

    @Test(arguments: HubKind.allCases)
    func waitsBesideEachOtherAreToldWithThoseWhoHoldThem(_ kind: HubKind) async throws {
        let house = try HubHouse(kind, clock: VirtualHubClock(skipsIdleTime: false))
        let begun = Signal()
        let registry = TaskRegistry.main { context, number in
            if number == 0 {
                return try await context.lock(EntityID("counter", "a")) { try await context.event("go", as: Int.self) }
            }
            async let locked = context.lock(EntityID("counter", "a")) { 1 }
            return try await context.first(
                of: { try await context.event("Paid", as: Int.self) },
                { try await context.event("refused", as: Int.self) },
                { try await context.call(activity: "stuck", 0, as: Int.self) },
                {
                    try await context.sleep(for: .seconds(3_600))
                    return 0
                }) + locked
        }.with(Till.self).with("stuck") { _, _ in
            begun.send()
            try await Task.sleep(for: .seconds(3_600))
            return 0
        }
        let since = "since 2025-06-15T15:06:40Z"
        let expected = [
            "on activity \"stuck\" (running in process, attempt 1), \(since)",
            "on event \"Paid\", \(since)",
            "on event \"refused\", \(since)",
            "on the locks of @counter@a (held by holder), \(since)",
            "on a timer until 2025-06-15T16:06:40Z",
        ].sorted()
        var configuration = WorkerConfiguration()
        configuration.drainTime = .milliseconds(1)
        for _ in 1...2 {
            // The second hub has only the history to go by.
            let hub = try await house.hub()
            try await withWorker(hub, registry, configuration) {
                try await hub.begin("holder")
                try await until { try await hub.entity("@counter@a", includesState: false)?.lockedBy == "holder" }
                try await hub.begin("a", "main", 1)
                await begun.wait()
                try await until {
                    try await hub.waits(of: "a").map(Self.withoutAttempt).sorted() == expected
                }
            }
        }
    }

    /// The second hub runs the activity again, as another attempt.
    private static func withoutAttempt(_ line: String) -> String {
        withoutProcess(line).replacing(#/attempt \d+/#, with: "attempt 1")
    }

    /// Processes are numbered by their stores.
    private static func withoutProcess(_ line: String) -> String {
        line.replacing(#/process \d+/#, with: "process")
    }

    @Test(arguments: HubKind.allCases)
    func anInstanceThatCannotBeProcessedIsSetAsideAndTakenUpAgain(_ kind: HubKind) async throws {
        let house = try HubHouse(kind)
        let hub = try await house.hub { $0.maximumDeliveries = 3 }
        try await hub.begin("a")
        for _ in 0..<3 {
            let item = try #require(try await hub.nextOrchestration(.all, Intake()))
            await hub.abandon(item, because: "it cannot be read")
        }
        let parked = try #require(try await hub.status(of: "a")?.parked)
        #expect(parked == "3 attempts to process it failed, the last because: it cannot be read")
        #expect(try await hub.waits(of: "a") == ["set aside: \(parked); retry it when the cause is gone"])
        try await hub.raiseEvent("go", 0, to: "a")
        try await hub.begin("b")
        let other = try #require(try await hub.nextOrchestration(.all, Intake()))
        #expect(other.instanceID == "b")
        await hub.abandon(other, because: nil)

        let next = try await house.hub()
        let news = try #require(try await next.nextOrchestration(.all, Intake()))
        #expect(news.instanceID == "b")
        try await next.retry("a")
        let again = try #require(try await next.nextOrchestration(.all, Intake()))
        #expect(again.instanceID == "a")
        #expect(again.events.count == 3)
        #expect(try await next.status(of: "a")?.parked == nil)
    }

    @Test(arguments: HubKind.allCases)
    func anActivityThatIsNeverAnsweredIsSetAsideAndTakenUpAgain(_ kind: HubKind) async throws {
        let house = try HubHouse(kind)
        let registry = TaskRegistry.main { context, _ in try await context.call(activity: "work", 0, as: Int.self) }
        var configuration = WorkerConfiguration()
        configuration.concurrentActivities = 0
        let first = try await house.hub()
        try await withWorker(first, registry, configuration) {
            try await first.begin("a")
            try await first.wait(for: .running, of: "a")
        }
        for delivery in 1...4 {
            let hub = try await house.hub()
            let item = try #require(try await hub.nextActivity(.all, Intake()))
            #expect(item.deliveries == delivery)
        }
        let hub = try await house.hub { $0.maximumDeliveries = 4 }
        try await withWorker(hub, registry.with("work") { _, _ in 7 }) {
            let line = try await hub.wait(of: "a", on: "set aside")
            #expect(line.contains("it was handed out 4 times and never answered"))
            try await hub.retry("a")
            #expect(try await hub.waitForCompletion(of: "a").output == "7")
        }
    }

    @Test(arguments: HubKind.allCases, [1_000, 0])
    func urgentActivitiesComeFirstAndOthersInTurn(_ kind: HubKind, _ limit: Int) async throws {
        let house = try HubHouse(kind)
        let hub = try await house.hub { $0.maximumQueuedActivities = limit }
        try await hub.begin("a")
        let item = try #require(try await hub.nextOrchestration(.all, Intake()))
        let calls = [(0, "x"), (0, "x"), (0, "x"), (0, "y"), (5, "x"), (-1, "y"), (0, "y")]
        let actions = calls.enumerated().map { number, call in
            var task = TaskCall(name: "work", input: "1")
            task.priority = call.0
            task.fairnessKey = call.1
            return OrchestratorAction(id: number, .scheduleTask(task))
        }
        let position = HistoryPosition.beginning(of: try #require(item.beginsExecution).executionID)
        _ = try await hub.complete(item, with: OrchestratorTurn(actions: actions), from: position)
        var order: [Int] = []
        for _ in calls { order.append(try #require(try await hub.nextActivity(.all, Intake())).taskID) }
        #expect(order == [4, 0, 3, 1, 6, 2, 5])
    }
}
