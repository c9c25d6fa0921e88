// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import DurableTask
import FoundationEssentials

/// What goes wrong in a simulation, and when: drawn from a seed, and no more of it than `budget`.
final class Faults: Sendable {
    /// The store failed; what it did before is not said.
    struct Failure: Error {}

    private struct State {
        var generator: SeededGenerator
        var budget: Int
    }

    private let state: Lock<State>
    let executor: SimulationExecutor

    init(seed: UInt64, budget: Int, _ executor: SimulationExecutor) {
        state = Lock(State(generator: SeededGenerator(seed: ~seed), budget: budget))
        self.executor = executor
    }

    /// Whether something happens that happens once in `chance` times.
    func strikes(oneIn chance: Int) -> Bool {
        state.withLock { state in
            guard state.budget > 0, Int.random(in: 0..<chance, using: &state.generator) == 0 else { return false }
            state.budget -= 1
            return true
        }
    }

    /// Nothing goes wrong from now on.
    func end() { state.withLock { $0.budget = 0 } }

    func number(in range: Range<Int>) -> Int {
        state.withLock { Int.random(in: range, using: &$0.generator) }
    }

    /// Takes a while.
    func delay() async { await executor.yield(times: number(in: 0..<3)) }
}

/// Counts the runs of activities, and knows which of their results are stored.
///
/// The result of an instance that may be rewound counts once it is in the history: one that came too late for that is
/// not heard, and its activity runs again. An instance that is replaced does everything again.
final class EffectLedger: Sendable {
    private struct TaskKey: Hashable {
        let instance: String
        let id: Int
    }

    private struct State {
        var names: [Int64: String] = [:]
        var namesInHistory: [TaskKey: String] = [:]
        var runs: [String: Int] = [:]
        var stored: Set<String> = []
        var violations: [String] = []

        mutating func note(_ chunk: HistoryChunk) {
            for event in (try? HistoryText.decode(chunk.events)) ?? [] {
                guard case .taskCompleted(let id, _) = event.kind else { continue }
                namesInHistory[TaskKey(instance: chunk.id, id: id)].map { _ = stored.insert($0) }
            }
        }
    }

    private let state = Lock(State())

    /// The name of an effect: what was called, and which attempt it is.
    static func name(_ input: String?, _ attempt: Int) -> String { "\(input ?? "")#\(attempt)" }

    /// An activity runs.
    func run(_ name: String) {
        state.withLock { state in
            state.runs[name, default: 0] += 1
            if state.stored.contains(name) { state.violations.append("\(name) ran after its result was stored") }
        }
    }

    /// A commit was stored.
    func note(_ changes: HubChanges, _ receipt: HubReceipt) {
        state.withLock { state in
            for (task, row) in zip(changes.tasks, receipt.tasks) {
                let (id, name) = (task.execution.instanceID, Self.name(task.call.input, task.call.attempt))
                if id.hasPrefix(Simulation.mended) {
                    state.namesInHistory[TaskKey(instance: id, id: task.id)] = name
                } else if !id.hasPrefix(Simulation.replaced) {
                    state.names[row] = name
                }
            }
            for row in changes.finishedTasks { state.names[row].map { _ = state.stored.insert($0) } }
            for chunk in changes.history where chunk.id.hasPrefix(Simulation.mended) { state.note(chunk) }
        }
    }

    /// How often each effect happened.
    var runs: [String: Int] { state.withLock { $0.runs } }
    var violations: [String] { state.withLock { $0.violations } }
}

/// A store that takes its time, fails before or after it did what it was asked for, and is gone after a crash.
final class FaultyStore: HubStore {
    private let base: any HubStore
    private let faults: Faults
    private let ledger: EffectLedger
    private let dead = Lock(false)
    let isShared = false

    init(_ base: any HubStore, _ faults: Faults, _ ledger: EffectLedger) {
        self.base = base
        self.faults = faults
        self.ledger = ledger
    }

    var isDead: Bool { dead.withLock { $0 } }

    /// The process that uses the store is gone; nothing it still asks for happens.
    func die() { dead.withLock { $0 = true } }

