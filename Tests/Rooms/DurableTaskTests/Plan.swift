// Darkroom
// SPDX-License-Identifier: Apache-2.0

import DurableTask

/// The shape of an orchestrator, grown from a seed and interpreted by one.
indirect enum Plan: Sendable {
    case call(Int)
    case flaky(Int)
    case sleep(Int)
    case sequence([Plan])
    case group([Plan])
    case pair(Plan, Plan)
    case race(Plan, Plan)

    static func random(_ generator: inout SeededGenerator, depth: Int = 4) -> Plan {
        switch Int.random(in: 0..<(depth == 0 ? 3 : 8), using: &generator) {
        case 0: .call(Int.random(in: 1...9, using: &generator))
        case 1: .flaky(Int.random(in: 1...9, using: &generator))
        case 2: .sleep(Int.random(in: 0...5, using: &generator))
        case 3, 4: .sequence(branches(&generator, depth))
        case 5: .group(branches(&generator, depth))
        case 6: .pair(random(&generator, depth: depth - 1), random(&generator, depth: depth - 1))
        default: .race(random(&generator, depth: depth - 1), random(&generator, depth: depth - 1))
        }
    }

    private static func branches(_ generator: inout SeededGenerator, _ depth: Int) -> [Plan] {
        (0..<Int.random(in: 0...4, using: &generator)).map { _ in random(&generator, depth: depth - 1) }
    }

    func run(_ context: OrchestrationContext) async throws -> Int {
        switch self {
        case .call(let number): return try await context.number("call", number)
        case .flaky(let number):
            do {
                return try await context.number("flaky", number, retry: RetryPolicy(maximumAttempts: 3))
            } catch is TaskFailure {
                return try await context.number("instead", number)
            }
        case .sleep(let seconds):
            try await context.sleep(for: .seconds(seconds))
            return 1
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
        }
    }

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
