// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import DurableTask
import DurableTaskTesting
import FoundationEssentials
import Telemetry

/// One life of a hub and its worker on a store that fails, drawn from a seed: everything that goes wrong, and the
/// order in which tasks run.
///
/// The same seed gives the same life up to what depends on the ids of runs, which are random; `make simulate` sets
/// `SWIFT_DETERMINISTIC_HASHING`, without which the order of sets differs from process to process.
final class Simulation: Sendable {
    let seed: UInt64
    let isDisturbed: Bool
    let cast: SimulatedCast
    let executor: SimulationExecutor
    let faults: Misfortune
    let base = EmbeddedTaskHub.memoryStore()
    private let clock = VirtualHubClock()
    private let ledger = EffectLedger()
    private let current = Lock<EmbeddedTaskHub?>(nil)
    private let found = Lock<[String]>([])
    /// How many clients have not done yet.
    private let clients = Lock(0)
    /// Clients that wait until nobody can go on.
    private let waiting = Lock<(clients: [CheckedContinuation<Void, Never>], isOver: Bool)>(([], false))
    /// What the instances beside the main one do, as far as they were started.
    let effectsAside = Lock(SimulatedEffects())

    private var plan: SimulatedPlan { cast.main }

    init(seed: UInt64, isDisturbed: Bool) {
        self.seed = seed
        self.isDisturbed = isDisturbed
        cast = SimulatedCast(seed: seed)
        executor = SimulationExecutor(seed: seed)
        faults = Misfortune(seed: seed, budget: isDisturbed ? 25 : 0)
    }

    /// What is wrong with the life of this seed; nothing, hopefully.
    static func problems(seed: UInt64, isDisturbed: Bool = true) -> [String] {
        let simulation = Simulation(seed: seed, isDisturbed: isDisturbed)
        if !simulation.executor.run({ await simulation.live() }) { simulation.note("nothing goes on") }
        return simulation.found.withLock { $0 }
    }

    func note(_ problem: String) { found.withLock { $0.append(problem) } }

    private func live() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.serve() }
            let calls = clientCalls
            clients.withLock { $0 = calls.count }
            for call in calls { group.addTask { await self.finish(call) } }
            if await wait(until: { await self.hasEnded && self.clients.withLock { $0 } == 0 }) {
                faults.end()
                if await !wait(until: { await self.isQuiet }) { await describeRest() }
                await checkResults()
            } else {
                await describeRest()
            }
            group.cancelAll()
            letWaitingGo(isOver: true)
        }
    }
}

// The processes: a hub and a worker after the other.
extension Simulation {
    private func serve() async {
        while !Task.isCancelled {
            let store = FailingStore(base, faults, rates, hooks)
            var configuration = HubConfiguration()
            configuration.maximumQueuedActivities = faults.number(in: 1..<6)
            configuration.maximumDeliveries = 1_000
            if seed % 3 == 0 { configuration.inlinePayloadBytes = 12 }
            guard
                let hub = try? await EmbeddedTaskHub(
                    store: store, clock: clock, configuration: configuration, log: .silent)
            else {
                await executor.yield()
                continue
            }
            current.withLock { $0 = hub }
            await work(hub, store)
        }
    }

    private var rates: FailingStore.Rates {
        var rates = FailingStore.Rates()
        rates.failureOneIn = 40
        rates.refusalOneIn = 40
        return rates
    }

    private var hooks: FailingStore.Hooks {
        var hooks = FailingStore.Hooks()
        hooks.pause = { [executor, faults] in await executor.yield(times: faults.number(in: 0..<3)) }
        hooks.didCommit = { [ledger] in ledger.note($0, $1) }
        return hooks
    }

