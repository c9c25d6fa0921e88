// Darkroom
// SPDX-License-Identifier: Apache-2.0

import DurableTask
import DurableTaskTesting

/// The shape of an orchestrator, grown from a seed and interpreted by one.
indirect enum Plan: Sendable {
    case call(Int)
    case flaky(Int)
    case sleep(Int)
    case event(Int)
    case send(Int)
    case child(Int)
    case entity(Int)
    case signal(Int)
    case chance(Plan, Plan)
    case patched(Int, Plan)
    case sequence([Plan])
    case group([Plan])
    case pair(Plan, Plan)
    case race(Plan, Plan)
    case first([Plan])
    case timeout(Int, Plan)
    case locked(Int, Plan)

    /// Shapes without events, races and handled failures, which fail at once when a part of them does, and in which
    /// no two steps are the same.
    static func calm(_ generator: inout SeededGenerator, _ steps: inout Int, depth: Int = 4) -> Plan {
        steps += 1
        switch Int.random(in: 0..<(depth == 0 ? 4 : 8), using: &generator) {
        case 0: return .call(steps)
        case 1: return .child(steps)
        case 2: return .sleep(steps)
        case 3: return .entity(steps)
        case 4, 5: return .sequence((0..<3).map { _ in calm(&generator, &steps, depth: depth - 1) })
        case 6: return .group((0..<3).map { _ in calm(&generator, &steps, depth: depth - 1) })
        default:
            return .pair(calm(&generator, &steps, depth: depth - 1), calm(&generator, &steps, depth: depth - 1))
        }
    }

    static func random(_ generator: inout SeededGenerator, depth: Int = 4) -> Plan {
        let number = Int.random(in: 1...9, using: &generator)
        if depth == 0 || Int.random(in: 0..<3, using: &generator) == 0 { return leaf(number, &generator) }
        switch Int.random(in: 0..<10, using: &generator) {
        case 0, 1: return .sequence(branches(&generator, depth))
        case 2: return .group(branches(&generator, depth))
        case 3: return .pair(random(&generator, depth: depth - 1), random(&generator, depth: depth - 1))
        case 4: return .race(random(&generator, depth: depth - 1), random(&generator, depth: depth - 1))
        case 5: return .first([random(&generator, depth: depth - 1)] + branches(&generator, depth))
        case 6: return .timeout(number, random(&generator, depth: depth - 1))
        case 7: return .locked(number, random(&generator, depth: depth - 1))
        case 8: return .chance(random(&generator, depth: depth - 1), random(&generator, depth: depth - 1))
        default: return .patched(number, random(&generator, depth: depth - 1))
        }
    }

    private static func leaf(_ number: Int, _ generator: inout SeededGenerator) -> Plan {
        switch Int.random(in: 0..<10, using: &generator) {
        case 0, 1: .call(number)
        case 2, 3: .flaky(number)
        case 4: .sleep(number % 6)
        case 5: .event(number % 3)
        case 6: .send(number)
        case 7: .child(number)
        case 8: .entity(number % 3)
        default: .signal(number % 3)
        }
    }

    private static func branches(_ generator: inout SeededGenerator, _ depth: Int) -> [Plan] {
        (0..<Int.random(in: 0...4, using: &generator)).map { _ in random(&generator, depth: depth - 1) }
    }
}

extension Plan {
    func run(_ context: OrchestrationContext) async throws -> Int {
        switch self {
        case .sequence(let plans):
            var sum = 0
            for plan in plans { sum = try await sum + plan.run(context) }
            return sum
        case .group(let plans): return try await Self.group(plans, context)
        case .pair(let left, let right):
            async let first = left.run(context)
            async let second = right.run(context)
            return try await first * 3 + second
        case .race(let left, let right): return try await Self.race(left, right, context)
        case .first(let plans):
            return try await context.first(of: plans.map { plan in { try await plan.run(context) } })
        case .timeout(let seconds, let plan):
            return try await withFallback(TaskFailure.EngineType.timeout) {
                try await context.timeout(after: .seconds(seconds)) { try await plan.run(context) }
            }
        case .locked(let number, let plan):
            return try await withFallback(TaskFailure.EngineType.criticalSection) {
                try await context.lock(Self.entity(number), Self.entity(number + 1)) { try await plan.run(context) }
            }
        case .chance(let left, let right):
            var random = context.random
            return try await Bool.random(using: &random) ? left.run(context) : right.run(context)
        case .patched(let number, let plan):
            return context.patched("\(number)") ? try await plan.run(context) : try await context.number("old")
        default: return try await withFallback(TaskFailure.EngineType.criticalSection) { try await step(context) }
        }
    }

    private func step(_ context: OrchestrationContext) async throws -> Int {
        switch self {
        case .call(let number): return try await context.number("call", number)
        case .flaky(let number):
            do {
                return try await context.number("flaky", number, retry: RetryPolicy(maximumAttempts: 3))
            } catch is TaskFailure {
                return try await context.number("instead", number)
            }
        case .sleep(let seconds): try await context.sleep(for: .seconds(seconds))
        case .event(let number): return try await context.event("event \(number)", as: Int.self)
        case .send(let number): try await context.send(event: "event", "\(context.newUUID())", to: "\(number)")
        case .child(let number):
            let options = ChildOptions(retry: RetryPolicy(maximumAttempts: 2))
            return try await context.call(orchestration: "child", number, as: Int.self, options: options)
        case .entity(let number): return try await context.call(Self.entity(number), "add", number, as: Int.self)
        case .signal(let number): try await context.signal(Self.entity(number), "add", number)
        default: break
        }
        return 1
    }

    private func withFallback(_ type: String, _ body: () async throws -> Int) async throws -> Int {
        do {
            return try await body()
        } catch let failure as TaskFailure where failure.type == type {
            return 5
        }
    }

    private static func entity(_ number: Int) -> EntityID { EntityID("counter", "\(number % 3)") }

    private static func group(_ plans: [Plan], _ context: OrchestrationContext) async throws -> Int {
        try await withThrowingTaskGroup(of: Int.self) { group in
            for plan in plans { group.addTask { try await plan.run(context) } }
            // Not commutative, so that the order of the answers shows.
            return try await group.reduce(0) { ($0 * 7 + $1) % 1_000_003 }
        }
    }

    private static func race(_ left: Plan, _ right: Plan, _ context: OrchestrationContext) async throws -> Int {
        try await withThrowingTaskGroup(of: Int.self) { group in
            group.addTask { try await left.run(context) }
            group.addTask { try await right.run(context) }
            let winner = try await group.next() ?? 0
            group.cancelAll()
            return winner
        }
    }
}
