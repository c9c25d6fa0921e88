// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
public import DurableTask
import Telemetry

/// A task hub in memory with a worker and a clock that skips idle time, for tests of orchestrations; on demand its
/// store and its activities fail, and its process dies and is followed by another.
///
///     let failures = InjectedFailures.byChance(seed: 7)
///     let record = try await TestHub.run(registry, failures: failures) { hub in
///         _ = try await hub.start(Publish.self, picture, id: "1")
///         return try await hub.output(of: Publish.self, id: "1")
///     }
///
/// What is asked of a hub that fails or dies is asked again, as a careful client does. So an event may come twice, as
/// it may in production.
public final class TestHub: Sendable {
    /// The time of the hub; it jumps to the next timer whenever there is nothing else to do.
    public let clock = VirtualHubClock()
    private let registry: TaskRegistry
    private let failures: InjectedFailures
    private let misfortune: Misfortune
    private let base = EmbeddedTaskHub.memoryStore()
    private let state = Lock(State())

    /// A process: what is in its memory goes with it.
    private struct Life: Sendable {
        let hub: EmbeddedTaskHub
        let store: FailingStore
    }

    private struct State {
        var life: Life?
        var count = 0
        var waiting: [Bell] = []
    }

    /// The process died before it answered.
    private struct Died: Error {}

    private init(_ registry: TaskRegistry, _ failures: InjectedFailures) {
        self.failures = failures
        misfortune = Misfortune(seed: failures.seed, budget: failures.budget)
        self.registry = registry.failing(failures, misfortune)
    }

    /// Runs `body` with a hub, and a worker for the registry, that end with it.
    ///
    /// - Throws: what `body` throws.
    public static func run<Value: Sendable>(
        _ registry: TaskRegistry, failures: InjectedFailures = InjectedFailures(),
        _ body: @Sendable (TestHub) async throws -> Value
    ) async throws -> Value {
        let hub = TestHub(registry, failures)
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await hub.serve() }
            defer { group.cancelAll() }
            return try await body(hub)
        }
    }

    /// How many processes there were.
    public var processCount: Int { state.withLock { $0.count } }

    /// Lets the process die as by SIGKILL; another one takes over.
    public func crash() { state.withLock { $0.life }?.store.die() }

    /// Asks the hub until it answers; what it refuses is refused.
    func insist<Value: Sendable>(
        _ call: @escaping @Sendable (EmbeddedTaskHub) async throws -> Value
    ) async throws -> Value {
        while true {
            try Task.checkCancellation()
            guard let life = await nextLife() else { continue }
            do {
                return try await ask(life, call)
            } catch let error as TaskHubError where error.code != .ownerChanged {
                throw error
            } catch is Died, is FailingStore.Failure, is TaskHubError {
                await Task.yield()
            }
        }
    }

    private func ask<Value: Sendable>(
        _ life: Life, _ call: @escaping @Sendable (EmbeddedTaskHub) async throws -> Value
    ) async throws -> Value {
        try await withThrowingTaskGroup(of: Value.self) { group in
            group.addTask { try await call(life.hub) }
            group.addTask {
                await life.store.death()
                throw Died()
            }
            defer { group.cancelAll() }
            guard let value = try await group.next() else { throw Died() }
            return value
        }
    }

    /// The process that lives; nil after a wait for one.
    private func nextLife() async -> Life? {
        let bell = Bell()
        let life = state.withLock { state in
            if state.life == nil { state.waiting.append(bell) }
            return state.life
        }
        if life == nil { await bell.wait() }
        return life
    }
}

// The processes, one after the other.
extension TestHub {
    private func serve() async {
        while !Task.isCancelled {
            let store = FailingStore(base, misfortune, failures.rates)
            guard
                let hub = try? await EmbeddedTaskHub(
                    store: store, clock: clock, configuration: HubConfiguration(), log: .silent)
            else { continue }
            begin(Life(hub: hub, store: store))
            await work(hub, store)
            state.withLock { $0.life = nil }
        }
    }

    private func begin(_ life: Life) {
        let waiting = state.withLock { state in
            state.life = life
            state.count += 1
            defer { state.waiting = [] }
            return state.waiting
        }
        for bell in waiting { bell.ring() }
    }

    private func work(_ hub: EmbeddedTaskHub, _ store: FailingStore) async {
        var configuration = WorkerConfiguration()
        configuration.pause = { _ in await Task.yield() }
        let worker = TaskHubWorker(hub, registry: registry, configuration: configuration)
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                // It ends by the death of its process, which is why there is another.
                try? await worker.run()
            }
            group.addTask { await store.death() }
            await group.next()
            store.die()
            group.cancelAll()
        }
    }
}
