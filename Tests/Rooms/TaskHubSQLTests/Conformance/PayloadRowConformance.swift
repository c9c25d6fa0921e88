// Darkroom
// SPDX-License-Identifier: Apache-2.0

import DurableTask
import FoundationEssentials
import TaskHubSQL
import Testing

/// A text that grows.
private struct Scroll: Entity {
    static let name = "scroll"
    var text = ""

    static let write = Operation<String, Int>("write") { scroll, text, _ in
        scroll.text = text
        return text.utf8.count
    }
    static let read = Operation<Nothing, String>("read") { scroll, _, _ in scroll.text }
    static let start = Operation<Int, Nothing>("start") { scroll, count, context in
        let input = try Payload.encode(String(repeating: "y", count: count))
        context.start(StartRequest(id: "started", name: "echo", input: input))
        return Nothing()
    }
    static let operations = Operations(write, read, start)
}

/// Rows of large payloads are there as long as somebody refers to them, whatever the hub.
@Suite(.timeLimit(.minutes(5)))
struct PayloadRowConformance {
    private static func text(_ number: Int = 0) -> String { String(repeating: "\(number % 10)", count: 50_000) }

    private static let registry = {
        var registry = TaskRegistry.main { context, count in
            for number in 0..<count {
                _ = try await context.call(Scroll.write, text(number), on: "a")
                _ = try await context.call(Scroll.read, Nothing(), on: "a")
            }
            return count
        }.with(Scroll.self)
        registry.addOrchestration("echo") { (_: OrchestrationContext, text: String) in text }
        return registry
    }()

    @Test(arguments: HubKind.everywhere)
    func anEntityKeepsOnlyTheStateThatItHas(_ kind: HubKind) async throws {
        let house = try HubHouse(kind)
        let hub = try await house.door()
        try await withWorker(hub, Self.registry) {
            for number in 1...5 {
                try await hub.signal(Scroll.write, Self.text(number), on: "a")
                try await until { try await hub.state(of: Scroll.self, "a")?.text == Self.text(number) }
                try await hub.signal(Scroll.read, Nothing(), on: "a")
            }
            try await until { try await hub.entity("@scroll@a", includesState: false)?.backlog == 0 }
            #expect(try await house.payloadRows() == 1)
            // The inputs and answers are in the history of the caller, and go with it.
            #expect(try await hub.run("caller", 5).output == "5")
            #expect(try await house.payloadRows() == 11)
            #expect(try await hub.purge("caller", isRecursive: false) == 1)
            #expect(try await house.payloadRows() == 1)
            #expect(try await hub.state(of: Scroll.self, "a")?.text == Self.text(4))
            try await hub.signal(Scroll.id("a"), "delete")
            try await hub.wait(for: nil, of: "@scroll@a")
        }
        #expect(try await house.payloadRows() == 0)
    }

    @Test(arguments: HubKind.everywhere)
    func whatIsDeclinedLeavesNoPayload(_ kind: HubKind) async throws {
        let house = try HubHouse(kind)
        let hub = try await house.door()
        let input = try Payload.encode(Self.text())
        #expect(try await refusal { try await hub.raiseEvent("go", Self.text(), to: "nobody") } == .notFound)
        #expect(try await house.payloadRows() == 0)
        let request = StartRequest(id: "a", name: "echo", input: input)
        #expect(try await hub.start(request) == .created)
        for _ in 1...3 { #expect(try await hub.start(request) == .existing) }
        #expect(try await house.payloadRows() == 1)
        let ended = try await withWorker(hub, Self.registry) { try await hub.waitForCompletion(of: "a") }
        #expect(ended.output == input)
        try await hub.raiseEvent("go", Self.text(), to: "a")
        #expect(try await house.payloadRows() == 2)
        #expect(try await hub.purge("a", isRecursive: false) == 1)
        #expect(try await house.payloadRows() == 0)
    }

    @Test(arguments: HubKind.everywhere)
    func whatAnEntityAsksForHasALimit(_ kind: HubKind) async throws {
        let hub = try await HubHouse(kind).door { $0.maximumPayloadBytes = 60_000 }
        var registry = Self.registry
        registry.addOrchestration("caller") { (context: OrchestrationContext, count: Int) in
            try await context.call(Scroll.start, count, on: "a")
        }
        try await withWorker(hub, registry) {
            try await hub.begin("large", "caller", 70_000)
            let ended = try await hub.waitForCompletion(of: "large")
            #expect(ended.failure?.type == TaskFailure.EngineType.payloadTooLarge)
            #expect(try await hub.status(of: "started") == nil)
            try await hub.begin("small", "caller", 40_000)
            #expect(try await hub.waitForCompletion(of: "small").status == .completed)
            #expect(try await hub.waitForCompletion(of: "started").status == .completed)
        }
    }
}
