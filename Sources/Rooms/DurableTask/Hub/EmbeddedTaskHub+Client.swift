// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import FoundationEssentials
import Telemetry

extension EmbeddedTaskHub {
    /// Creates an instance, or finds the one that has the id already.
    public func start(_ request: StartRequest) async throws -> StartOutcome {
        try check(request)
        var request = request
        let input = referring(to: request.input)
        request.input = input.carrier
        let start = NewStart(
            event: ExecutionStarted(request, executionID: UUID.random().uuidString), replaces: request.replaces,
            payloads: input.payloads)
        let isPlain = request.replaces.isEmpty && request.scheduledStart == nil && input.payloads.isEmpty
        if isPlain, await startAtOnce(start) { return .created }
        // A running instance that is replaced leaves its locks behind.
        let open = request.replaces.isEmpty ? [] : try await openLocks(of: request.id)
        let locks = HubLocks([request.id], targets: Set(open.flatMap(\.lockSet)))
        return try await ask(locks) { draft in
            let outcome = draft.start(start)
            if outcome == .created { draft.giveBack(open) }
            return outcome
        }
    }

    /// Stores what a client wants.
    func ask<Value: Sendable>(
        _ locks: HubLocks, _ decide: @escaping @Sendable (inout HubDraft) throws -> Value
    ) async throws -> Value {
        try await asMember { try await journal.perform(locks, decide) }
    }

    /// Does something again when this process was no member any more, and has begun again.
    func asMember<Value: Sendable>(_ body: () async throws -> Value) async throws -> Value {
        let owner = state.withLock { $0.owner }
        do {
            return try await body()
        } catch let error as TaskHubError where error.code == .membershipLost {
            guard await beginAgain(after: error, as: owner) else { throw error }
            return try await body()
        }
    }

    /// Stores an instance together with its first episode, when a worker of this process has nothing else to do.
    ///
    /// - Returns: false when that was not possible, because the id is taken or no worker waits.
    private func startAtOnce(_ start: NewStart) async -> Bool {
        await withCheckedContinuation { waiter in
            var isAccepted = false
            wake { state in
                guard state.waiters.hasImmediateWorker(for: start.news.route) else { return }
                isAccepted = state.instances.arrived(PendingStart(start: start, waiter: waiter))
            }
            if !isAccepted { waiter.resume(returning: false) }
        }
    }

    private func check(_ request: StartRequest) throws {
        if let fault = NameFault.of(request) { throw fault.refusal }
        try check(request.input, "the input")
        for (name, value) in request.tags { try check(value, "the tag \"\(name)\"") }
        let news = InstanceNews(id: request.id, name: request.name, version: request.version)
        let limit = configuration.maximumWaitingInstances
        let waiting = state.withLock { $0.waitingCount(beside: news.route, limit: limit) }
        guard waiting < limit else {
            throw TaskHubError(.full, "\(waiting) instances wait for a worker; try again later")
        }
    }

    private func check(_ payload: String?, _ what: String) throws {
        if let failure = configuration.failure(ofPayload: payload, what) {
            throw TaskHubError(refusing: failure)
        }
    }

    /// What is known of an instance.
    public func status(of id: String) async throws -> InstanceStatus? {
        guard let status = try await store.status(of: id) else { return nil }
        return try await resolvingPayloads(of: status)
    }

    /// Instances that match, newest first.
    public func list(_ query: InstanceQuery) async throws -> InstancePage {
        guard query.limit > 0 else { throw TaskHubError(.invalid, "a page has at least one instance") }
        if let after = query.after, Int64(after) == nil {
            throw TaskHubError(.invalid, "\"\(after)\" is not where a page ended; pass the last page's own text")
        }
        var page = try await store.list(query)
        guard query.includesPayloads else { return page }
        for index in page.instances.indices {
            page.instances[index] = try await resolvingPayloads(of: page.instances[index])
        }
        return page
    }

    /// How many instances there are in each state.
    public func countByStatus(_ query: InstanceQuery) async throws -> [RuntimeStatus: Int] {
        try await store.countByStatus(query)
    }

    /// What happened in an instance so far.
    public func history(of id: String) async throws -> [HistoryEvent] {
        guard let history = try await store.history(of: id), !history.position.executionID.isEmpty else {
            throw TaskHubError.notFound(id)
        }
        return try await resolvingPayloads(of: history.events)
    }
}

// Waiting.
extension EmbeddedTaskHub {
    /// Waits until an instance has ended.
    public func waitForCompletion(of id: String) async throws -> InstanceStatus {
        if let end = try await waitForRun(of: id) { return try await resolvingPayloads(of: end) }
        return try await wait(\.ends, id) { $0.status.isFinal }
    }

    /// Waits while this process works on a run of an instance: one of its own commits ends it, so there is nothing to
    /// ask the store before.
    ///
    /// - Returns: how it ended; nil when the store has to be asked.
    private func waitForRun(of id: String) async throws -> InstanceStatus? {
        let bell = Bell()
        let mustWait = state.withLock { state in
            guard state.instances.hasRun(id) else { return false }
            state.waiters.ends[id, default: []].append(bell)
            return true
        }
        guard mustWait else { return nil }
        defer { forget(bell, \.ends, id) }
        await wait(for: bell)
        try Task.checkCancellation()
        return state.withLock { $0.waiters.takeReport(bell) }
    }

    /// Waits until a worker has begun with an instance.
    public func waitForStart(of id: String) async throws -> InstanceStatus {
        try await wait(\.beginnings, id) { $0.status != .pending }
    }

