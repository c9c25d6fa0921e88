// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
public import FoundationEssentials

extension EmbeddedTaskHub {
    /// Creates an instance, or finds the one that has the id already.
    public func start(_ request: StartRequest) async throws -> StartOutcome {
        try check(request)
        let start = ExecutionStarted(
            name: request.name, input: request.input, instanceID: request.id, executionID: UUID().uuidString)
        guard let message = try await store.create(start, at: clock.now) else { return .existing }
        wakeInstanceWaiter { $0.instances.arrived(message, for: request.id) }
        return .created
    }

    private func check(_ request: StartRequest) throws {
        guard !request.id.isEmpty, request.id.utf8.count <= 1024, !request.name.isEmpty else {
            throw TaskHubError(.invalid, "an instance needs an id of 1 to 1024 bytes and the name of an orchestration")
        }
        if let failure = configuration.failure(ofPayload: request.input, "the input") {
            throw TaskHubError(.payloadTooLarge, failure.message)
        }
        let waiting = state.withLock { $0.instances.waitingCount }
        guard waiting < configuration.maximumWaitingInstances else {
            throw TaskHubError(.full, "\(waiting) instances wait for a worker; try again later")
        }
    }

    /// What is known of an instance.
    public func status(of id: String) async throws -> InstanceStatus? { try await store.status(of: id) }

    /// Instances that match, newest first.
    public func list(_ query: InstanceQuery) async throws -> InstancePage {
        guard query.limit > 0 else { throw TaskHubError(.invalid, "a page has at least one instance") }
        if let after = query.after, Int64(after) == nil {
            throw TaskHubError(.invalid, "\"\(after)\" is not where a page ended; pass the last page's own text")
        }
        return try await store.list(query)
    }

    /// Waits until an instance has ended.
    public func waitForCompletion(of id: String) async throws -> InstanceStatus {
        while true {
            let bell = Bell()
            state.withLock { $0.completionWaiters[id, default: []].append(bell) }
            defer { forget(bell, id) }
            guard let status = try await store.status(of: id) else { throw TaskHubError.notFound(id) }
            if status.status.isFinal { return status }
            await bell.wait()
            try Task.checkCancellation()
        }
    }

    private func forget(_ bell: Bell, _ id: String) {
        state.withLock { state in
            state.completionWaiters[id]?.removeAll { $0 === bell }
            if state.completionWaiters[id]?.isEmpty == true { state.completionWaiters[id] = nil }
        }
    }

    /// What happened in an instance so far.
    public func history(of id: String) async throws -> [HistoryEvent] {
        guard let history = try await store.history(of: id) else { throw TaskHubError.notFound(id) }
        return history.events
    }

    /// Ends an instance as terminated.
    public func terminate(_ id: String, reason: String) async throws {
        if let failure = configuration.failure(ofPayload: reason, "the reason") {
            throw TaskHubError(.payloadTooLarge, failure.message)
        }
        let event = HistoryEvent(at: clock.now, .executionTerminated(reason: try Payload.encode(reason), recurse: true))
        switch try await store.post(event, to: id) {
        case .stored(let message): wakeInstanceWaiter { $0.instances.arrived(message, for: id) }
        case .ended: break
        case .notFound: throw TaskHubError.notFound(id)
        }
    }

    /// Runs an instance that has ended again from its beginning.
    public func restart(_ id: String) async throws {
        let message = try await store.restart(id, as: UUID().uuidString, at: clock.now)
        wakeInstanceWaiter { $0.instances.arrived(message, for: id) }
    }

    /// Deletes instances that ended before a time, in small transactions.
    public func purge(endedBefore time: Date, statuses: Set<RuntimeStatus>) async throws -> Int {
        let ended = statuses.filter(\.isFinal)
        guard !ended.isEmpty else { return 0 }
        var count = 0
        while true {
            try Task.checkCancellation()
            let deleted = try await store.purge(
                endedBefore: time, statuses: ended, limit: configuration.purgeBatch)
            count += deleted
            if deleted < configuration.purgeBatch { return count }
        }
    }
}
