// Darkroom
// SPDX-License-Identifier: Apache-2.0

import DurableTask
import FoundationEssentials
import TaskHubSQL
import Testing

/// Payloads that have rows of their own: they are whole wherever somebody looks, and go with the last instance that
/// refers to them.
@Suite(.timeLimit(.minutes(5)))
struct PayloadConformance {
    private static let text = String(repeating: "x", count: 100_000)

    private static var registry: TaskRegistry {
        var registry = TaskRegistry()
        registry.addOrchestration("child") { (_: OrchestrationContext, text: String) in text + "c" }
        registry.addOrchestration("main") { (context: OrchestrationContext, text: String) in
            let event = try await context.event("more", as: String.self)
            let answer = try await context.call(activity: "same", text + event, as: String.self)
            return try await context.call(orchestration: "child", answer, as: String.self, options: ChildOptions())
        }
        registry.addActivity("same") { (_, text: String) in text }
        return registry
    }

    @Test(arguments: HubKind.everywhere)
    func largePayloadsAreWholeEverywhere(_ kind: HubKind) async throws {
        let house = try HubHouse(kind)
        let hub = try await house.door { $0.maximumPayloadBytes = 1 << 20 }
        let input = try Payload.encode(Self.text)
        // Few instances stay in memory, so that replays read what was stored.
        var configuration = WorkerConfiguration()
        configuration.liveInstances = 0
        let ended = try await withWorker(hub, Self.registry, configuration) {
            _ = try await hub.start(StartRequest(id: "a", name: "main", input: input))
            try await hub.raiseEvent("more", Self.text, to: "a")
            return try await hub.waitForCompletion(of: "a")
        }
        let expected = try Payload.encode(Self.text + Self.text + "c")
        #expect(ended.output == expected)
        #expect(ended.input == input)
        #expect(try await hub.status(of: "a")?.output == expected)
        var query = InstanceQuery(name: "child")
        query.includesPayloads = true
        #expect(try await hub.list(query).instances.map(\.output) == [expected])
        let history = try await hub.history(of: "a").map(\.kind)
        #expect(history.contains(.eventRaised(name: "more", input: input)))
    }

    @Test(arguments: HubKind.everywhere)
    func aPayloadOutlivesTheInstanceThatItCameFrom(_ kind: HubKind) async throws {
        let house = try HubHouse(kind)
        let hub = try await house.door { $0.maximumPayloadBytes = 1 << 20 }
        let input = try Payload.encode(Self.text)
        _ = try await withWorker(hub, Self.registry) {
            _ = try await hub.start(StartRequest(id: "a", name: "main", input: input))
            try await hub.raiseEvent("more", "", to: "a")
            return try await hub.waitForCompletion(of: "a")
        }
        let children = try await hub.list(InstanceQuery(name: "child")).instances.map(\.id)
        let child = try #require(children.first)
        let output = try Payload.encode(Self.text + "c")
        #expect(try await hub.purge("a", isRecursive: false) == 1)
        #expect(try await hub.status(of: child)?.output == output)
        #expect(try await hub.history(of: child).contains { $0.kind.input == input })
    }
}

extension HistoryEvent.Kind {
    fileprivate var input: String? {
        if case .executionStarted(let start) = self { start.input } else { nil }
    }
}