    private func wait(
        _ bells: any WritableKeyPath<HubWaiters, [String: [Bell]]> & Sendable, _ id: String,
        until isReached: (InstanceStatus) -> Bool
    ) async throws -> InstanceStatus {
        var isWatched = false
        while true {
            let bell = Bell()
            state.withLock { $0.waiters[keyPath: bells][id, default: []].append(bell) }
            defer { forget(bell, bells, id) }
            guard let status = try await store.status(of: id) else { throw TaskHubError.notFound(id) }
            if isReached(status) { return try await resolvingPayloads(of: status) }
            if store.isShared, !isWatched {
                // Another process may bring it about; it says so when it knows that somebody waits.
                let isSame = try await ask(HubLocks([id])) { try $0.watch(id) == status.status }
                isWatched = true
                guard isSame else { continue }
            }
            await wait(for: bell)
            try Task.checkCancellation()
        }
    }

    /// Waits for a bell; in a shared hub not for ever, since a signal may be lost with a connection.
    private func wait(for bell: Bell) async {
        guard store.isShared else { return await bell.wait() }
        // In real time, not on the hub's clock: connections fail by it.
        await bell.wait { [configuration] in try? await Task.sleep(for: configuration.fallbackPoll) }
    }

    private func forget(
        _ bell: Bell, _ bells: any WritableKeyPath<HubWaiters, [String: [Bell]]> & Sendable, _ id: String
    ) {
        state.withLock { state in
            _ = state.waiters.takeReport(bell)
            state.waiters[keyPath: bells][id]?.removeAll { $0 === bell }
            if state.waiters[keyPath: bells][id]?.isEmpty == true { state.waiters[keyPath: bells][id] = nil }
        }
    }
}

// Messages.
extension EmbeddedTaskHub {
    /// Ends an instance as terminated, and its unfinished children with it.
    public func terminate(_ id: String, reason: String, isRecursive: Bool) async throws {
        let reason = try Payload.encode(reason)
        try check(reason, "the reason")
        let termination = HistoryEvent.Kind.executionTerminated(reason: reason, recurse: isRecursive)
        if try await !endUnattended(id, termination) { try await tell(id, termination) }
        await settleTerminations()
    }

    /// Makes an instance hold still.
    public func suspend(_ id: String, reason: String?) async throws {
        try check(reason, "the reason")
        try await tell(id, .executionSuspended(reason: reason))
    }

    /// Lets an instance go on that was suspended.
    public func resume(_ id: String, reason: String?) async throws {
        try check(reason, "the reason")
        try await tell(id, .executionResumed(reason: reason))
    }

    /// Tells an instance something; it is durable when the call returns.
    public func raiseEvent(_ event: SentEvent, ifMissing: MissingInstance) async throws {
        try check(event.input, "the event")
        if let fault = NameFault.of(event) { throw fault.refusal }
        try await tell(
            event.instanceID, .eventRaised(name: event.name, input: event.input), keeps: ifMissing == .keep)
    }

    private func tell(_ id: String, _ kind: HistoryEvent.Kind, keeps: Bool = false) async throws {
        if NameFault.of(instance: id) != nil { throw TaskHubError.notFound(id) }
        let event = await referring(to: HistoryEvent(at: clock.now, kind))
        let locks = keeps ? HubLocks([id]) : HubLocks(targets: [id])
        let outcome = try await ask(locks) { draft in
            draft.post(event.carrier, with: event.payloads, to: id, keeps: keeps)
        }
        if outcome == .notFound { throw TaskHubError.notFound(id) }
    }
}

// Beginning anew, and the end.
extension EmbeddedTaskHub {
    /// Runs an instance that has ended again from its beginning.
    public func restart(_ id: String) async throws {
        let status = try await ended(id)
        let event = ExecutionStarted(again: status, as: id)
        try await ask(HubLocks([id])) { try $0.restart(status, as: event) }
    }

    /// Starts another instance with the name, input and tags of one that has ended.
    public func restart(_ id: String, as newID: String) async throws -> StartOutcome {
        if let fault = NameFault.of(instance: newID) { throw fault.refusal }
        let status = try await ended(id)
        let start = NewStart(event: ExecutionStarted(again: status, as: newID))
        return try await ask(HubLocks([newID])) { $0.start(start) }
    }

    private func ended(_ id: String) async throws -> InstanceStatus {
        guard let status = try await store.status(of: id) else { throw TaskHubError.notFound(id) }
        guard status.status.isFinal else { throw TaskHubError.running(id) }
        return status
    }

    /// Takes up what the hub set aside.
    @discardableResult
    public func retry(_ id: String) async throws -> Bool {
        guard let isParked = try await isParked(id) else { throw TaskHubError.notFound(id) }
        let names = try await asMember { try await store.unparkTasks(of: id) }
        for name in names { offerStored(name, upTo: .max) }
        guard isParked else { return !names.isEmpty }
        try await ask(HubLocks([id])) { try $0.park(id, because: nil) }
        return true
    }

    /// Whether an instance or entity was set aside; nil when there is none.
    private func isParked(_ id: String) async throws -> Bool? {
        if InstanceHead.isEntity(id) { return try await store.entity(id)?.head.isParked }
        return try await store.status(of: id).map { $0.parked != nil }
    }
}

extension ExecutionStarted {
    /// How an instance begins that has ended before.
    fileprivate init(again status: InstanceStatus, as id: String) {
        self.init(
            name: status.name, version: status.version, input: status.input, instanceID: id,
            executionID: UUID.random().uuidString)
        tags = status.tags
        traceContext = .current
    }
}
