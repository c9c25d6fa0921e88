// Darkroom
// SPDX-License-Identifier: Apache-2.0

import DurableTask

/// A number that calls and signals add to, and critical sections count up.
struct SimulatedTotal: Entity {
    static let name = "total"
    var value = 0

    static let add = Operation<Int, Int>("add") { total, number, _ in
        total.value += number
        return total.value
    }
    static let set = Operation<Int, Nothing>("set") { total, number, _ in
        total.value = number
        return Nothing()
    }
    static let operations = Operations(add, set)
}

extension SimulatedPlan {
    /// What the main instance has done so far.
    struct Progress: Codable {
        var round = 0
        var sum = 0
    }

    /// Which child of which round.
    struct Order: Codable {
        var number: Int
        var offset: Int
    }

    fileprivate func run(_ context: OrchestrationContext, _ progress: Progress) async throws -> Int {
        let offset = progress.round * Self.stride
        let sum = try await progress.sum + root.run(context, offset)
        if progress.round + 1 == rounds { return sum }
        throw context.continueAsNew(Progress(round: progress.round + 1, sum: sum))
    }
}

extension SimulatedCast {
    /// Everything that a worker needs to run all plans.
    func registry(_ executor: SimulationExecutor, _ ledger: EffectLedger) -> TaskRegistry {
        var registry = TaskRegistry()
        registry.add(SimulatedTotal.self)
        registry.addOrchestration("main") { (context: OrchestrationContext, progress: SimulatedPlan.Progress) in
            try await main.run(context, progress)
        }
        registry.addOrchestration("aside") { (context: OrchestrationContext, offset: Int) in
            try await plan(of: offset).root.run(context, offset)
        }
        registry.addOrchestration("child") { (context: OrchestrationContext, order: SimulatedPlan.Order) in
            guard let step = plan(of: order.offset).children[order.number] else { throw SimulatedStep.broken }
            if case .section(let number) = step, number == order.number {
                return try await SimulatedStep.lock(context, number + order.offset)
            }
            return try await order.number + step.run(context, order.offset)
        }
        registry.addOrchestration("other") { (context: OrchestrationContext, _: Int) in
            try await context.lock(SimulatedTotal.id("left"), SimulatedTotal.id("right")) {
                try await context.event("never", as: Int.self)
            }
        }
        addActivities(to: &registry, executor, ledger)
        return registry
    }

    private func addActivities(
        to registry: inout TaskRegistry, _ executor: SimulationExecutor, _ ledger: EffectLedger
    ) {
        registry.addActivity("work") { (context, number: Int) in
            if breakage.isBroken(number) { throw SimulatedStep.broken }
            ledger.run(EffectLedger.name("\(number)", context.attempt))
            await executor.yield(times: number % 5)
            return 3 * number + 1
        }
        registry.addActivity("flaky") { (context, number: Int) in
            if breakage.isBroken(number) { throw SimulatedStep.broken }
            ledger.run(EffectLedger.name("\(number)", context.attempt))
            await executor.yield(times: number % 3)
            if context.attempt == 1 { throw TaskFailure(type: "Flaky", message: "again") }
            return 3 * number + 1
        }
        registry.addActivity("broken") { (context, number: Int) -> Int in
            ledger.run(EffectLedger.name("\(number)", context.attempt))
            throw SimulatedStep.broken
        }
    }
}

extension SimulatedStep {
    fileprivate static let broken = TaskFailure(type: "Broken", message: "for good", isRetriable: false)

    fileprivate func run(_ context: OrchestrationContext, _ offset: Int) async throws -> Int {
        switch self {
        case .sequence(let steps):
            var sum = 0
            for step in steps { sum = try await sum + step.run(context, offset) }
            return sum
        case .group(let steps):
            return try await withThrowingTaskGroup(of: Int.self) { group in
                for step in steps { group.addTask { try await step.run(context, offset) } }
                return try await group.reduce(0, +)
            }
        case .race(let step):
            return try await context.first(
                of: { try await step.run(context, offset) }, { try await context.event("never", as: Int.self) })
        case .child(let number, _): return try await child(context, number, offset)
        case .section(let number): return try await child(context, number, offset)
        default: return try await runAlone(context, offset)
        }
    }

    private func child(_ context: OrchestrationContext, _ number: Int, _ offset: Int) async throws -> Int {
        let order = SimulatedPlan.Order(number: number, offset: offset)
        return try await context.call(orchestration: "child", order, as: Int.self)
    }

    private func runAlone(_ context: OrchestrationContext, _ offset: Int) async throws -> Int {
        switch self {
        case .work(let number): return try await context.call(activity: "work", number + offset, as: Int.self)
        case .flaky(let number):
            let retry = RetryPolicy(maximumAttempts: 3)
            return try await context.call(activity: "flaky", number + offset, as: Int.self, retry: retry)
        case .broken(let number):
            return try await failing(number) {
                try await context.call(activity: "broken", number + offset, as: Int.self)
            }
        case .brokenChild(let number): return try await failing(number) { try await child(context, -1, offset) }
        case .sleep(let number):
            try await context.sleep(for: .seconds(number * 7))
            return number
        case .event(let number): return try await context.event("event \(number + offset)", as: Int.self)
        case .call(let number):
            _ = try await context.call(SimulatedTotal.add, number + offset, on: "called")
            return number
        case .signal(let number):
            try await context.signal(SimulatedTotal.add, number + offset, on: "signalled")
            return number
        case .abandoned(let number):
            return try await context.first(
                of: {
                    _ = try await context.call(activity: "work", number + offset, as: Int.self)
                    return number
                },
                {
                    try await context.sleep(for: .seconds(number % 3))
                    return number
                })
        default: return 0
        }
    }

    private func failing(_ number: Int, _ body: () async throws -> Int) async throws -> Int {
        do {
            return try await body()
        } catch is TaskFailure {
            return -number
        }
    }

    /// Counts up two entities, reading and writing them apart.
    fileprivate static func lock(_ context: OrchestrationContext, _ number: Int) async throws -> Int {
        // What happens in a section is done again when an instance is rewound or replaced, so those count apart.
        let (one, other) = number < SimulatedCast.distance ? ("left", "right") : ("left aside", "right aside")
        return try await context.lock(SimulatedTotal.id(one), SimulatedTotal.id(other)) {
            let count = try await context.call(SimulatedTotal.add, 0, on: one)
            let result = try await context.call(activity: "work", number, as: Int.self)
            _ = try await context.call(SimulatedTotal.set, count + 1, on: one)
            _ = try await context.call(SimulatedTotal.add, 1, on: other)
            return result
        }
    }
}