    private func work(_ hub: EmbeddedTaskHub, _ store: FailingStore) async {
        let worker = TaskHubWorker(hub, registry: cast.registry(executor, ledger), configuration: configuration)
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                do {
                    try await worker.run()
                } catch {
                    if !store.isDead { self.note("the worker gave up: \(error)") }
                }
            }
            if faults.strikes(oneIn: 2) {
                let life = faults.number(in: 50..<1_500)
                group.addTask { await self.executor.yield(times: life) }
            }
            await group.next()
            store.die()
            group.cancelAll()
        }
    }

    private var configuration: WorkerConfiguration {
        var configuration = WorkerConfiguration()
        configuration.concurrentOrchestrations = 3
        configuration.concurrentActivities = 3
        configuration.concurrentEntities = 2
        configuration.liveInstances = faults.number(in: 1..<5)
        configuration.pause = { [executor] _ in await executor.yield() }
        return configuration
    }
}

// What clients do meanwhile.
extension Simulation {
    private var clientCalls: [@Sendable () async -> Void] {
        var calls: [@Sendable () async -> Void] = [
            { await self.start() }, { await self.hold() }, { await self.passTime() },
            { await self.startAndEndAnother() }, { await self.playAside() },
        ]
        for round in 0..<plan.rounds {
            for event in plan.events.map({ $0 + round * SimulatedPlan.stride }) {
                calls.append { await self.raise(event) }
            }
        }
        return calls
    }

    private func finish(_ call: @Sendable () async -> Void) async {
        await call()
        clients.withLock { $0 -= 1 }
    }

    /// Asks the hub until it answers.
    func insist(_ call: (EmbeddedTaskHub) async throws -> Void) async {
        while !Task.isCancelled {
            await executor.yield()
            guard let hub = current.withLock({ $0 }) else { continue }
            do {
                return try await call(hub)
            } catch {
                continue
            }
        }
    }

    private func start() async {
        let time = seed % 4 == 0 ? clock.now.addingTimeInterval(90) : nil
        await insist { hub in
            var request = StartRequest(id: "main", name: "main", input: try Payload.encode(SimulatedPlan.Progress()))
            request.scheduledStart = time
            _ = try await hub.start(request)
        }
    }

    /// Lets another instance take the locks that critical sections need, or ask for them, and terminates it.
    private func startAndEndAnother() async {
        guard isDisturbed, seed % 2 == 0 else { return }
        await executor.yield(times: faults.number(in: 0..<300))
        await insist { hub in _ = try await hub.start(StartRequest(id: "other", name: "other", input: "0")) }
        await executor.yield(times: faults.number(in: 0..<300))
        await insist { hub in try await hub.terminate("other", reason: "enough") }
        _ = await end(of: "other")
        await insist { hub in _ = try await hub.purge(PurgeFilter(statuses: [.terminated])) }
        if await end(of: "other", waits: false) != nil { note("what was terminated was not deleted") }
    }

    /// Waits until nobody can go on but those who wait so.
    func waitForQuiet() async {
        await withCheckedContinuation { client in
            let isOver = waiting.withLock { waiting in
                if !waiting.isOver { waiting.clients.append(client) }
                return waiting.isOver
            }
            if isOver { client.resume() }
        }
    }

    private func letWaitingGo(isOver: Bool) {
        let clients = waiting.withLock { waiting in
            defer { waiting = ([], isOver) }
            return waiting.clients
        }
        for client in clients { client.resume() }
    }

    private func raise(_ event: Int) async {
        await executor.yield(times: faults.number(in: 0..<400))
        await insist { hub in try await hub.raiseEvent("Event \(event)", 7 * event, to: "main", ifMissing: .keep) }
    }

    private func hold() async {
        guard faults.strikes(oneIn: 3) else { return }
        await executor.yield(times: faults.number(in: 0..<400))
        do {
            try await current.withLock({ $0 })?.suspend("main", reason: nil)
        } catch {
            // It is not there yet, or the store fails; whatever became of it, it is resumed.
        }
        await executor.yield(times: faults.number(in: 0..<200))
        await insist { hub in
            if try await hub.status(of: "main") != nil { try await hub.resume("main", reason: nil) }
        }
    }

    /// Lets leases end while work is on its way.
    private func passTime() async {
        for _ in 0..<3 where faults.strikes(oneIn: 2) {
            await executor.yield(times: faults.number(in: 20..<500))
            clock.advance(by: .seconds(100))
        }
    }
}

