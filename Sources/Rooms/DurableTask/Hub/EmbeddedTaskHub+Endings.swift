// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import FoundationEssentials
import Telemetry

// The ends of instances that no worker would bring about: they were set aside, or nobody here takes their like.
//
// All others are ended by the workers that have heard what came before.
extension EmbeddedTaskHub {
    /// How long it takes until what could not be ended is tried again.
    private static let terminationPause = Duration.seconds(5)

    /// Ends an instance that no worker would end, in one transaction.
    ///
    /// - Parameter termination: What it is told; nil for what it was told before.
    /// - Returns: false when it is a worker's, or there is nothing to end.
    func endUnattended(_ id: String, _ termination: HistoryEvent.Kind?) async throws -> Bool {
        guard let page = try await store.inbox(of: id, at: clock.now, limit: Self.messageBatch),
            state.withLock({ $0.isUnattended(page.head) })
        else { return false }
        var events = page.news.map(\.event)
        if let termination { events.append(HistoryEvent(at: clock.now, termination)) }
        guard let end = events.termination else { return false }
        let episode = try await episode(ending: page, events, end)
        return try await ask(episode.locks) { $0.endUnattended(episode) }
    }

    private func episode(
        ending page: InboxPage, _ events: [HistoryEvent], _ end: (reason: String?, recurse: Bool)
    ) async throws -> Episode {
        let head = page.head
        let item = OrchestrationWorkItem(
            instanceID: head.id, name: head.name, events: [HistoryEvent(at: clock.now, .orchestratorStarted)] + events,
            messages: page.messages.map(\.sequence))
        let completion = OrchestratorAction(
            id: -1, .completeOrchestration(Completion(.terminated, result: end.reason)))
        var position = HistoryPosition(
            executionID: head.executionID, eventCount: head.eventCount, byteCount: head.byteCount)
        position.parentID = head.parent?.instanceID
        var episode = Episode(item: item, turn: OrchestratorTurn(actions: [completion]), position: position)
        if end.recurse { episode.children = try await store.children(of: head.id) }
        episode.lockedEntities = try await store.entitiesLocked(by: head.id)
        episode.openLocks = try await openLocks(of: head.id)
        return episode
    }

    /// Takes note of instances that were told to end with others, and that no worker would hear.
    func noteTerminations(_ draft: HubDraft) {
        let told = draft.changes.messages.filter(\.event.kind.terminates).compactMap { draft[$0.id] }
        if told.isEmpty { return }
        let isAnyLeft = state.withLock { state in
            let unattended = told.filter { state.isUnattended($0) }.map(\.id)
            state.terminations += unattended
            return !unattended.isEmpty
        }
        if isAnyLeft { setAlarm(clock.now) }
    }

    /// Ends what was told to end, and what is told by these ends; what cannot be ended now is tried again later.
    func settleTerminations() async {
        var failed: [String] = []
        while let id = state.withLock({ $0.terminations.popLast() }) {
            do {
                _ = try await endUnattended(id, nil)
            } catch {
                log(.error, "an instance could not be ended", ["instance": id, "error": "\(error)"])
                failed.append(id)
            }
        }
        guard !failed.isEmpty else { return }
        state.withLock { [failed] in $0.terminations += failed }
        setAlarm(clock.now.adding(Self.terminationPause))
    }
}

extension EmbeddedTaskHub.State {
    /// Whether no worker would hear what an instance is told.
    fileprivate func isUnattended(_ head: InstanceHead) -> Bool {
        guard !head.status.isFinal, !head.isExpected, !head.isEntity else { return false }
        return head.isParked || (head.owner == 0 || head.owner == owner) && !served.admits(head.route)
    }
}

extension [HistoryEvent] {
    /// What the first of them says that ends an instance.
    fileprivate var termination: (reason: String?, recurse: Bool)? {
        for case .executionTerminated(let reason, let recurse) in lazy.map(\.kind) { return (reason, recurse) }
        return nil
    }
}
