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
    /// How long a claim is remembered: longer than any transaction that began before it.
    private static let claimMemory = Duration.seconds(60)
    /// How many messages a look for what was missed reads.
    private static let lookBatch = 1_000

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
        let (owner, strangers) = state.withLock { ($0.owner, $0.strangers) }
        do {
            let claimed = try await shared.claimInstances(
                at: clock.now, except: strangers, limit: Self.claimBatch, as: owner)
            try await keepServed(claimed, shared)
            return !claimed.isEmpty
        } catch {
            state.withLock { $0.mayClaim = true }
            if await beginAgain(after: error, as: owner) { return true }
            throw error
        }
    }

    /// Keeps those instances that workers of this process take, of those that it has just claimed.
    private func keepServed(_ claimed: [InstanceNews], _ shared: any SharedHubStore) async throws {
        let strange = state.withLock { state in
            let strange = claimed.filter { !state.served.admits($0.route) }
            state.strangers.formUnion(strange.map(\.kindName))
            return strange
        }
        let kept = strange.isEmpty ? claimed : claimed.filter { !strange.contains($0) }
        wake { state in
            for news in kept {
                state.instances.mustLoad(news)
                state.claims[news.id] = .now
            }
            if claimed.count >= Self.claimBatch { state.mayClaim = true }
        }
        if !strange.isEmpty { try await shared.disown(strange) }
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
            let owner = state.withLock { $0.owner }
            var pause = configuration.membershipDuration / 3
            do {
                try await shared.renewMembership(for: configuration.membershipDuration)
                let check = try await shared.expireMembers()
                if let next = check.next { pause = min(pause, next) }
                if check.hasEnded { try await lookAround() }
                try await dropLostTasks(shared)
            } catch let error as TaskHubError where error.code == .membershipLost {
                await beginAgain(after: error, as: owner)
            } catch is CancellationError {
                break
            } catch {
                log(.warning, "the membership of the task hub could not be renewed", ["error": "\(error)"])
            }
            // Not on the hub's clock: memberships end by the database's.
            try? await Task.sleep(for: pause)
        }
        await leave(shared)
    }

    /// Ends the membership once the work in hand was given back, or after a moment.
    private func leave(_ shared: any SharedHubStore) async {
        // Unstructured: the task around it is cancelled, and could not wait.
        await Task {
            let deadline = ContinuousClock.now + .seconds(1)
            while state.withLock({ !$0.activities.running.isEmpty }), ContinuousClock.now < deadline {
                try? await Task.sleep(for: .milliseconds(2))
            }
            try? await shared.leave()
        }.value
    }

    /// Makes up for signals that were missed: looks for tasks and instances that are free, and for news of this
    /// member's own.
    func lookAround() async throws {
        let names = try await store.waitingTaskNames()
        let ready = try await store.readyInstances(after: .min, limit: Self.lookBatch)
        wake { state in
            for instance in ready where !state.instances.knows(instance.news.id) {
                state.instances.mustLoad(instance.news)
            }
            for (name, priority) in names { state.activities.markInStore(name, upTo: priority) }
            state.mustLook = true
            state.claims = state.claims.filter { $0.value.duration(to: .now) < Self.claimMemory }
        }
        if let shared { try await giveUnservedBack(shared) }
        alarmBell.ring()
        offerClaims()
    }

    /// Stops what runs, and forgets what waits to run, of the tasks that this process does not hold any more.
    ///
    /// The store is asked about each: an instance that was ended elsewhere may have begun anew meanwhile, and what
    /// came to its end here a moment ago has been followed by other tasks.
    ///
    /// - Parameter instanceID: Whose tasks; nil for all.
    private func dropLostTasks(of instanceID: String? = nil, _ shared: any SharedHubStore) async throws {
        let items = state.withLock { $0.activities.items(of: instanceID) }
        guard !items.isEmpty else { return }
        let held = try await shared.heldTasks(items)
        let lost = items.filter { !held.contains($0.sequence) }
        var bells: [Bell] = []
        wake { state in
            if state.activities.drop(lost) { bells = state.waiters.takeCancellations() }
        }
        for bell in bells { bell.ring() }
    }

    /// Begins again as another member, when an error says that this one was thought dead: others have what it had in
    /// hand.
    ///
    /// - Returns: whether it is another member now.
    @discardableResult
    func beginAgain(after error: any Error, as lost: Int64) async -> Bool {
        guard (error as? TaskHubError)?.code == .membershipLost else { return false }
        let beginning = state.withLock { state -> Task<Void, Never>? in
            guard state.owner == lost else { return nil }
            if let beginning = state.beginning { return beginning }
            // Unstructured: everybody who finds the membership lost waits for the one beginning.
            let beginning = Task { await self.beginAgain() }
            state.beginning = beginning
            return beginning
        }
        await beginning?.value
        return state.withLock { $0.owner != lost }
    }

    private func beginAgain() async {
        log(.warning, "this process was too slow to renew its membership of the task hub; it begins again")
        var unstored: [CheckedContinuation<Bool, Never>] = []
        do {
            let owner = try await store.join(for: configuration.membershipDuration)
            var bells: [Bell] = []
            wake { state in
                unstored = state.beginAgain(as: owner)
                bells = state.waiters.takeCancellations() + state.waiters.takeEnds()
            }
            for bell in bells { bell.ring() }
            try await recover()
            offerClaims()
        } catch {
            log(.error, "the task hub could not be joined again", ["error": "\(error)"])
        }
        state.withLock { $0.beginning = nil }
        for waiter in unstored { waiter.resume(returning: false) }
    }

    /// Acts on what other members' commits say.
    func hear(_ signals: AsyncStream<HubSignal>) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                for await signal in signals { await self.hear(signal) }
            }
            group.addTask { await self.pollSlowly() }
            await group.waitForAll()
        }
    }

    private func hear(_ signal: HubSignal) async {
        switch signal {
        case .news(let news, let owner):
            // Who sent it may have looked before this process claimed the instance.
            if state.withLock({ $0.owner == owner || $0.claims[news.id] != nil }) {
                wake { $0.instances.mustLoad(news) }
            } else if owner == 0 {
                offerClaims()
            }
        case .tasks(let name, let priority): offerStored(name, upTo: priority)
        case .ended(let id):
            let bells = state.withLock { $0.waiters.takeChanged(id, isEnded: true) }
            for bell in bells { bell.ring() }
        case .cancelled(let id):
            if let shared { try? await dropLostTasks(of: id, shared) }
            // Perhaps another member has begun it anew, so that no commit of this one will end it.
            let bells = state.withLock { $0.waiters.takeChanged(id, isEnded: true) }
            for bell in bells { bell.ring() }
        case .missed: try? await lookAround()
        }
    }

    /// Looks around from time to time, should a signal have been lost.
    private func pollSlowly() async {
        while !Task.isCancelled {
            try? await Task.sleep(for: configuration.fallbackPoll)
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
        doubts = LeaseDoubts()
        claims = [:]
        activities.cancelAll()
        return instances.forgetWaiting()
    }
}
