// Darkroom
// SPDX-License-Identifier: Apache-2.0

import DurableTask
import FoundationEssentials
import TaskHubSQL
import Testing

/// Starts whatever it is told to.
private struct Starter: Entity {
    static let name = "starter"

    static let start = Operation<String, Nothing>("start") { _, id, context in
        context.start(StartRequest(id: id, name: "main", input: "0"))
        return Nothing()
    }
    static let operations = Operations(start)
}

/// Ids and names that are none, wherever they come from, whatever the hub.
@Suite(.timeLimit(.minutes(5)))
struct NameConformance {
    private static let long = String(repeating: "x", count: 1_025)
    private static let badIDs = ["", "@a@b", "a\u{0}b", long]
    private static let badNames = ["", "a\u{0}b", long]

    private func request(_ id: String = "a", _ name: String = "main") -> StartRequest {
        StartRequest(id: id, name: name, input: "0")
    }

    @Test(arguments: HubKind.giving(.reasons))
    func clientsAreToldAtOnce(_ kind: HubKind) async throws {
        let hub = try await HubHouse(kind).door()
        try await withWorker(hub, TaskRegistry.main { _, number in number }) { _ = try await hub.run("ended") }
        for id in Self.badIDs {
            #expect(try await refusal { _ = try await hub.start(self.request(id)) } == .invalid)
            #expect(try await refusal { _ = try await hub.restart("ended", as: id) } == .invalid)
            #expect(try await refusal { try await hub.raiseEvent("go", 0, to: id, ifMissing: .keep) } == .invalid)
        }
        for name in Self.badNames {
            #expect(try await refusal { _ = try await hub.start(self.request("a", name)) } == .invalid)
            #expect(try await refusal { try await hub.raiseEvent(name, 0, to: "ended") } == .invalid)
            let operation = EntityOperation(requestID: "1", operation: name, input: nil, target: "@till@a")
            #expect(try await refusal { try await hub.signal(operation) } == .invalid)
        }
        for key in ["a\u{0}b", Self.long] {
            #expect(try await refusal { try await hub.signal(EntityID("till", key), "add") } == .invalid)
        }
        var tagged = request()
        tagged.tags = [Self.long: "x"]
        let request = tagged
        #expect(try await refusal { _ = try await hub.start(request) } == .invalid)
        #expect(try await hub.list(InstanceQuery()).instances.map(\.id) == ["ended"])
        #expect(try await hub.start(StartRequest(id: String(Self.long.dropLast()), name: "main")) == .created)
    }

    @Test(arguments: HubKind.everywhere)
    func orchestratorsHearOfItWhereTheyWait(_ kind: HubKind) async throws {
        let hub = try await HubHouse(kind).door()
        // Through the protocol, an empty id lets the hub choose one.
        let ids = Self.badIDs.filter { kind != .protocolled || !$0.isEmpty }
        let registry = TaskRegistry.main { context, _ in
            var refusals = 0
            for id in ids {
                do {
                    let options = ChildOptions(id: id)
                    _ = try await context.call(orchestration: "main", 0, as: Int.self, options: options)
                } catch let failure as TaskFailure where failure.cause?.type == TaskFailure.EngineType.invalidName {
                    refusals += 1
                }
            }
            for name in Self.badNames {
                do {
                    _ = try await context.call(activity: name, 0, as: Int.self)
                } catch let failure as TaskFailure where failure.type == TaskFailure.EngineType.invalidName {
                    refusals += 1
                }
            }
            do {
                _ = try await context.call(EntityID("till", Self.long), "add", 0, as: Int.self)
            } catch let failure as TaskFailure where failure.type == TaskFailure.EngineType.invalidName {
                refusals += 1
            }
            return refusals
        }
        let ended = try await withWorker(hub, registry) { try await hub.run("a") }
        #expect(ended.output == "\(ids.count + Self.badNames.count + 1)")
        #expect(try await hub.list(InstanceQuery()).instances.map(\.id) == ["a"])
    }

    @Test(arguments: HubKind.everywhere, ["", "@a@b", long])
    func whatNobodyWaitsForFailsTheInstance(_ kind: HubKind, _ id: String) async throws {
        let hub = try await HubHouse(kind).door()
        let registry = TaskRegistry.main { context, _ in
            try await context.send(event: "go", to: id)
            return try await context.event("never", as: Int.self)
        }
        let ended = try await withWorker(hub, registry) { try await hub.run("a") }
        #expect(ended.failure?.type == TaskFailure.EngineType.invalidName)
    }

    @Test(arguments: HubKind.everywhere)
    func operationsOfEntitiesFail(_ kind: HubKind) async throws {
        let hub = try await HubHouse(kind).door()
        let registry = TaskRegistry.main { context, _ in
            var refusals = 0
            for id in Self.badIDs {
                do {
                    _ = try await context.call(Starter.start, id, on: "a")
                } catch let failure as TaskFailure where failure.type == TaskFailure.EngineType.invalidName {
                    refusals += 1
                }
            }
            return refusals
        }.with(Starter.self)
        let ended = try await withWorker(hub, registry) { try await hub.run("a") }
        #expect(ended.output == "4")
        #expect(try await hub.list(InstanceQuery()).instances.map(\.id) == ["a"])
    }
}
