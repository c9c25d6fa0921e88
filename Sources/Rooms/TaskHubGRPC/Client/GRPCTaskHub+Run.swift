// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import DurableTask
import FoundationEssentials
import GRPC
import Protobuf
import Telemetry

// The stream of work.
extension GRPCTaskHub {
    /// Receives work, and connects again whenever the stream breaks, until the task is cancelled.
    ///
    /// Then what is left is given back.
    public func run() async throws {
        var health = StreamHealth(waits: configuration.reconnectWaits)
        while !Task.isCancelled {
            let ending = await receiveWork()
            if Task.isCancelled { break }
            forgetUnfetched()
            let step = health.next(after: ending)
            if let reason = step.reason { log(.warning, "the stream of work broke", ["reason": reason]) }
            if step.makesNewChannel { try client.reconnect() }
            try? await Task.sleep(for: step.wait)
        }
        await giveBackWhatIsLeft()
        throw CancellationError()
    }

    /// Drops what came over a stream that ended and nobody has fetched yet: the hub hands it out again, and it would
    /// run twice.
    private func forgetUnfetched() {
        guard capabilities.contains(.redelivery) else { return }
        for item in orchestrations.takeAll() { held.dropEpisode(item.number) }
        for item in activities.takeAll() { held.dropActivity(item.sequence) }
        for item in entityBatches.takeAll() { held.dropEntity(Int64(item.revision)) }
    }

    /// Receives until the stream ends.
    private func receiveWork() async -> StreamHealth.Ending {
        let signs = SignsOfLife()
        do {
            let _: Wire.Empty = try await client.call("Hello", Wire.Empty(), within: configuration.callTime)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await self.watch(signs) }
                group.addTask {
                    try await self.client.stream("GetWorkItems", self.request, as: Wire.WorkItem.self) { items in
                        for try await item in items {
                            signs.note()
                            await self.receive(item)
                        }
                    }
                }
                try await group.next()
                group.cancelAll()
            }
            return .closed(hadMessages: signs.isAny)
        } catch {
            return .failed(error, hadMessages: signs.isAny)
        }
    }

    /// Ends with an error when there was no sign of life for too long.
    private func watch(_ signs: SignsOfLife) async throws {
        while true {
            let deadline = signs.last + configuration.silentTime
            if deadline <= .now { throw StreamHealth.Silence() }
            try await Task.sleep(until: deadline)
        }
    }

    private var request: Wire.GetWorkItemsRequest {
        var request = Wire.GetWorkItemsRequest()
        request.maxConcurrentOrchestrationWorkItems = Int32(clamping: configuration.concurrentOrchestrations)
        request.maxConcurrentActivityWorkItems = Int32(clamping: configuration.concurrentActivities)
        request.maxConcurrentEntityWorkItems = Int32(clamping: configuration.concurrentEntities)
        request.capabilities = [Wire.WorkerCapability.historyStreaming.rawValue]
        request.workItemFilters = configuration.names.map { names in
            Wire.WorkItemFilters(
                orchestrations: names.orchestrations.sorted().map { .init(name: $0) },
                activities: names.activities.sorted().map { .init(name: $0) },
                entities: names.entities.sorted().map { .init(name: $0) })
        }
        return request
    }

    private func receive(_ item: Wire.WorkItem) async {
        switch item.kind {
        case .orchestratorRequest(let request): await receive(request, item.completionToken)
        case .activityRequest(let request): receive(request, item.completionToken)
        case .entityRequest(let request): receive(EntityWorkItem(request), item.completionToken)
        case .entityRequestV2(let request): receive(EntityWorkItem(request), item.completionToken)
        case .healthPing: break
        case nil: log(.warning, "the hub sent work of a kind that is not known here")
        }
    }

    private func receive(_ request: Wire.OrchestratorRequest, _ token: String) async {
        do {
            let request = try await withHistory(request)
            guard var answer = immediateAnswer(to: request) else { return queue(request, token) }
            answer.instanceID = request.instanceID
            answer.completionToken = token
            try await deliver(HeldWork.Calls.episode.complete, answer)
        } catch {
            log(.error, "an episode could not be received", ["instance": request.instanceID, "error": "\(error)"])
            await giveBack([(HeldWork.Calls.episode.abandon, token)])
        }
    }

    /// The request with the history that the hub wants to be asked for.
    private func withHistory(_ request: Wire.OrchestratorRequest) async throws -> Wire.OrchestratorRequest {
        guard request.requiresHistoryStreaming else { return request }
        var request = request
        request.pastEvents = try await historyEvents(
            Wire.StreamInstanceHistoryRequest(
                instanceID: request.instanceID, executionID: request.executionID, forWorkItemProcessing: true))
        return request
    }

    /// What is answered without asking the orchestrator.
    private func immediateAnswer(to request: Wire.OrchestratorRequest) -> Wire.OrchestratorResponse? {
        if request.expectsMemory { return Wire.OrchestratorResponse(requiresHistory: true) }
        return request.rewinding.map { Wire.OrchestratorResponse(actions: [$0]) }
    }

    private func queue(_ request: Wire.OrchestratorRequest, _ token: String) {
        let run = request.runID
        var item = OrchestrationWorkItem(
            instanceID: request.instanceID, name: request.name ?? "", events: request.news(of: run), messages: [])
        let position = item.beginsExecution.map { HistoryPosition.beginning(of: $0.executionID) }
        item.messages = [
            held.hold(
                HeldWork.Episode(
                    token: token, request: request, executionID: run,
                    position: position ?? request.history(of: run).position))
        ]
        orchestrations.put(item, name: item.name)
    }

    private func receive(_ request: Wire.ActivityRequest, _ token: String) {
        let number = held.holdActivity(.init(token: token, receivedAt: clock.now))
        let instance = request.orchestrationInstance ?? Wire.OrchestrationInstance()
        var call = TaskCall(
            name: request.name, version: request.version, input: request.input, tags: request.tags.ifAny)
        call.traceContext = TraceContext(request.parentTraceContext)
        let item = ActivityWorkItem(
            sequence: number, lease: 0, deliveries: 1,
            execution: ExecutionKey(instanceID: instance.instanceID, executionID: instance.executionID ?? ""),
            (id: Int(request.taskID), call: call))
        activities.put(item, name: request.name)
    }

    private func receive(_ batch: EntityWorkItem, _ token: String) {
        var item = batch
        item.revision = Int(held.holdEntity(.init(token: token, receivedAt: clock.now)))
        entityBatches.put(item, name: item.kindName)
    }
}

