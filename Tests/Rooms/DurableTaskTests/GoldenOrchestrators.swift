// Darkroom
// SPDX-License-Identifier: Apache-2.0

import DurableTask
import FoundationEssentials

// The orchestrators behind the fixtures; they must never change, new ones are added beside them.
extension GoldenHistoryTests {
    static func addCallers(to registry: inout TaskRegistry) {
        registry.addOrchestration("album") { (context: OrchestrationContext, count: Int) in
            var options = ChildOptions(retry: RetryPolicy(maximumAttempts: 2))
            options.tags = ["album": context.instanceID]
            let sum = try await withThrowingTaskGroup(of: Int.self) { [options] group in
                for number in 0..<count {
                    group.addTask {
                        try await context.call(orchestration: "page", number, as: Int.self, options: options)
                    }
                }
                return try await group.reduce(0) { $0 * 10 + $1 }
            }
            var cover = ActivityOptions(retry: .standard)
            cover.priority = 3
            cover.fairnessKey = "covers"
            cover.startToClose = .seconds(60)
            return try await context.call(activity: "cover", sum, as: Int.self, options: cover)
        }
        registry.addOrchestration("sharpened") { (context: OrchestrationContext, number: Int) in
            let first = context.patched("sharper") ? "sharpen" : "render"
            let number = try await context.number(first, number)
            var random = context.random
            let next = Int.random(in: 0..<1_000, using: &random) + number
            return try await context.number(context.patched("sharper") ? "sharpen" : "render", next)
        }
        registry.addOrchestration("mended") { (context: OrchestrationContext, number: Int) in
            do {
                async let one = context.number("one", retry: RetryPolicy(maximumAttempts: 2))
                async let two = context.call(activity: "two", "\(context.newUUID())", as: Int.self)
                return try await one + two
            } catch {
                _ = try await context.number("clean up")
                throw error
            }
        }
    }

    static func addListeners(to registry: inout TaskRegistry) {
        registry.addOrchestration("approval") { (context: OrchestrationContext, seconds: Int) in
            try await context.send(event: "asked", seconds, to: "boss")
            do {
                let answer = try await context.timeout(after: .seconds(seconds)) {
                    try await context.first(
                        of: { try await context.event("Yes", as: Int.self) },
                        { try await context.event("No", as: Int.self) })
                }
                return try await answer * 10 + context.event("yes", as: Int.self)
            } catch let failure as TaskFailure where failure.type == TaskFailure.EngineType.timeout {
                return try await context.event("late", as: Int.self)
            }
        }
        registry.addOrchestration("rounds") { (context: OrchestrationContext, round: Int) -> Int in
            let next = try await context.event("next", as: Int.self)
            try await context.sleep(for: .seconds(next))
            throw context.continueAsNew(round + next, version: "2")
        }
        registry.addOrchestration("transfer") { (context: OrchestrationContext, amount: Int) in
            let (from, to) = (EntityID("account", "b"), EntityID("account", "a"))
            try await context.signal(EntityID("journal", "all"), "note", amount, at: context.now.addingTimeInterval(60))
            let balance = try await context.lock(from, to) {
                async let taken = context.call(from, "withdraw", amount, as: Int.self)
                async let given = context.call(to, "deposit", amount, as: Int.self)
                return try await taken * 100 + given
            }
            return try await balance + context.call(from, "get", as: Int.self)
        }
    }
}