    private func check() throws {
        if isDead { throw TaskHubError(.ownerChanged, "the process crashed") }
    }

    private func disturbed<Value>(_ body: () async throws -> Value) async throws -> Value {
        await faults.delay()
        try check()
        if faults.strikes(oneIn: 40) { throw Faults.Failure() }
        let value = try await body()
        await faults.delay()
        try check()
        if faults.strikes(oneIn: 40) { throw Faults.Failure() }
        return value
    }

    func join(for duration: Duration) async throws -> Int64 {
        try await disturbed { try await base.join(for: duration) }
    }

    func commit(
        _ locks: HubLocks, as member: Int64, _ decide: @escaping @Sendable ([String: InstanceHead]) throws -> HubChanges
    ) async throws -> HubReceipt {
        try await disturbed {
            // A store may have to start over.
            let asksTwice = faults.number(in: 0..<10) == 0
            let decided = Lock(HubChanges())
            let receipt = try await base.commit(locks, as: member) { heads in
                if asksTwice { _ = try decide(heads) }
                let changes = try decide(heads)
                decided.withLock { $0 = changes }
                return changes
            }
            ledger.note(decided.withLock { $0 }, receipt)
            return receipt
        }
    }

    func status(of id: String) async throws -> InstanceStatus? { try await disturbed { try await base.status(of: id) } }

    func list(_ query: InstanceQuery) async throws -> InstancePage {
        try await disturbed { try await base.list(query) }
    }

    func countByStatus(_ query: InstanceQuery) async throws -> [RuntimeStatus: Int] {
        try await disturbed { try await base.countByStatus(query) }
    }

    func history(of id: String) async throws -> StoredHistory? {
        try await disturbed { try await base.history(of: id) }
    }

    func inbox(of id: String, at time: Date, limit: Int) async throws -> InboxPage? {
        try await disturbed { try await base.inbox(of: id, at: time, limit: limit) }
    }

    func children(of id: String) async throws -> [String] { try await disturbed { try await base.children(of: id) } }

    func ended(_ filter: PurgeFilter, limit: Int) async throws -> [String] {
        try await disturbed { try await base.ended(filter, limit: limit) }
    }

    func readyInstances(after sequence: Int64, limit: Int) async throws -> [(sequence: Int64, news: InstanceNews)] {
        try await disturbed { try await base.readyInstances(after: sequence, limit: limit) }
    }

    func dueInstances(after begin: Date, until end: Date) async throws -> [InstanceNews] {
        try await disturbed { try await base.dueInstances(after: begin, until: end) }
    }

    func nextTimer(after time: Date) async throws -> Date? {
        try await disturbed { try await base.nextTimer(after: time) }
    }

    func claimTasks(named name: WorkName, limit: Int, lease: Int64) async throws -> [ActivityWorkItem] {
        try await disturbed { try await base.claimTasks(named: name, limit: limit, lease: lease) }
    }

    func waitingTaskNames() async throws -> Set<WorkName> {
        try await disturbed { try await base.waitingTaskNames() }
    }

    func giveBack(_ item: ActivityWorkItem, parked reason: String?) async throws {
        try await disturbed { try await base.giveBack(item, parked: reason) }
    }

    func giveBack(leases: Set<Int64>) async throws {
        try await disturbed { try await base.giveBack(leases: leases) }
    }

    func putPayload(_ text: String, for instanceID: String) async throws -> String {
        try await disturbed { try await base.putPayload(text, for: instanceID) }
    }

    func payload(_ row: String) async throws -> String? { try await disturbed { try await base.payload(row) } }

    func tasks(of id: String) async throws -> [QueuedTask] { try await disturbed { try await base.tasks(of: id) } }

    func unparkTasks(of id: String) async throws -> Set<WorkName> {
        try await disturbed { try await base.unparkTasks(of: id) }
    }

    func entity(_ id: String) async throws -> StoredEntity? { try await disturbed { try await base.entity(id) } }

    func entities(_ query: EntityQuery) async throws -> EntityPage {
        try await disturbed { try await base.entities(query) }
    }

    func entitiesLocked(by id: String) async throws -> [String] {
        try await disturbed { try await base.entitiesLocked(by: id) }
    }
}
