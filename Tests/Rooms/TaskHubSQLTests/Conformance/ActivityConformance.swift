// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import DurableTask
import FoundationEssentials
import TaskHubSQL
import Testing

/// What happens to activities while they run: limits of time, heartbeats, cancellation, rates, versions.
@Suite(.timeLimit(.minutes(5)))
struct ActivityConformance {
    /// A house whose clock moves only when told.
    private func house(_ kind: HubKind) throws -> HubHouse {
        try HubHouse(kind, clock: VirtualHubClock(skipsIdleTime: false))
    }

    /// Moves the clock until a condition holds.
    private static func pass(_ clock: VirtualHubClock, until isDone: @Sendable () -> Bool) async {
        while !isDone() {
            if clock.sleeperCount > 0 { clock.advance(by: .seconds(1)) }
            await Task.yield()
        }
    }

    @Test(arguments: HubKind.allCases)
    func aRunThatTakesTooLongFailsAndIsTriedAgain(_ kind: HubKind) async throws {
        let house = try house(kind)
        let (hub, clock) = (try await house.hub(), house.clock)
        let reasons = Lock<[ActivityCancellation?]>([])
        let registry = TaskRegistry.main { context, _ in
            var options = ActivityOptions(retry: RetryPolicy(maximumAttempts: 2, firstDelay: .zero))
            options.startToClose = .seconds(5)
            return try await context.call(activity: "long", 0, as: Int.self, options: options)
        }.with("long") { context, _ in
            if context.attempt == 2 { return 2 }
            await Self.pass(clock) { Task.isCancelled }
            reasons.withLock { $0.append(context.cancellation) }
            throw CancellationError()
        }
        let ended = try await withWorker(hub, registry) { try await hub.run("a") }
        #expect(ended.output == "2")
        #expect(reasons.withLock { $0 } == [.timedOut])
        let failures = try await hub.history(of: "a").compactMap { event -> TaskFailure? in
            if case .taskFailed(_, let failure) = event.kind { failure } else { nil }
        }
        #expect(failures.map(\.type) == [TaskFailure.EngineType.timeout])
    }

    @Test(arguments: HubKind.allCases)
    func aRunThatFallsSilentFailsAndOneThatTalksDoesNot(_ kind: HubKind) async throws {
        let house = try house(kind)
        let (hub, clock) = (try await house.hub(), house.clock)
        let registry = TaskRegistry.main { context, _ in
            var options = ActivityOptions()
            options.heartbeatTimeout = .seconds(5)
            let talked = try await context.call(activity: "talk", 1, as: Int.self, options: options)
            do {
                return try await context.call(activity: "talk", 0, as: Int.self, options: options)
            } catch let failure as TaskFailure where failure.type == TaskFailure.EngineType.timeout {
                return talked
            }
        }.with("talk") { context, talks in
            let end = clock.now.adding(.seconds(20))
            await Self.pass(clock) {
                if talks == 1 { context.heartbeat() }
                return Task.isCancelled || clock.now >= end && talks == 1
            }
            return 7
        }
        let ended = try await withWorker(hub, registry) { try await hub.run("a") }
        #expect(ended.output == "7")
    }

    @Test(arguments: HubKind.allCases)
    func aCallThatWaitsTooLongForAWorkerFails(_ kind: HubKind) async throws {
        let house = try house(kind)
        let (hub, clock) = (try await house.hub(), house.clock)
        let registry = TaskRegistry.main { context, _ in
            var options = ActivityOptions()
            options.scheduleToStart = .seconds(5)
            return try await withThrowingTaskGroup(of: String?.self) { [options] group in
                for _ in 0..<2 {
                    group.addTask {
                        do {
                            _ = try await context.call(activity: "slow", 10, as: Int.self, options: options)
                            return nil
                        } catch let failure as TaskFailure {
                            return failure.type
                        }
                    }
                }
                return try await group.reduce(0) { $0 + ($1 == TaskFailure.EngineType.timeout ? 1 : 0) }
            }
        }.with("slow") { _, seconds in
            clock.advance(by: .seconds(seconds))
            return 1
        }
        var configuration = WorkerConfiguration()
        configuration.activityLimits = ["slow": 1]
        let ended = try await withWorker(hub, registry, configuration) { try await hub.run("a") }
        #expect(ended.output == "1")
    }

