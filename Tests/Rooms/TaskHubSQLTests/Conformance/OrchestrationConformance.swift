// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import DurableTask
import FoundationEssentials
import TaskHubSQL
import Testing

/// What orchestrations see, whatever the hub.
@Suite(.timeLimit(.minutes(5)))
struct OrchestrationConformance {
    @Test(arguments: HubKind.everywhere)
    func sequenceAndFanOutComplete(_ kind: HubKind) async throws {
        let house = try HubHouse(kind)
        let hub = try await house.door()
        let registry = TaskRegistry.main { context, input in
            let first: Int = try await context.call(activity: "double", input, as: Int.self)
            return try await withThrowingTaskGroup(of: Int.self) { group in
                for number in 0..<50 {
                    group.addTask { try await context.call(activity: "double", first + number, as: Int.self) }
                }
                return try await group.reduce(0, +)
            }
        }.with("double") { 2 * $1 }
        let ended = try await withWorker(hub, registry) { try await hub.run("a", 5) }
        #expect(ended.status == .completed)
        #expect(ended.output == "\(2 * (50 * 10 + 49 * 25))")
        #expect(ended.input == "5")
        #expect(ended.endedAt != nil)
    }

    @Test(arguments: HubKind.everywhere)
    func thirtyDaysPassInMilliseconds(_ kind: HubKind) async throws {
        let house = try HubHouse(kind)
        let hub = try await house.door()
        let registry = TaskRegistry.main { context, _ in
            let begin = context.now
            try await context.sleep(for: .seconds(30 * 86_400))
            return Int(context.now.timeIntervalSince(begin))
        }
        let ended = try await withWorker(hub, registry) { try await hub.run("a") }
        #expect(ended.output == "\(30 * 86_400)")
    }

    @Test(arguments: HubKind.everywhere)
    func retriesWaitLongerEachTimeAndKeepTheirKey(_ kind: HubKind) async throws {
        let house = try HubHouse(kind)
        let hub = try await house.door()
        let seen = Lock<[String]>([])
        let clock = house.clock
        let begin = clock.now
        let registry = TaskRegistry.main { context, _ in
            try await context.call(activity: "flaky", 0, as: Int.self, retry: RetryPolicy(maximumAttempts: 4))
        }.with("flaky") { context, _ in
            let key = context.idempotencyKey.split(separator: ":")
            let line = "\(context.attempt) \(key[0]):\(key[2]) +\(Int(clock.now.timeIntervalSince(begin)))"
            seen.withLock { $0.append(line) }
            if context.attempt < 4 { throw TaskFailure(type: "Busy", message: "later") }
            return context.taskID
        }
        let ended = try await withWorker(hub, registry) { try await hub.run("a") }
        #expect(ended.output == "6")
        #expect(seen.withLock { $0 } == ["1 a:0 +0", "2 a:0 +1", "3 a:0 +3", "4 a:0 +7"])
    }

    @Test(arguments: HubKind.everywhere)
    func failuresKeepTheirPartsFromActivityToStatus(_ kind: HubKind) async throws {
        let house = try HubHouse(kind)
        let hub = try await house.door()
        let cause = TaskFailure(type: "Disk", message: "full", isRetriable: false)
        let failure = TaskFailure(
            type: "Corrupt", message: "no \"JPEG\"", details: ["byte": "7"], isRetriable: false, cause: cause)
        let registry = TaskRegistry.main { context, _ in
            try await context.call(activity: "inspect", 0, as: Int.self, retry: .standard)
        }.with("inspect") { _, _ in throw failure }
        let ended = try await withWorker(hub, registry) { try await hub.run("a") }
        #expect(ended.status == .failed)
        #expect(ended.failure == failure)
        #expect(try await hub.status(of: "a")?.failure?.cause?.isRetriable == false)
    }

    @Test(arguments: HubKind.everywhere)
    func anEndlessFailureIsCut(_ kind: HubKind) async throws {
        let house = try HubHouse(kind)
        let hub = try await house.door { $0.maximumPayloadBytes = 5_000 }
        let registry = TaskRegistry.main { context, _ in
            try await context.call(activity: "rant", 0, as: Int.self)
        }.with("rant") { _, _ in throw TaskFailure(type: "Rant", message: String(repeating: "x", count: 6_000)) }
        let failure = try await withWorker(hub, registry) { try await hub.run("a").failure }
        #expect(failure?.type == "Rant")
        #expect(failure?.message.hasSuffix("x… (cut: it took 6004 bytes)") == true)
    }

    @Test(arguments: HubKind.everywhere)
    func unknownNamesEndAsFailed(_ kind: HubKind) async throws {
        let house = try HubHouse(kind)
        let hub = try await house.door()
        let registry = TaskRegistry.main { context, _ in
            try await context.call(activity: "absent", 0, as: Int.self)
        }
        try await withWorker(hub, registry) {
            #expect(try await hub.run("a").failure?.type == TaskFailure.EngineType.activityNotFound)
            _ = try await hub.start(StartRequest(id: "b", name: "absent"))
            let other = try await hub.waitForCompletion(of: "b")
            #expect(other.failure?.type == TaskFailure.EngineType.orchestrationNotFound)
        }
    }