// Answers.
extension GRPCTaskHub {
    /// How long giving back what is left may take; the rest is handed out again when its leases end.
    private static let goodbyeTime = Duration.seconds(5)

    /// Sends an answer until it has arrived.
    ///
    /// - Throws: ``TaskHubError`` `leaseLost` when the item is somebody else's; ``GRPCStatus`` when the hub cannot be
    ///   reached for too long: it hands the item out again then.
    func deliver(_ call: String, _ answer: some ProtobufMessage) async throws {
        var backOff = BackOff(base: configuration.deliveryWaits.lowerBound, cap: configuration.deliveryWaits.upperBound)
        while true {
            do {
                let _: Wire.Empty = try await client.call(call, answer, within: configuration.callTime)
                return
            } catch let status as GRPCStatus where status.mayHaveBeenLost {
                guard backOff.failures + 1 < configuration.deliveryAttempts else { throw status }
                try await Task.sleep(for: backOff.next())
            } catch let status as GRPCStatus where status.meansSomebodyElses {
                throw TaskHubError(.leaseLost, status.message)
            }
        }
    }

    /// Sends the answer to an item until it has arrived.
    ///
    /// - Parameters:
    ///   - token: By what to give the item back when the answer cannot be sent; nil when the caller does that.
    ///   - smaller: What to send instead of an answer that is too large for the hub, which would refuse it for ever.
    /// - Throws: what ``deliver(_:_:)`` throws.
    func deliver<Answer: ProtobufMessage>(
        _ answer: Answer, _ calls: HeldWork.Calls, _ token: String?, smaller: (TaskFailure) -> Answer
    ) async throws {
        do {
            do {
                try await deliver(calls.complete, answer)
            } catch let status as GRPCStatus where status.code == .resourceExhausted {
                // Hubs that have too much to do say the same.
                let bytes = answer.protobuf.count
                guard bytes >= Self.leastRefusedBytes else { throw status }
                log(.error, "an answer is too large for the hub", ["call": calls.complete, "bytes": "\(bytes)"])
                try await deliver(calls.complete, smaller(.tooLarge(bytes, status)))
            }
        } catch let error as TaskHubError {
            throw error
        } catch {
            if let token { await giveBack([(calls.abandon, token)]) }
            throw error
        }
    }

    /// No hub is known that refuses smaller answers for their size.
    private static let leastRefusedBytes = 1 << 20

    /// Gives items back; those that do not get there are handed out again when their leases end.
    func giveBack(_ items: [(call: String, token: String)]) async {
        for (call, token) in items {
            do {
                let request = Wire.AbandonRequest(completionToken: token)
                let _: Wire.Empty = try await client.call(call, request, within: .seconds(5))
            } catch let status as GRPCStatus where status.meansSomebodyElses {
                continue
            } catch {
                log(.info, "an item could not be given back", ["error": "\(error)"])
            }
        }
    }

    private func giveBackWhatIsLeft() async {
        let left = held.takeAll()
        _ = (orchestrations.takeAll(), activities.takeAll(), entityBatches.takeAll())
        // Unstructured: this task is cancelled, so that its calls would not be made.
        let task = Task { await self.giveBack(left) }
        // Unstructured: the same.
        let deadline = Task {
            try await Task.sleep(for: Self.goodbyeTime)
            task.cancel()
        }
        await task.value
        deadline.cancel()
    }
}

extension GRPCStatus {
    /// Whether an item was answered by, or given to, somebody else meanwhile.
    fileprivate var meansSomebodyElses: Bool { [.notFound, .failedPrecondition, .aborted].contains(code) }

    /// Whether sending the same again may help.
    fileprivate var mayHaveBeenLost: Bool {
        // A token may have expired on its way, or be had again later.
        [.unavailable, .unknown, .deadlineExceeded, .internalError, .unauthenticated].contains(code)
    }
}

extension TaskFailure {
    fileprivate static func tooLarge(_ bytes: Int, _ status: GRPCStatus) -> TaskFailure {
        TaskFailure(
            type: EngineType.payloadTooLarge,
            message: """
                the hub refused the answer of \(bytes) bytes (\(status.message)): pass a reference to where the bytes \
                are
                """,
            isRetriable: false)
    }
}

extension EntityWorkItem {
    /// The kind in an id of the form `@kind@key`.
    fileprivate var kindName: String {
        instanceID.split(separator: "@", maxSplits: 1).first.map(String.init) ?? ""
    }
}

/// When a stream last brought something.
private final class SignsOfLife: Sendable {
    private let state = Lock((last: ContinuousClock.now, isAny: false))

    var last: ContinuousClock.Instant { state.withLock { $0.last } }

    var isAny: Bool { state.withLock { $0.isAny } }

    func note() { state.withLock { $0 = (.now, true) } }
}
