// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
package import DurableTask
package import FoundationEssentials

/// A store that takes its time, fails before or after it did what it was asked for, and is gone after a crash.
package final class FailingStore: HubStore {
    /// How often it fails.
    package struct Rates: Sendable {
        /// One in so many calls fails, before or after it was done; 0 for never.
        package var failureOneIn = 0
        /// One in so many commits is refused for what it holds, unless it is of entities; 0 for never.
        package var refusalOneIn = 0
        /// One in so many calls is the last one of its process; 0 for never.
        package var crashOneIn = 0

        /// A store that never fails.
        package init() {}
    }

    /// What else happens in its calls.
    package struct Hooks: Sendable {
        /// What a call does before and after its work.
        package var pause: @Sendable () async -> Void = {}
        /// What was stored.
        package var didCommit: @Sendable (HubChanges, HubReceipt) -> Void = { _, _ in }

        /// Nothing.
        package init() {}
    }

    /// The store failed; what it did before is not said.
    package struct Failure: Error {}

    private struct State {
        var isDead = false
        var mourners: [Bell] = []
    }

    /// Whether several processes share it: never.
    package let isShared = false
    private let base: any HubStore
    private let misfortune: Misfortune
    private let rates: Rates
    private let hooks: Hooks
    private let state = Lock(State())

    /// What one process sees of a store that outlives it.
    package init(_ base: any HubStore, _ misfortune: Misfortune, _ rates: Rates, _ hooks: Hooks = Hooks()) {
        self.base = base
        self.misfortune = misfortune
        self.rates = rates
        self.hooks = hooks
    }

    /// Whether its process is gone.
    package var isDead: Bool { state.withLock { $0.isDead } }

    /// The process that uses the store is gone; nothing it still asks for happens.
    package func die() {
        let mourners = state.withLock { state in
            state.isDead = true
            defer { state.mourners = [] }
            return state.mourners
        }
        for mourner in mourners { mourner.ring() }
    }

    /// Waits until its process is gone, or the task is cancelled.
    package func death() async {
        let bell = Bell()
        let isDead = state.withLock { state in
            if !state.isDead { state.mourners.append(bell) }
            return state.isDead
        }
        guard !isDead else { return }
        await bell.wait()
        state.withLock { $0.mourners.removeAll { $0 === bell } }
    }

    private func check() throws {
        if misfortune.strikes(oneIn: rates.crashOneIn) { die() }
        if isDead { throw TaskHubError(.ownerChanged, "the process crashed") }
    }

    private func disturbed<Value>(_ body: () async throws -> Value) async throws -> Value {
        await hooks.pause()
        try check()
        if misfortune.strikes(oneIn: rates.failureOneIn) { throw Failure() }
        let value = try await body()
        await hooks.pause()
        try check()
        if misfortune.strikes(oneIn: rates.failureOneIn) { throw Failure() }
        return value
    }
}

// What is asked of it.
extension FailingStore {
    /// Joins the store.
    package func join(for duration: Duration) async throws -> Int64 {
        try await disturbed { try await base.join(for: duration) }
    }

    /// Decides, now and then twice, and stores.
    package func commit(
        _ locks: HubLocks, as member: Int64, _ decide: @escaping @Sendable ([String: InstanceHead]) throws -> HubChanges
    ) async throws -> HubReceipt {
        try await disturbed {
            // A store may have to start over, or not take what it is given.
            let asksTwice = misfortune.number(in: 0..<10) == 0
            let refuses = misfortune.strikes(oneIn: rates.refusalOneIn)
            let decided = Lock(HubChanges())
            let receipt = try await base.commit(locks, as: member) { heads in
                if asksTwice { _ = try decide(heads) }
                let changes = try decide(heads)
                // Operations of entities would have failed.
                if refuses, changes.entityMoves.isEmpty { throw TaskHubError(.invalid, "a value is refused") }
                decided.withLock { $0 = changes }
                return changes
            }
            hooks.didCommit(decided.withLock { $0 }, receipt)
            return receipt
        }
    }

    /// Reads a status.
    package func status(of id: String) async throws -> InstanceStatus? {
        try await disturbed { try await base.status(of: id) }
    }

