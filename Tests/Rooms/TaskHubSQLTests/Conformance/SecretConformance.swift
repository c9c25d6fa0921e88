// Darkroom
// SPDX-License-Identifier: Apache-2.0

import DurableTask
import Testing

/// What a hub knows to be secret does not get into its store, whoever says it.
@Suite(.timeLimit(.minutes(5)))
struct SecretConformance {
    private static let secret = "p/a\"ss-wort-1234"

    private static var registry: TaskRegistry {
        var registry = TaskRegistry()
        registry.addActivity("tell") { (_, _: Int) in ["key": secret] }
        registry.addActivity("blurt") { (_, _: Int) -> Int in
            throw TaskFailure(
                type: "Login", message: "no entry with \(secret)", details: ["line": "key=\(secret)"],
                isRetriable: false)
        }
        for name in ["tell", "blurt"] {
            registry.addOrchestration(name) { (context: OrchestrationContext, input: Int) in
                try await context.call(activity: name, input, as: [String: String].self)
            }
        }
        registry.addOrchestration("show") { (context: OrchestrationContext, _: Int) in
            try context.setCustomStatus(secret)
            return 1
        }
        return registry
    }

    private func hub(_ kind: HubKind) async throws -> any TaskHub {
        try await HubHouse(kind).door { $0.secrets = KnownSecrets([Self.secret, "short"]) }
    }

    private func startTagged(_ hub: any TaskHub) async throws {
        var request = StartRequest(id: "a", name: "x")
        request.tags = ["key": Self.secret]
        _ = try await hub.start(request)
    }

    @Test(arguments: HubKind.giving(.reasons))
    func clientsAreRefusedWhoSayASecret(_ kind: HubKind) async throws {
        let hub = try await hub(kind)
        let input = try Payload.encode(["a": Self.secret])
        await #expect(throws: TaskHubError.self) { try await hub.start(StartRequest(id: "a", name: "x", input: input)) }
        await #expect(throws: TaskHubError.self) { try await self.startTagged(hub) }
        _ = try await hub.start(StartRequest(id: "a", name: "x", input: "\"short\""))
        await #expect(throws: TaskHubError.self) { try await hub.raiseEvent("e", Self.secret, to: "a") }
        #expect(try await hub.status(of: "a")?.input == "\"short\"")
    }

    @Test(arguments: HubKind.everywhere, ["tell", "show"])
    func anInstanceFailsThatSaysASecret(_ kind: HubKind, _ name: String) async throws {
        let hub = try await hub(kind)
        let status = try await withWorker(hub, Self.registry) {
            _ = try await hub.start(StartRequest(id: "a", name: name, input: "1"))
            return try await hub.waitForCompletion(of: "a")
        }
        #expect(status.status == .failed)
        let failure = try #require(status.failure)
        #expect("\(failure)".contains("holds a secret of this process"))
        let history = "\(try await hub.history(of: "a"))"
        #expect(!history.contains("ss-wort"))
    }

    @Test(arguments: HubKind.everywhere)
    func failuresAreStoredWithoutTheSecretThatTheyTell(_ kind: HubKind) async throws {
        let hub = try await hub(kind)
        let status = try await withWorker(hub, Self.registry) {
            _ = try await hub.start(StartRequest(id: "a", name: "blurt", input: "1"))
            return try await hub.waitForCompletion(of: "a")
        }
        let history = "\(try await hub.history(of: "a"))"
        #expect(!history.contains("ss-wort") && history.contains("no entry with [secret]"))
        #expect(!"\(status)".contains("ss-wort"))
    }
}
