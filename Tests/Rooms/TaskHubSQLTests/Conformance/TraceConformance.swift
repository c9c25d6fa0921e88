// Darkroom
// SPDX-License-Identifier: Apache-2.0

import DurableTask
import FoundationEssentials
import TaskHubSQL
import Telemetry
import Testing

/// An entity that signals itself, others, and starts orchestrations.
private struct Beacon: Entity {
    static let name = "Beacon"
    var count = 0

    static let flash = Operation<Int, Int>("flash") { beacon, rounds, context in
        beacon.count += 1
        if rounds > 0 { try context.signal(context.id, "flash", rounds - 1) }
        return beacon.count
    }
    static let launch = Operation<String, Nothing>("launch") { _, id, context in
        context.start(StartRequest(id: id, name: "leaf", input: "0"))
        return Nothing()
    }
    static let operations = Operations(flash, launch)
}

/// What traces say of instances and activities, whatever the hub.
@Suite(.timeLimit(.minutes(5)))
struct TraceConformance {
    private let caller = TraceContext(
        traceID: TraceID(high: 0xa, low: 0xb), spanID: SpanID(0xc), isSampled: true)
    private let recorder = SpanRecorder()

    private func request(_ id: String, _ input: Int = 0, under context: TraceContext?) -> StartRequest {
        var request = StartRequest(id: id, name: "main", input: "\(input)")
        request.traceContext = context
        return request
    }

    private func run(_ request: StartRequest, _ hub: EmbeddedTaskHub, _ registry: TaskRegistry) async throws {
        try await withWorker(hub, registry, spans: recorder.sink) {
            _ = try await hub.start(request)
            _ = try await hub.waitForCompletion(of: request.id)
        }
    }

    /// Runs "main" as "a" to its output 1, and the "leaf" that it has somebody start as "b".
    private func runWithLeaf(_ hub: EmbeddedTaskHub, _ registry: TaskRegistry) async throws {
        var registry = registry
        registry.addOrchestration("leaf") { (_: OrchestrationContext, number: Int) in number }
        try await withWorker(hub, registry, spans: recorder.sink) {
            _ = try await hub.start(request("a", under: caller))
            #expect(try await hub.waitForCompletion(of: "a").output == "1")
            _ = try await hub.waitForCompletion(of: "b")
        }
    }

    /// The spans by name; the worker has stopped, so they are all there.
    private func span(_ name: String) throws -> TraceSpan {
        let spans = recorder.spans.filter { $0.name == name }
        #expect(spans.count == 1, "\(name)")
        return try #require(spans.first)
    }

    @Test(arguments: HubKind.allCases)
    func callsAreSpansUnderTheirInstanceAndItsStarter(_ kind: HubKind) async throws {
        let house = try HubHouse(kind)
        let hub = try await house.hub()
        var registry = TaskRegistry.main { context, _ in
            try await context.sleep(for: .seconds(60))
            return try await context.call(
                orchestration: "child", 1, as: Int.self, options: ChildOptions(id: "a-child"))
        }.with("echo") { context, number in
            #expect(TraceContext.current == context.traceContext)
            _ = try await hub.start(StartRequest(id: "b", name: "leaf", input: "0"))
            return number
        }
        registry.addOrchestration("child") { (context: OrchestrationContext, number: Int) in
            try await context.call(activity: "echo", number, as: Int.self)
        }
        try await runWithLeaf(hub, registry)
        let main = try span("orchestration:main")
        let child = try span("orchestration:child")
        let echo = try span("activity:echo")
        #expect(main.parent == caller.spanID)
        #expect(child.parent == main.context.spanID)
        #expect(echo.parent == child.context.spanID)
        #expect(try span("orchestration:leaf").parent == echo.context.spanID)
        let timer = try span("orchestration:main:timer")
        #expect(timer.parent == main.context.spanID)
        #expect(timer.end.timeIntervalSince(timer.start) >= 60)
        #expect(Set(recorder.spans.map(\.context.traceID)) == [caller.traceID])
        #expect(recorder.spans.count == 5)
        #expect(echo.attributes["durabletask.type"] == .text("activity"))
        #expect(echo.attributes["durabletask.task.name"] == .text("echo"))
        #expect(echo.attributes["durabletask.task.instance_id"] == .text("a-child"))
        #expect(echo.attributes["durabletask.task.task_id"] == .number(0))
        #expect(main.attributes["durabletask.task.status"] == .text("Completed"))
    }

    @Test(arguments: HubKind.allCases)
    func aRestartedProcessEndsTheSameSpan(_ kind: HubKind) async throws {
        let house = try HubHouse(kind)
        let registry = TaskRegistry.main { context, _ in
            let first = try await context.call(activity: "echo", 1, as: Int.self)
            try await context.event("go")
            return try await first + context.call(activity: "echo", 2, as: Int.self)
        }.with("echo") { $1 }
        let before = try await house.hub()
        try await withWorker(before, registry, spans: recorder.sink) {
            _ = try await before.start(request("a", under: caller))
            try await until { try await before.history(of: "a").contains { $0.kind.endsTask } }
        }
        #expect(recorder.spans.map(\.name) == ["activity:echo"])
        let after = try await house.hub()
        try await withWorker(after, registry, spans: recorder.sink) {
            try await after.raiseEvent("go", 0, to: "a")
            #expect(try await after.waitForCompletion(of: "a").output == "3")
        }
        let main = try span("orchestration:main")
        let calls = recorder.spans.filter { $0.name == "activity:echo" }
        #expect(calls.map(\.parent) == [main.context.spanID, main.context.spanID])
        #expect(Set(recorder.spans.map(\.context.spanID)).count == 3)
        #expect(main.start <= recorder.spans[0].start)
    }