// What must be so in the end.
extension Simulation {
    /// Waits; when nothing happens any more, hours pass, as they would for leases to end.
    ///
    /// - Returns: false when it never comes about.
    private func wait(until isSo: () async -> Bool) async -> Bool {
        var hours = 0
        while await !isSo() {
            if executor.isIdle {
                guard hours < 60 else { return false }
                hours += 1
                clock.advance(by: .seconds(3_600))
                letWaitingGo(isOver: false)
            }
            if executor.steps > 1_000_000 { return false }
            await executor.yield()
        }
        return true
    }

    private var hasEnded: Bool {
        get async { (try? await base.status(of: "main"))??.status.isFinal == true }
    }

    private var isQuiet: Bool {
        get async { await rest.isEmpty }
    }

    /// What is left in the tables.
    private var rest: [String] {
        get async {
            do {
                var rest: [String] = []
                for instance in try await base.list(InstanceQuery(limit: 1_000)).instances {
                    if !instance.status.isFinal { rest.append("\(instance.id) is \(instance.status)") }
                    rest += try await base.tasks(of: instance.id).map { "\(instance.id) has \($0)" }
                    let inbox = try await base.inbox(of: instance.id, at: .distantFuture, limit: 100)
                    rest += inbox?.messages.map { "\(instance.id) has not heard \($0.event.kind)" } ?? []
                }
                var query = EntityQuery()
                query.includesTransient = true
                for entity in try await base.entities(query).entities where entity.backlog > 0 || entity.lockedBy != nil
                {
                    rest.append("\(entity)")
                }
                return rest
            } catch {
                return ["\(error)"]
            }
        }
    }

    private func describeRest() async {
        for line in await rest { note(line) }
        note("it is stuck after \(executor.steps) steps with \(plan)")
    }

    private func checkResults() async {
        let main = try? await base.status(of: "main")
        if main?.output != "\(plan.result)" {
            note(
                "the result is \(main?.output ?? "none"), not \(plan.result), of \(plan): \(main?.failure, default: "")"
            )
        }
        for violation in ledger.violations { note(violation) }
        checkEffects()
        if !isDisturbed { await checkHistories() }
        for (name, total) in plan.totals {
            let state = await text(try? base.entity("@total@\(name)")?.state)
            if state != "{\"value\":\(total)}" { note("\(name) is \(state ?? "absent"), not \(total)") }
        }
    }

    /// A stored text, or what it refers to when it is large.
    func text(_ stored: String?) async -> String? {
        guard let stored, let row = stored.split(separator: "payload:").first, stored.hasPrefix("payload:") else {
            return stored
        }
        return try? await base.payload(String(row))
    }

    private func checkEffects() {
        let (effects, effectsAside) = (plan.effects, effectsAside.withLock { $0 })
        let runs = ledger.runs
        for name in effects.certain.union(effectsAside.certain) where runs[name] == nil {
            note("effect \(name) is lost")
        }
        for (name, count) in runs where !effectsAside.possible.contains(name) {
            if !effects.possible.contains(name) { note("effect \(name) was not asked for") }
            if !isDisturbed, count > 1 { note("effect \(name) happened \(count) times without need") }
        }
    }

    /// Without failures nobody is told anything twice.
    private func checkHistories() async {
        for instance in (try? await base.list(InstanceQuery(limit: 1_000)).instances) ?? [] {
            var heard: Set<String> = []
            for event in (try? await base.history(of: instance.id)?.events) ?? [] where event.kind.isAnswer {
                if !heard.insert("\(event.kind)").inserted { note("\(instance.id) heard \(event.kind) twice") }
            }
        }
    }
}

extension HistoryEvent.Kind {
    /// Whether the event tells the orchestrator something that it is told once.
    fileprivate var isAnswer: Bool {
        switch self {
        case .taskCompleted, .taskFailed, .timerFired, .subOrchestrationCompleted, .subOrchestrationFailed,
            .eventRaised, .entityOperationCompleted, .entityLockGranted:
            true
        default: false
        }
    }
}