    @Test(arguments: HubKind.allCases)
    func anActivityGoesOnFromTheProgressOfTheRunBefore(_ kind: HubKind) async throws {
        let hub = try await house(kind).hub()
        let started = Signal()
        let registry = TaskRegistry.main { context, _ in
            try await context.call(activity: "resumable", 0, as: Int.self)
        }.with("resumable") { context, _ in
            if let last = try context.lastProgress(as: Int.self) { return last }
            for part in 1...42 { context.heartbeat(part) }
            started.send()
            try await Task.sleep(for: .seconds(600))
            return 0
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
        #expect(ended.output == "42")
    }

    @Test(arguments: HubKind.allCases)
    func progressOutlivesAHubThatTakesNoLeave(_ kind: HubKind) async throws {
        let house = try house(kind)
        do {
            let hub = try await house.hub()
            _ = try await hub.start(StartRequest(id: "a", name: "main", input: "0"))
            let item = try #require(try await hub.nextOrchestration(.all, Intake()))
            let call = OrchestratorAction(id: 0, .scheduleTask(TaskCall(name: "work", input: "1")))
            _ = try await hub.complete(
                item, with: OrchestratorTurn(actions: [call]),
                from: .beginning(of: try #require(item.beginsExecution).executionID))
            hub.release(item)
            var task = try #require(try await hub.nextActivity(.all, Intake()))
            for part in ["1", "2"] {
                task.progress = part
                #expect(await hub.renew([task]).isEmpty)
            }
        }
        let hub = try await house.hub()
        let task = try #require(try await hub.nextActivity(.all, Intake()))
        #expect(task.progress == "2")
    }

    @Test(arguments: HubKind.allCases)
    func operatorsSeeProgressAndTheNextAttemptGoesOnFromIt(_ kind: HubKind) async throws {
        let hub = try await house(kind).hub()
        let seen = Signal()
        let registry = TaskRegistry.main { context, _ in
            let retry = RetryPolicy(maximumAttempts: 2, firstDelay: .zero)
            return try await context.call(activity: "resumable", 0, as: Int.self, retry: retry)
        }.with("resumable") { context, _ in
            if let last = try context.lastProgress(as: Int.self) { return last }
            context.heartbeat(41)
            await seen.wait()
            context.heartbeat(42)
            throw TaskFailure(type: "Flaky", message: "once")
        }
        let ended = try await withWorker(hub, registry) {
            _ = try await hub.start(StartRequest(id: "a", name: "main", input: "0"))
            while try await !hub.waits(of: "a").joined().contains("progress 41") { await Task.yield() }
            seen.send()
            return try await hub.waitForCompletion(of: "a")
        }
        #expect(ended.output == "42")
    }

    @Test(arguments: HubKind.allCases)
    func terminationCancelsWhatRuns(_ kind: HubKind) async throws {
        let hub = try await house(kind).hub()
        let (started, stopped) = (Signal(), Signal())
        let reasons = Lock<[ActivityCancellation?]>([])
        let registry = TaskRegistry.main { context, _ in
            try await context.call(activity: "long", 0, as: Int.self)
        }.with("long") { context, _ in
            started.send()
            try? await Task.sleep(for: .seconds(600))
            reasons.withLock { $0.append(context.cancellation) }
            stopped.send()
            return 0
        }
        try await withWorker(hub, registry) {
            _ = try await hub.start(StartRequest(id: "a", name: "main", input: "0"))
            await started.wait()
            try await hub.terminate("a", reason: "enough")
            #expect(try await hub.waitForCompletion(of: "a").status == .terminated)
            await stopped.wait()
        }
        #expect(reasons.withLock { $0 } == [.unwanted])
    }

    @Test(arguments: HubKind.allCases)
    func ratesOfANameAreKept(_ kind: HubKind) async throws {
        let house = try house(kind)
        let (hub, clock) = (try await house.hub(), house.clock)
        let times = Lock<[Date]>([])
        let registry = TaskRegistry.main { context, _ in
            try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<4 { group.addTask { try await context.call(activity: "call", 1, as: Int.self) } }
                return try await group.reduce(0, +)
            }
        }.with("call") { _, number in
            times.withLock { $0.append(clock.now) }
            return number
        }
        var configuration = WorkerConfiguration()
        configuration.activityRates = ["Call": ActivityRate(1, in: .seconds(10))]
        let ended = try await withWorker(hub, registry, configuration) {
            async let ended = hub.run("a")
            for count in 1..<4 {
                while times.withLock({ $0.count }) < count { await Task.yield() }
                clock.advance(by: .seconds(10))
            }
            return try await ended
        }
        #expect(ended.output == "4")
        let sorted = times.withLock { $0 }.sorted()
        #expect(zip(sorted, sorted.dropFirst()).allSatisfy { $1.timeIntervalSince($0) >= 10 })
    }

    @Test(arguments: HubKind.allCases)
    func instancesOfOtherVersionsFailOrWaitForAnotherWorker(_ kind: HubKind) async throws {
        let hub = try await house(kind).hub()
        let registry = TaskRegistry.main { _, number in number }
        for id in ["a", "b"] {
            var request = StartRequest(id: id, name: "main", input: "1")
            request.version = "2.0"
            _ = try await hub.start(request)
            var configuration = WorkerConfiguration()
            let mismatch: WorkerVersioning.Mismatch = id == "a" ? .fail : .reject
            configuration.versioning = WorkerVersioning(version: "1.5", match: .currentOrOlder, mismatch: mismatch)
            try await withWorker(hub, registry, configuration) {
                _ = try await hub.start(StartRequest(id: "old-\(id)", name: "main", input: "1"))
                #expect(try await hub.waitForCompletion(of: "old-\(id)").status == .completed)
                guard mismatch == .fail else { return }
                let failure = try await hub.waitForCompletion(of: "a").failure
                #expect(failure?.type == TaskFailure.EngineType.versionMismatch)
            }
        }
        #expect(try await hub.status(of: "b")?.status == .pending)
        let ended = try await withWorker(hub, registry) { try await hub.waitForCompletion(of: "b") }
        #expect(ended.output == "1")
    }
}
