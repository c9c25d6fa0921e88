// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import DurableTask
import FoundationEssentials
import TaskHubSQL
import Testing

/// Holding still, beginning again and going back, whatever the hub.
@Suite(.timeLimit(.minutes(5)))
struct LifeConformance {
    @Test(arguments: HubKind.giving(.waits))
    func aSuspendedInstanceHoldsStillAcrossARestart(_ kind: HubKind) async throws {
        let house = try HubHouse(kind)
        let registry = TaskRegistry.main { context, _ in
            try await 10 * context.event("one", as: Int.self) + context.event("two", as: Int.self)
        }
        let before = try await house.door()
        try await withWorker(before, registry) {
            try await before.begin("a")
            try await before.wait(for: .running, of: "a")
            try await before.suspend("a", reason: "not now")
            try await before.wait(for: .suspended, of: "a")
            #expect(try await before.waits(of: "a").first?.hasPrefix("suspended since") == true)
            try await before.raiseEvent("one", 1, to: "a")
            try await until { try await before.history(of: "a").contains { $0.kind.isEvent } }
            #expect(try await before.status(of: "a")?.status == .suspended)
        }
        let hub = try await house.door()
        try await withWorker(hub, registry) {
            try await hub.raiseEvent("two", 2, to: "a")
            try await until { try await hub.history(of: "a").filter(\.kind.isEvent).count == 2 }
            #expect(try await hub.status(of: "a")?.status == .suspended)
            try await hub.resume("a", reason: "now")
            #expect(try await hub.waitForCompletion(of: "a").output == "12")
        }
    }

    @Test(arguments: HubKind.everywhere)
    func aSuspendedInstanceIsTerminated(_ kind: HubKind) async throws {
        let house = try HubHouse(kind)
        let hub = try await house.door()
        let registry = TaskRegistry.main { context, _ in try await context.event("one", as: Int.self) }
        try await withWorker(hub, registry) {
            try await hub.begin("a")
            try await hub.suspend("a", reason: nil)
            try await hub.wait(for: .suspended, of: "a")
            try await hub.terminate("a", reason: "enough")
            #expect(try await hub.waitForCompletion(of: "a").status == .terminated)
        }
    }

    @Test(arguments: HubKind.everywhere)
    func anotherInstanceTakesOverWhatAnEndedOneWasStartedWith(_ kind: HubKind) async throws {
        let house = try HubHouse(kind)
        let hub = try await house.door()
        let registry = TaskRegistry.main { context, input in
            #expect(context.version == "3")
            #expect(context.tags == ["colour": "red"])
            return 2 * input
        }
        var request = StartRequest(id: "a", name: "main", input: "21")
        request.version = "3"
        request.tags = ["colour": "red"]
        let start = request
        try await withWorker(hub, registry) {
            _ = try await hub.start(start)
            _ = try await hub.waitForCompletion(of: "a")
            #expect(try await hub.restart("a", as: "b") == .created)
            #expect(try await hub.restart("a", as: "b") == .existing)
            #expect(try await hub.waitForCompletion(of: "b").output == "42")
            let run = try await hub.status(of: "a")?.executionID
            try await hub.restart("a")
            let again = try await hub.waitForCompletion(of: "a")
            #expect(again.output == "42")
            #expect(again.executionID != run)
        }
    }

    @Test(arguments: HubKind.everywhere)
    func whatDidNotFailIsNotRewound(_ kind: HubKind) async throws {
        let house = try HubHouse(kind)
        let hub = try await house.door()
        let registry = TaskRegistry.main { context, input in
            input == 0 ? 1 : try await context.event("one", as: Int.self)
        }
        try await withWorker(hub, registry) {
            _ = try await hub.run("ended")
            try await hub.begin("waiting", "main", 1)
            try await hub.wait(for: .running, of: "waiting")
            for id in ["ended", "waiting"] {
                #expect(try await refusal { try await hub.rewind(id, reason: nil) } == .running)
            }
            #expect(try await refusal { try await hub.rewind("absent", reason: nil) } == .notFound)
        }
    }
}

extension HistoryEvent.Kind {
    /// Whether an event came from outside.
    var isEvent: Bool { if case .eventRaised = self { true } else { false } }
}
