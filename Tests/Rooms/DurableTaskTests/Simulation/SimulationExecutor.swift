// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import DurableTaskTesting

/// Runs all tasks of a simulation on one thread, in an order drawn from a seed.
final class SimulationExecutor: TaskExecutor {
    private enum Entry {
        case job(UnownedJob)
        case sleeper(CheckedContinuation<Void, Never>)
    }

    private struct State {
        var entries: [Entry] = []
        var generator: SeededGenerator
        var steps = 0

        mutating func next() -> Entry? {
            guard !entries.isEmpty else { return nil }
            steps += 1
            entries.swapAt(Int.random(in: entries.indices, using: &generator), entries.count - 1)
            return entries.removeLast()
        }
    }

    private let state: Lock<State>

    init(seed: UInt64) { state = Lock(State(generator: SeededGenerator(seed: seed))) }

    /// How many steps were made.
    var steps: Int { state.withLock { $0.steps } }

    /// Whether nobody could go on but the caller.
    var isIdle: Bool { state.withLock { $0.entries.isEmpty } }

    /// Lets others go first, if chance will have it so.
    func yield() async {
        await withCheckedContinuation { sleeper in state.withLock { $0.entries.append(.sleeper(sleeper)) } }
    }

    /// Lets others go first `count` times.
    func yield(times count: Int) async { for _ in 0..<count { await yield() } }

    /// Runs `body` and every task that it starts, until it ends.
    ///
    /// - Returns: false when it did not end and nothing is left that could go on.
    func run(_ body: @escaping @Sendable () async -> Void) -> Bool {
        let isOver = Lock(false)
        // Unstructured: the root of the simulation, which the loop below drains.
        Task(executorPreference: self) {
            await body()
            isOver.withLock { $0 = true }
        }
        while !isOver.withLock({ $0 }) {
            switch state.withLock({ $0.next() }) {
            case .job(let job): unsafe job.runSynchronously(on: asUnownedTaskExecutor())
            case .sleeper(let sleeper): sleeper.resume()
            case nil: return false
            }
        }
        return true
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        state.withLock { $0.entries.append(.job(job)) }
    }
}