    @Test(arguments: HubKind.everywhere)
    func customStatusShowsWhileTheInstanceWaits(_ kind: HubKind) async throws {
        let house = try HubHouse(kind)
        let hub = try await house.door()
        let registry = TaskRegistry.main { context, _ in
            try context.setCustomStatus(["step": "inspect"])
            return try await context.call(activity: "look", 0, as: Int.self)
        }.with("look") { context, _ in
            let status = try await hub.status(of: context.instanceID)
            #expect(status?.customStatus == #"{"step":"inspect"}"#)
            return 1
        }
        let ended = try await withWorker(hub, registry) { try await hub.run("a") }
        #expect(ended.customStatus == #"{"step":"inspect"}"#)
        #expect(ended.output == "1")
    }

    @Test(arguments: HubKind.everywhere)
    func instancesThatLeaveMemoryGoOnFromTheirHistory(_ kind: HubKind) async throws {
        let house = try HubHouse(kind)
        let hub = try await house.door()
        let registry = TaskRegistry.main { context, input in
            var sum = input
            for _ in 0..<5 {
                sum = try await context.call(activity: "increment", sum, as: Int.self)
                try await context.sleep(for: .seconds(1))
            }
            return sum
        }.with("increment") { $1 + 1 }
        var configuration = WorkerConfiguration()
        configuration.liveInstances = 2
        let outputs = try await withWorker(hub, registry, configuration) {
            try await withThrowingTaskGroup(of: String?.self) { group in
                for number in 0..<30 { group.addTask { try await hub.run("i\(number)", number * 100).output } }
                return try await group.reduce(into: Set<String?>()) { $0.insert($1) }
            }
        }
        #expect(outputs == Set((0..<30).map { "\($0 * 100 + 5)" }))
    }

    /// The shorter absence ends before the instance is stored.
    @Test(arguments: HubKind.giving(.memory), [Duration.microseconds(1), .milliseconds(20)])
    func workThatReturnsFromOutsideFailsTheInstance(_ kind: HubKind, _ absence: Duration) async throws {
        let house = try HubHouse(kind, clock: VirtualHubClock(skipsIdleTime: false))
        let hub = try await house.door()
        let registry = TaskRegistry.main { context, _ in
            async let forever: Void = context.sleep(for: .seconds(86_400))
            // A sleep that is over before it began leaves nothing.
            while !Task.isCancelled { try await Task.sleep(for: absence) }
            try await forever
            return 1
        }
        let ended = try await withWorker(hub, registry) { try await hub.run("a") }
        #expect(ended.failure?.type == TaskFailure.EngineType.escapedWork)
        #expect(ended.failure?.message.contains("context.sleep instead of Task.sleep") == true)
    }

    @Test(arguments: HubKind.everywhere)
    func limitsEndTheInstanceWithAClearFailure(_ kind: HubKind) async throws {
        let house = try HubHouse(kind)
        let hub = try await house.door {
            $0.maximumPayloadBytes = 100
            $0.maximumHistoryEvents = 50
        }
        var registry = TaskRegistry()
        registry.addOrchestration("large input") { (context: OrchestrationContext, _: Int) in
            try await context.call(activity: "echo", String(repeating: "x", count: 200), as: String.self)
        }
        registry.addOrchestration("large output") { (context: OrchestrationContext, _: Int) in
            try await context.call(activity: "grow", 200, as: String.self)
        }
        registry.addOrchestration("endless") { (context: OrchestrationContext, _: Int) -> Int in
            while true { _ = try await context.call(activity: "grow", 1, as: String.self) }
        }
        registry.addActivity("grow") { (_, count: Int) in String(repeating: "x", count: count) }
        try await withWorker(hub, registry) {
            for (name, type) in [
                ("large input", TaskFailure.EngineType.payloadTooLarge),
                ("large output", TaskFailure.EngineType.payloadTooLarge),
                ("endless", TaskFailure.EngineType.historyTooLong),
            ] {
                _ = try await hub.start(StartRequest(id: name, name: name, input: "0"))
                #expect(try await hub.waitForCompletion(of: name).failure?.type == type)
            }
        }
    }

    @Test(arguments: HubKind.giving(.reasons))
    func anInputThatIsTooLargeIsRefused(_ kind: HubKind) async throws {
        let house = try HubHouse(kind)
        let hub = try await house.door { $0.maximumPayloadBytes = 100 }
        let request = StartRequest(id: "c", name: "main", input: String(repeating: "1", count: 101))
        #expect(try await refusal { _ = try await hub.start(request) } == .payloadTooLarge)
    }
}
