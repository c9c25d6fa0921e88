// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import DurableTask
import DurableTaskTesting
import Testing

@Suite(.timeLimit(.minutes(5)))
struct TestHubTests {
    /// Counts what activities do, once for each idempotency key, as the receiver of their effects would.
    private final class Receiver: Sendable {
        let effects = Lock<(all: Int, byKey: Set<String>)>((0, []))

        func take(_ key: String) {
            effects.withLock { effects in
                effects.all += 1
                effects.byKey.insert(key)
            }
        }
    }

    private func registry(_ receiver: Receiver) -> TaskRegistry {
        var registry = TaskRegistry()
        registry.addActivity("double") { (context, number: Int) in
            receiver.take(context.idempotencyKey)
            return 2 * number
        }
        registry.addOrchestration("once") { (context: OrchestrationContext, number: Int) in
            try await context.call(activity: "double", number, as: Int.self)
        }
        registry.addOrchestration("patient") { (context: OrchestrationContext, number: Int) in
            try await context.call(activity: "double", number, as: Int.self, retry: .patient)
        }
        registry.addOrchestration("month") { (context: OrchestrationContext, width: Int) in
            let sum = try await withThrowingTaskGroup(of: Int.self) { group in
                for number in 0..<width {
                    group.addTask {
                        try await context.call(activity: "double", number, as: Int.self, retry: .patient)
                    }
                }
                return try await group.reduce(0, +)
            }
            try await context.sleep(for: .seconds(30 * 86_400))
            return sum + (try await context.event("more", as: Int.self))
        }
        return registry
    }

    private func run(_ name: String, _ number: Int, _ failures: InjectedFailures, _ receiver: Receiver) async throws
        -> InstanceStatus
    {
        try await TestHub.run(registry(receiver), failures: failures) { hub in
            _ = try await hub.start(StartRequest(id: "1", name: name, input: "\(number)"))
            return try await hub.waitForCompletion(of: "1")
        }
    }

    @Test func anAttemptThatIsToFailFailsAndTheNextOneSucceeds() async throws {
        var failures = InjectedFailures()
        failures.attempts = [.init(of: "Double", 1...2)]
        let receiver = Receiver()
        #expect(try await run("patient", 21, failures, receiver).output == "42")
        #expect(receiver.effects.withLock { $0.all } == 1)
    }

    @Test func theOrchestratorHearsWhatTheTestSays() async throws {
        var failures = InjectedFailures()
        failures.attempts = [.init(of: "double", with: TaskFailure(type: "Full", message: "the disk is full"))]
        let status = try await run("once", 21, failures, Receiver())
        #expect(status.status == .failed)
        #expect(status.failure?.cause?.type == "Full" || status.failure?.type == "Full")
    }

    @Test func anAnswerThatIsLostLeavesAnEffectUnderTheSameKey() async throws {
        var failures = InjectedFailures()
        failures.attempts = [.init(of: "double", loseAnswer: true)]
        let receiver = Receiver()
        #expect(try await run("patient", 21, failures, receiver).output == "42")
        #expect(receiver.effects.withLock { $0.all } == 2)
        #expect(receiver.effects.withLock { $0.byKey.count } == 1)
    }

    @Test(arguments: 0..<40)
    func whateverChanceBreaksTheEndIsTheSame(_ seed: UInt64) async throws {
        let receiver = Receiver()
        let output = try await TestHub.run(registry(receiver), failures: .byChance(seed: seed)) { hub in
            _ = try await hub.start(StartRequest(id: "1", name: "month", input: "12"))
            try await hub.raiseEvent("more", 100, to: "1")
            return try await hub.waitForCompletion(of: "1").output
        }
        #expect(output == "232")
        #expect(receiver.effects.withLock { $0.byKey.count } == 12)
    }

    @Test func anotherProcessTakesOverWhatACrashLeft() async throws {
        let (output, processes) = try await TestHub.run(registry(Receiver())) { hub in
            _ = try await hub.start(StartRequest(id: "1", name: "month", input: "2"))
            _ = try await hub.waitForStart(of: "1")
            hub.crash()
            try await hub.raiseEvent("more", 1, to: "1")
            return (try await hub.waitForCompletion(of: "1").output, hub.processCount)
        }
        #expect(output == "3")
        #expect(processes == 2)
    }

    @Test func whoWaitsHearsTheEndThatAnotherProcessBrings() async throws {
        let output = try await TestHub.run(registry(Receiver())) { hub in
            _ = try await hub.start(StartRequest(id: "1", name: "month", input: "2"))
            return try await withThrowingTaskGroup(of: String?.self) { group in
                group.addTask { try await hub.waitForCompletion(of: "1").output }
                hub.crash()
                try await hub.raiseEvent("more", 1, to: "1")
                return try await group.next() ?? nil
            }
        }
        #expect(output == "3")
    }

    @Test func whatAHubRefusesIsRefused() async throws {
        await #expect(throws: TaskHubError(.notFound, "there is no instance \"nobody\"")) {
            try await TestHub.run(TaskRegistry()) { hub in _ = try await hub.waitForCompletion(of: "nobody") }
        }
    }
}

extension RetryPolicy {
    /// Outlasts everything that goes wrong by chance.
    fileprivate static let patient = RetryPolicy(maximumAttempts: 30)
}
