// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import DurableTask
import FoundationEssentials
import TaskHubSQL
import Testing

/// What workers may rely on, whatever the hub: leases, fencing, redelivery, draining.
@Suite(.timeLimit(.minutes(5)))
struct WorkConformance {
    private static let call = TaskCall(name: "work", input: "1")

    /// Starts an instance and stores an episode that calls one activity.
    private func scheduleOne(_ hub: EmbeddedTaskHub, id: String = "a") async throws -> HistoryPosition {
        _ = try await hub.start(StartRequest(id: id, name: "main", input: "0"))
        let item = try #require(try await hub.nextOrchestration(.all, Intake()))
        let beginning = HistoryPosition.beginning(of: try #require(item.beginsExecution).executionID)
        let turn = OrchestratorTurn(actions: [OrchestratorAction(id: 0, .scheduleTask(Self.call))])
        let outcome = try await hub.complete(item, with: turn, from: beginning)
        hub.release(item)
        return outcome.position
    }

    @Test(arguments: HubKind.allCases)
    func aLostLeaseIsRefusedAndTheTaskHandedOutAgain(_ kind: HubKind) async throws {
        let house = try HubHouse(kind)
        let hub = try await house.hub()
        _ = try await scheduleOne(hub)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await hub.run() }
            let first = try #require(try await hub.nextActivity(.except([]), Intake()))
            house.clock.advance(by: .seconds(61))
            let second = try #require(try await hub.nextActivity(.only(["WORK"]), Intake()))
            #expect(second.call == Self.call)
            #expect(second.deliveries == 2)
            #expect(await hub.renew([first, second]) == [first])
            #expect(try await refusal { try await hub.complete(first, with: .success("1")) } == .leaseLost)
            try await hub.complete(second, with: .success("2"))
            let news = try #require(try await hub.nextOrchestration(.all, Intake()))
            #expect(news.events.map(\.kind) == [.orchestratorStarted, .taskCompleted(taskID: 0, result: "2")])
            group.cancelAll()
        }
    }

    @Test(arguments: HubKind.allCases)
    func aRenewedLeaseIsKept(_ kind: HubKind) async throws {
        let house = try HubHouse(kind)
        let hub = try await house.hub()
        _ = try await scheduleOne(hub)
        let item = try #require(try await hub.nextActivity(.except([]), Intake()))
        house.clock.advance(by: .seconds(50))
        #expect(await hub.renew([item]).isEmpty)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await hub.run() }
            while house.clock.sleeperCount == 0 { await Task.yield() }
            house.clock.advance(by: .seconds(50))
            try await hub.complete(item, with: .success(nil))
            group.cancelAll()
        }
    }

    @Test(arguments: HubKind.allCases)
    func theWorkerRenewsWhatRunsLong(_ kind: HubKind) async throws {
        let house = try HubHouse(kind)
        let hub = try await house.hub()
        let runs = Lock(0)
        let clock = house.clock
        let registry = TaskRegistry.main { context, _ in
            try await context.call(activity: "long", 0, as: Int.self)
        }.with("long") { _, _ in
            runs.withLock { $0 += 1 }
            for _ in 0..<20 {
                while clock.sleeperCount < 2 { await Task.yield() }
                clock.advance(by: .seconds(20))
            }
            return runs.withLock { $0 }
        }
        let ended = try await withWorker(hub, registry) { try await hub.run("a") }
        #expect(ended.output == "1")
    }

    @Test(arguments: HubKind.allCases)
    func anEpisodeFromAnotherHistoryIsRefused(_ kind: HubKind) async throws {
        let house = try HubHouse(kind)
        let hub = try await house.hub()
        let position = try await scheduleOne(hub)
        let task = try #require(try await hub.nextActivity(.except([]), Intake()))
        try await hub.complete(task, with: .success("1"))
        let item = try #require(try await hub.nextOrchestration(.all, Intake()))
        let turn = OrchestratorTurn(actions: [OrchestratorAction(id: 1, .completeOrchestration(Completion(.completed)))]
        )
        for wrong in [
            HistoryPosition(executionID: position.executionID, eventCount: 1, byteCount: 0),
            HistoryPosition(executionID: "other", eventCount: position.eventCount, byteCount: position.byteCount),
        ] {
            #expect(try await refusal { _ = try await hub.complete(item, with: turn, from: wrong) } == .leaseLost)
        }
        await hub.abandon(item, because: nil)
        let again = try #require(try await hub.nextOrchestration(.all, Intake()))
        #expect(again.events.last?.kind == .taskCompleted(taskID: 0, result: "1"))
        #expect(try await hub.history(for: again).position == position)
        _ = try await hub.complete(again, with: turn, from: position)
        #expect(try await hub.status(of: "a")?.status == .completed)
    }

    @Test(arguments: HubKind.allCases)
    func whatWasInFlightIsHandedOutAgainAfterARestart(_ kind: HubKind) async throws {
        let house = try HubHouse(kind)
        do {
            let hub = try await house.hub()
            _ = try await scheduleOne(hub)
            _ = try #require(try await hub.nextActivity(.except([]), Intake()))
            _ = try await hub.start(StartRequest(id: "b", name: "main", input: "0"))
        }
        let hub = try await house.hub()
        let news = try #require(try await hub.nextOrchestration(.all, Intake()))
        #expect(news.instanceID == "b")
        let task = try #require(try await hub.nextActivity(.except([]), Intake()))
        #expect(task.instanceID == "a")
        #expect(task.deliveries == 2)
    }

    @Test(arguments: HubKind.allCases)
    func filtersChooseByVersionInTheQueueAndInTheStore(_ kind: HubKind) async throws {
        let house = try HubHouse(kind)
        do {
            let hub = try await house.hub()
            for version in ["1", "2", nil] {
                var request = StartRequest(id: "main-\(version ?? "none")", name: "main", input: "0")
                request.version = version
                _ = try await hub.start(request)
            }
            let item = try #require(try await hub.nextOrchestration(.versions(["MAIN": ["2"]]), Intake()))
            #expect(item.start?.version == "2")
            let calls = ["1", "2"].enumerated().map { id, version in
                OrchestratorAction(id: id, .scheduleTask(TaskCall(name: "work", version: version, input: nil)))
            }
            _ = try await hub.complete(
                item, with: OrchestratorTurn(actions: calls),
                from: .beginning(of: try #require(item.beginsExecution).executionID))
            hub.release(item)
            let task = try #require(try await hub.nextActivity(.versions(["work": ["2"]]), Intake()))
            #expect(task.call.version == "2")
        }
        let hub = try await house.hub()
        let task = try #require(try await hub.nextActivity(.versions(["work": ["2"]]), Intake()))
        #expect(task.call.version == "2")
        let other = try #require(try await hub.nextActivity(.all, Intake()))
        #expect(other.call.version == "1")
        let item = try #require(try await hub.nextOrchestration(.versions(["main": [""]]), Intake()))
        #expect(item.start?.version == nil)
        let last = try #require(try await hub.nextOrchestration(.all, Intake()))
        #expect(last.start?.version == "1")
    }

    @Test(arguments: HubKind.allCases)
    func anInstanceThatContinuesInAnotherVersionIsForItsWorkers(_ kind: HubKind) async throws {
        let hub = try await HubHouse(kind).hub()
        var request = StartRequest(id: "a", name: "main", input: "0")
        request.version = "1"
        _ = try await hub.start(request)
        let item = try #require(try await hub.nextOrchestration(.versions(["main": ["1"]]), Intake()))
        var completion = Completion(.continuedAsNew, result: "1")
        completion.newVersion = "2"
        _ = try await hub.complete(
            item, with: OrchestratorTurn(actions: [OrchestratorAction(id: 0, .completeOrchestration(completion))]),
            from: .beginning(of: try #require(item.beginsExecution).executionID))
        hub.release(item)
        let next = try #require(try await hub.nextOrchestration(.versions(["main": ["2"]]), Intake()))
        #expect(next.start?.version == "2")
    }

    @Test(arguments: HubKind.allCases)
    func timersOutliveARestart(_ kind: HubKind) async throws {
        let house = try HubHouse(kind, clock: VirtualHubClock(skipsIdleTime: false))
        let registry = TaskRegistry.main { context, _ in
            try await context.sleep(for: .seconds(3_600))
            return 7
        }
        let before = try await house.hub()
        try await withWorker(before, registry) {
            _ = try await before.start(StartRequest(id: "a", name: "main", input: "0"))
            while try await before.status(of: "a")?.status == .pending { await Task.yield() }
        }
        house.clock.advance(by: .seconds(3_600))
        let hub = try await house.hub()
        let ended = try await withWorker(hub, registry) { try await hub.waitForCompletion(of: "a") }
        #expect(ended.output == "7")
    }

    @Test(arguments: HubKind.allCases)
    func limitsOfANameAreKept(_ kind: HubKind) async throws {
        let house = try HubHouse(kind)
        let hub = try await house.hub { $0.maximumQueuedActivities = 3 }
        let load = Lock((now: 0, most: 0))
        let registry = TaskRegistry.main { context, _ in
            try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<40 { group.addTask { try await context.call(activity: "render", 1, as: Int.self) } }
                return try await group.reduce(0, +)
            }
        }.with("render") { _, _ in
            load.withLock { load in
                load.now += 1
                load.most = max(load.most, load.now)
            }
            for _ in 0..<10 { await Task.yield() }
            load.withLock { $0.now -= 1 }
            return 1
        }
        var configuration = WorkerConfiguration()
        configuration.activityLimits = ["render": 2]
        let ended = try await withWorker(hub, registry, configuration) { try await hub.run("a") }
        #expect(ended.output == "40")
        #expect(load.withLock { $0.most } <= 2)
    }

    @Test(arguments: HubKind.allCases)
    func stoppingLetsRunningActivitiesFinish(_ kind: HubKind) async throws {
        let house = try HubHouse(kind)
        let hub = try await house.hub()
        let (started, go) = (Signal(), Signal())
        let registry = TaskRegistry.main { context, _ in
            try await context.call(activity: "slow", 0, as: Int.self)
        }.with("slow") { _, _ in
            started.send()
            await go.wait()
            return 5
        }
        let worker = TaskHubWorker(hub, registry: registry)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await worker.run() }
            _ = try await hub.start(StartRequest(id: "a", name: "main", input: "0"))
            await started.wait()
            worker.stop()
            go.send()
            try await group.waitForAll()
        }
        #expect(try await hub.status(of: "a")?.status == .running)
        let ended = try await withWorker(hub, registry) { try await hub.waitForCompletion(of: "a") }
        #expect(ended.output == "5")
    }

    @Test(arguments: HubKind.allCases)
    func theDrainTimeEndsActivitiesAndGivesThemBack(_ kind: HubKind) async throws {
        let house = try HubHouse(kind)
        let hub = try await house.hub()
        let started = Signal()
        let deliveries = Lock(0)
        let registry = TaskRegistry.main { context, _ in
            try await context.call(activity: "stuck", 0, as: Int.self)
        }.with("stuck") { _, _ in
            let delivery = deliveries.withLock { count in
                count += 1
                return count
            }
            started.send()
            if delivery == 1 { try await Task.sleep(for: .seconds(600)) }
            return delivery
        }
        var configuration = WorkerConfiguration()
        configuration.drainTime = .milliseconds(10)
        let worker = TaskHubWorker(hub, registry: registry, configuration: configuration)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await worker.run() }
            _ = try await hub.start(StartRequest(id: "a", name: "main", input: "0"))
            await started.wait()
            worker.stop()
            try await group.waitForAll()
        }
        let ended = try await withWorker(hub, registry) { try await hub.waitForCompletion(of: "a") }
        #expect(ended.output == "2")
    }
}

/// Lets a test wait for something.
final class Signal: Sendable {
    private let stream = AsyncStream.makeStream(of: Void.self)

    func send() { stream.continuation.yield() }

    func wait() async {
        var iterator = stream.stream.makeAsyncIterator()
        await iterator.next()
    }
}