    /// Reads a page.
    package func list(_ query: InstanceQuery) async throws -> InstancePage {
        try await disturbed { try await base.list(query) }
    }

    /// Counts.
    package func countByStatus(_ query: InstanceQuery) async throws -> [RuntimeStatus: Int] {
        try await disturbed { try await base.countByStatus(query) }
    }

    /// Reads a history.
    package func history(of id: String) async throws -> StoredHistory? {
        try await disturbed { try await base.history(of: id) }
    }

    /// Reads an inbox.
    package func inbox(of id: String, at time: Date, limit: Int) async throws -> InboxPage? {
        try await disturbed { try await base.inbox(of: id, at: time, limit: limit) }
    }

    /// Reads children.
    package func children(of id: String) async throws -> [String] {
        try await disturbed { try await base.children(of: id) }
    }

    /// Reads children that have ended.
    package func endedChildren(of id: String) async throws -> [String] {
        try await disturbed { try await base.endedChildren(of: id) }
    }

    /// Finds what was kept for instances that never came.
    package func expected(before time: Date, limit: Int) async throws -> [String] {
        try await disturbed { try await base.expected(before: time, limit: limit) }
    }

    /// Finds what has ended.
    package func ended(_ filter: PurgeFilter, limit: Int) async throws -> [String] {
        try await disturbed { try await base.ended(filter, limit: limit) }
    }

    /// Finds what has news.
    package func readyInstances(after sequence: Int64, limit: Int) async throws -> [(
        sequence: Int64, news: InstanceNews
    )] {
        try await disturbed { try await base.readyInstances(after: sequence, limit: limit) }
    }

    /// Finds what is due.
    package func dueInstances(after begin: Date, until end: Date) async throws -> [InstanceNews] {
        try await disturbed { try await base.dueInstances(after: begin, until: end) }
    }

    /// Finds the next timer.
    package func nextTimer(after time: Date) async throws -> Date? {
        try await disturbed { try await base.nextTimer(after: time) }
    }

    /// Takes tasks.
    package func claimTasks(_ claim: TaskClaim) async throws -> [ActivityWorkItem] {
        try await disturbed { try await base.claimTasks(claim) }
    }

    /// Takes the tasks that nobody waits for any longer.
    package func claimOverdue(at time: Date, limit: Int, lease: Int64) async throws -> [ActivityWorkItem] {
        try await disturbed { try await base.claimOverdue(at: time, limit: limit, lease: lease) }
    }

    /// Finds when the first caller stops waiting.
    package func nextStartLimit() async throws -> Date? { try await disturbed { try await base.nextStartLimit() } }

    /// Reads the names of tasks.
    package func waitingTaskNames() async throws -> [WorkName: Int] {
        try await disturbed { try await base.waitingTaskNames() }
    }

    /// Gives back.
    package func giveBack(_ items: [ActivityWorkItem], _ way: TaskReturn) async throws {
        try await disturbed { try await base.giveBack(items, way) }
    }

    /// Gives back.
    package func giveBack(leases: Set<Int64>) async throws {
        try await disturbed { try await base.giveBack(leases: leases) }
    }

    /// Reads a payload.
    package func payload(_ row: String) async throws -> String? { try await disturbed { try await base.payload(row) } }

    /// Reads tasks.
    package func tasks(of id: String) async throws -> [QueuedTask] {
        try await disturbed { try await base.tasks(of: id) }
    }

    /// Takes tasks up again.
    package func unparkTasks(of id: String) async throws -> Set<WorkName> {
        try await disturbed { try await base.unparkTasks(of: id) }
    }

    /// Reads an entity.
    package func entity(_ id: String) async throws -> StoredEntity? {
        try await disturbed { try await base.entity(id) }
    }

    /// Reads entities.
    package func entities(_ query: EntityQuery) async throws -> EntityPage {
        try await disturbed { try await base.entities(query) }
    }

    /// Reads locks.
    package func entitiesLocked(by id: String) async throws -> [String] {
        try await disturbed { try await base.entitiesLocked(by: id) }
    }

    /// Deletes entities that hold nothing.
    package func deleteEmptyEntities(_ ids: [String]) async throws -> Int {
        try await disturbed { try await base.deleteEmptyEntities(ids) }
    }
}
