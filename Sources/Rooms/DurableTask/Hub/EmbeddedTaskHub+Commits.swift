// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import FoundationEssentials

extension EmbeddedTaskHub {
    /// What was decided, kept from the transaction until it is durable.
    private final class Decision: Sendable {
        let made = Lock<(draft: HubDraft, results: [Result<Void, any Error>])?>(nil)
    }

    /// Commits requests in one transaction; what follows from them is to be handed out then.
    ///
    /// When the store refuses what they ask for together, each half of them is committed by itself, in order: in the
    /// end only those hear of it who ask for what it does not take.
    func commit(_ requests: [HubRequest]) async -> HubCommit {
        do {
            return try await commitTogether(requests)
        } catch let error as TaskHubError where error.isRefusal && requests.count > 1 {
            let half = requests.count / 2
            let first = await commit(Array(requests.prefix(half)))
            let second = await commit(Array(requests.suffix(from: half)))
            return HubCommit(results: first.results + second.results) {
                first.handOut()
                second.handOut()
            }
        } catch {
            return HubCommit(results: requests.map { _ in .failure(error) }) {}
        }
    }

    private func commitTogether(_ requests: [HubRequest]) async throws -> HubCommit {
        var locks = HubLocks()
        for request in requests { locks.formUnion(request.locks) }
        locks.targets.subtract(locks.subjects)
        let subjects = locks.subjects
        let decision = Decision()
        let begin: ContinuousClock.Instant? = metrics == nil ? nil : .now
        let (owner, kept) = state.withLock { ($0.owner, keptWork(in: &$0)) }
        do {
            let receipt = try await store.commit(locks, as: owner) { heads in
                var draft = HubDraft(
                    heads, owner: owner, isShared: self.store.isShared, keeping: kept, at: self.clock.now)
                let results = requests.map { request in Result { try request.decide(&draft) } }
                draft.dropUnheard()
                draft.offerUnclaimed(subjects)
                self.askForEnds(&draft.changes)
                decision.made.withLock { $0 = (draft, results) }
                return draft.changes
            }
            guard let made = decision.made.withLock({ $0 }) else { preconditionFailure("a commit was decided") }
            metrics?.committed(made.draft, requests.count, since: begin)
            return HubCommit(results: made.results) { self.handOut(made.draft, receipt) }
        } catch let error as TaskHubError where error.isRefusal {
            // Nothing of it is in the store, and what is decided again brings the same leases.
            throw error
        } catch {
            if let made = decision.made.withLock({ $0 }) { distrust(made.draft) }
            await beginAgain(after: error, as: owner)
            throw error
        }
    }

    /// Lets the commit say how instances ended that somebody waits for: it costs less than to ask afterwards.
    private func askForEnds(_ changes: inout HubChanges) {
        let ended = changes.moves.lazy.filter { $0.completion != nil }.map(\.id)
        if ended.isEmpty { return }
        changes.awaited = state.withLock { state in ended.filter { state.waiters.ends[$0] != nil } }
    }

    /// What of the new instances this process keeps; in a shared hub, what it can soon work on.
    private func keptWork(in state: inout State) -> KeptWork {
        guard store.isShared else { return .all }
        let room = state.instancePace.room(at: clock.now, least: configuration.sharedQueue)
        return KeptWork(served: state.served, hasRoom: state.instances.waitingCount < room)
    }

    /// Puts what is durable now into the queues.
    private func handOut(_ draft: HubDraft, _ receipt: HubReceipt) {
        var unstored: [PendingResult] = []
        var dropped: [CheckedContinuation<Bool, Never>] = []
        var bells: [Bell] = []
        // Read after the commit: a timer that is due by now may have been passed over by the look for due timers.
        let now = clock.now
        wake { state in
            for id in draft.news.endedRuns { unstored += state.instances.endRun(id) }
            state.deliver(draft, receipt, at: now)
            for news in draft.news.mustLoad { state.instances.mustLoad(news) }
            for (task, row) in zip(draft.changes.tasks, receipt.tasks) {
                state.queue(task, row, for: draft[task.execution.instanceID])
            }
            for id in draft.news.dropped { dropped += state.instances.drop(id) }
            state.waiters.report(receipt.ends)
            bells = state.takeBells(for: draft)
        }
        for waiter in unstored.map(\.waiter) + dropped { waiter.resume(returning: false) }
        for bell in bells { bell.ring() }
        noteTerminations(draft)
        if draft.leavesUnclaimed { offerClaims() }
        let limits = draft.changes.tasks.lazy.compactMap(\.startLimit)
        if let alarm = ([draft.firstTimer(after: now), limits.min()].compactMap(\.self)).min() { setAlarm(alarm) }
    }
}

extension EmbeddedTaskHub.State {
    fileprivate mutating func deliver(_ draft: HubDraft, _ receipt: HubReceipt, at now: Date) {
        let reread = Set(draft.news.mustLoad.map(\.id))
        for (message, row) in zip(draft.changes.messages, receipt.messages) {
            guard let head = draft[message.id], draft.isMine(head), head.isAwake, !reread.contains(head.id) else {
                continue
            }
            if case .at(let time) = message.visibility, time > now { continue }
            let news = head.news
            // Before an instance that was claimed of late there may be messages whose signals are still on their way.
            if head.isEntity || message.visibility.order > 0 || claims[head.id] != nil
                || head.status == .pending && !message.event.kind.begins
            {
                instances.mustLoad(news)
            } else {
                let stored = StoredMessage(sequence: row, executionID: message.executionID, event: message.event)
                instances.arrived(stored, for: news)
            }
        }
    }

    fileprivate mutating func queue(_ task: NewTask, _ row: Int64, for head: InstanceHead?) {
        guard let lease = task.lease else {
            return activities.markInStore(task.call.workName, upTo: task.call.priority)
        }
        if head?.isRun(task.execution) == true { instances.expectResults(of: task.execution) }
        var item = ActivityWorkItem(
            sequence: row, lease: lease, deliveries: 1, execution: task.execution, (task.id, task.call))
        item.queuedAt = task.time
        item.joins = task.joins
        item.orchestration = task.orchestration
        item.orchestrationVersion = head?.version
        activities.append(item)
    }

    /// The bells of those who wait for what the changes brought about.
    fileprivate mutating func takeBells(for draft: HubDraft) -> [Bell] {
        var bells: [Bell] = []
        for id in draft.news.cancelled where activities.cancel(id) { bells += waiters.takeCancellations() }
        for move in draft.changes.moves { bells += waiters.takeChanged(move.id, isEnded: move.completion != nil) }
        for id in draft.changes.deletedInstances { bells += waiters.takeChanged(id, isEnded: true) }
        return bells
    }
}

extension TaskHubError {
    /// Whether the store has written nothing because of a value that it does not take, or of a row that it cannot read.
    fileprivate var isRefusal: Bool { code == .invalid || code == .corrupt }
}

extension HubDraft {
    /// Whether there is news for instances that no process keeps in memory.
    fileprivate var leavesUnclaimed: Bool {
        changes.signals.contains { if case .news(_, owner: 0) = $0 { true } else { false } }
    }

    /// When the first of the new timers of this process's instances is due.
    fileprivate func firstTimer(after now: Date) -> Date? {
        var first: Date?
        for message in changes.messages {
            guard case .at(let fireAt) = message.visibility, fireAt > now else { continue }
            first = min(first ?? fireAt, fireAt)
        }
        return first
    }
}
