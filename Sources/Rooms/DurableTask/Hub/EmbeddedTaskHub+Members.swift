// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import FoundationEssentials
import Telemetry

/// How the processes that share a store work together.
///
/// Every member renews its membership in the store; what a member that stopped doing so had in hand is free again.
/// An instance is kept in memory by one member at a time, whom the others' commits tell of its news.
extension EmbeddedTaskHub {
    /// How many instances are taken over at once.
    private static let claimBatch = 64

    /// The store, when other processes work on it, too.
    var shared: (any SharedHubStore)? { store.isShared ? store as? any SharedHubStore : nil }

    /// Takes over instances with news that nobody keeps in memory.
    ///
    /// - Returns: whether there were any.
    func claimInstances() async throws -> Bool {
        guard let shared else { return false }
        let mayClaim = state.withLock { state in
            defer { state.mayClaim = false }
            return state.mayClaim
        }
        guard mayClaim else { return false }
        do {
            let claimed = try await shared.claimInstances(at: clock.now, limit: Self.claimBatch)
            wake { state in
                for news in claimed { state.instances.mustLoad(news) }
                if claimed.count == Self.claimBatch { state.mayClaim = true }
            }
            return !claimed.isEmpty
        } catch {
            state.withLock { $0.mayClaim = true }
            throw error
        }
    }

    /// Lets instances be claimed: there may be some that nobody keeps in memory.
    func offerClaims() {
        let bell = state.withLock { state -> Bell? in
            state.mayClaim = true
            return state.waiters.instances.popLast()?.bell
        }
        bell?.ring()
    }

    /// Renews this process's membership, and ends those that were not renewed.
    func keepMembership(_ shared: any SharedHubStore) async throws {
        while !Task.isCancelled {
            do {
                try await shared.renewMembership(for: leaseDuration)
                if try await shared.expireMembers() { try await lookAround() }
                try await dropLostTasks(shared)
            } catch let error as TaskHubError where error.code == .ownerChanged {
                try await joinAgain()
            } catch is CancellationError {
                break
            } catch {
                log(.warning, "the membership of the task hub could not be renewed", ["error": "\(error)"])
            }
            try? await clock.sleep(until: clock.now.adding(leaseDuration / 3))
        }
        try? await shared.leave()
    }

    /// Makes up for signals that were missed: looks for tasks and instances that are free.
    func lookAround() async throws {
        let names = try await store.waitingTaskNames()
        wake { state in
            for name in names { state.activities.markInStore(name) }
        }
        offerClaims()
    }

    /// Stops what runs for instances that ended elsewhere.
    private func dropLostTasks(_ shared: any SharedHubStore) async throws {
        let running = state.withLock { $0.activities.running }
        guard !running.isEmpty else { return }
        let held = try await shared.heldTasks(running.map(\.sequence))
        cancel(Set(running.filter { !held.contains($0.sequence) }.map(\.instanceID)))
    }

    private func cancel(_ instances: Set<String>) {
        var bells: [Bell] = []
        wake { state in
            for id in instances where state.activities.cancel(id) {
                bells += state.waiters.cancellations.map(\.bell)
                state.waiters.cancellations = []
            }
        }
        for bell in bells { bell.ring() }
    }

    /// Begins again as another member, after this one was thought dead: others have what it had in hand.
    private func joinAgain() async throws {
        log(.warning, "this process was too slow to renew its membership of the task hub; it begins again")
        let owner = try await store.join(for: leaseDuration)
        var unstored: [CheckedContinuation<Bool, Never>] = []
        var bells: [Bell] = []
        wake { state in
            unstored = state.beginAgain(as: owner)
            bells = state.waiters.cancellations.map(\.bell)
            state.waiters.cancellations = []
        }
        for bell in bells { bell.ring() }
        for waiter in unstored { waiter.resume(returning: false) }
        try await recover()
    }

    /// Acts on what other members' commits say.
    func hear(_ signals: AsyncStream<HubSignal>) async {
        let poll = Bell()
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                for await signal in signals { await self.hear(signal) }
            }
            group.addTask { await self.pollSlowly(poll) }
            await group.waitForAll()
        }
    }

    private func hear(_ signal: HubSignal) async {
        switch signal {
        case .news(let id, let name, let owner):
            if owner == state.withLock({ $0.owner }) {
                wake { $0.instances.mustLoad(InstanceNews(id: id, name: name)) }
            } else if owner == 0 {
                offerClaims()
            }
        case .tasks(let name): offerStored(name)
        case .ended(let id):
            let bells = state.withLock { $0.waiters.takeChanged(id, isEnded: true) }
            for bell in bells { bell.ring() }
        case .cancelled(let id): cancel([id])
        case .missed: try? await lookAround()
        }
    }

    /// Looks around from time to time, should a signal have been lost.
    private func pollSlowly(_ bell: Bell) async {
        while !Task.isCancelled {
            try? await clock.sleep(until: clock.now.adding(configuration.fallbackPoll))
            if Task.isCancelled { return }
            do {
                try await lookAround()
            } catch {
                log(.warning, "the task hub's store could not be asked for work", ["error": "\(error)"])
            }
        }
    }
}

extension EmbeddedTaskHub.State {
    /// Forgets everything that belongs to others now.
    ///
    /// - Returns: who waits for what was not stored.
    fileprivate mutating func beginAgain(as owner: Int64) -> [CheckedContinuation<Bool, Never>] {
        self.owner = owner
        nextLease = owner << 32
        activities.cancelAll()
        return instances.forgetWaiting()
    }
}