    @Test(arguments: HubKind.allCases)
    func everyAttemptIsASpanAndSaysWhyItFailed(_ kind: HubKind) async throws {
        let house = try HubHouse(kind)
        let registry = TaskRegistry.main { context, _ in
            try await context.call(activity: "flaky", 0, as: Int.self, retry: RetryPolicy(maximumAttempts: 2))
        }.with("flaky") { _, _ in throw TaskFailure(type: "Flaky", message: "not today") }
        try await run(request("a", under: nil), try await house.hub(), registry)
        let attempts = recorder.spans.filter { $0.name == "activity:flaky" }
        let numbers = attempts.map { $0.attributes["durabletask.task.attempt"] }
        #expect(numbers == [.number(1), .number(2)] || numbers == [.number(2), .number(1)])
        #expect(attempts.allSatisfy { $0.status == .error("not today") })
        #expect(attempts.allSatisfy { $0.attributes["error.type"] == .text("Flaky") })
        let main = try span("orchestration:main")
        #expect(main.parent == nil)
        #expect(main.status == .error("not today"))
        #expect(Set(recorder.spans.map(\.context.traceID)).count == 1)
    }

    @Test(arguments: HubKind.allCases)
    func everyRunIsASpanUnderTheSameStarter(_ kind: HubKind) async throws {
        let house = try HubHouse(kind)
        let registry = TaskRegistry.main { context, round in
            if round < 2 { throw context.continueAsNew(round + 1) }
            return round
        }
        try await run(request("a", under: caller), try await house.hub(), registry)
        #expect(recorder.spans.map(\.parent) == [caller.spanID, caller.spanID, caller.spanID])
        #expect(Set(recorder.spans.map(\.context.spanID)).count == 3)
        let states = recorder.spans.map { $0.attributes["durabletask.task.status"] }
        #expect(states.filter { $0 == .text("ContinuedAsNew") }.count == 2)
        #expect(states.filter { $0 == .text("Completed") }.count == 1)
    }

    @Test(arguments: HubKind.allCases)
    func operationsOfEntitiesAreSpansOfWhoeverAsked(_ kind: HubKind) async throws {
        let hub = try await HubHouse(kind).hub()
        var registry = TaskRegistry.main { context, _ in
            try await context.signal(Beacon.launch, "b", on: "a")
            return try await context.call(Beacon.flash, 0, on: "a")
        }
        registry.add(Beacon.self)
        try await runWithLeaf(hub, registry)
        let main = try span("orchestration:main")
        let flash = try span("entity:beacon:flash")
        #expect(flash.parent == main.context.spanID && flash.kind == .server)
        let launch = try span("entity:beacon:launch")
        #expect(launch.parent == main.context.spanID && launch.kind == .consumer)
        #expect(try span("orchestration:leaf").parent == launch.context.spanID)
        #expect(recorder.spans.allSatisfy { $0.context.traceID == caller.traceID })
    }

    @Test(arguments: HubKind.allCases)
    func whatAnEntityAsksOfItselfIsAnotherTrace(_ kind: HubKind) async throws {
        let hub = try await HubHouse(kind).hub()
        var registry = TaskRegistry()
        registry.add(Beacon.self)
        let all = registry
        try await withWorker(hub, all, spans: recorder.sink) {
            try await TraceContext.$current.withValue(caller) { try await hub.signal(Beacon.flash, 2, on: "a") }
            try await until { try await hub.state(of: Beacon.self, "a")?.count == 3 }
        }
        // In whatever order they were recorded: each is handed over by whoever stored its end.
        #expect(recorder.spans.count == 3)
        #expect(recorder.spans.filter { $0.parent == caller.spanID }.count == 1)
        #expect(recorder.spans.filter { $0.parent == nil }.count == 2)
        #expect(Set(recorder.spans.map(\.context.traceID)).count == 3)
    }

    @Test(arguments: HubKind.allCases)
    func whatNobodyRecordsIsHandedOnAllTheSame(_ kind: HubKind) async throws {
        let house = try HubHouse(kind)
        let hub = try await house.hub()
        let unsampled = TraceContext(traceID: caller.traceID, spanID: caller.spanID, isSampled: false)
        let registry = TaskRegistry.main { context, _ in
            try await context.call(activity: "tell", 0, as: Int.self)
        }.with("tell") { context, _ in
            #expect(context.traceContext == unsampled)
            return 0
        }
        try await run(request("a", under: unsampled), hub, registry)
        #expect(recorder.spans.isEmpty)
    }
}

extension HistoryEvent.Kind {
    fileprivate var endsTask: Bool {
        if case .taskCompleted = self { true } else { false }
    }
}
