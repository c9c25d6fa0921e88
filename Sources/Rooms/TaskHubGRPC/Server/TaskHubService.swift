// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
public import DurableTask
import FoundationEssentials
public import Telemetry

/// A task hub for workers and clients elsewhere: the service `TaskHubSidecarService` of the Durable Task protocol.
///
/// The official SDKs of other languages work against it unchanged. Whoever builds it runs the hub's own work
/// (``TaskHub/run()``), unless a ``TaskHubWorker`` on the same hub does.
public final class TaskHubService: Sendable {
    let hub: any TaskHub
    let configuration: TaskHubServiceConfiguration
    let log: Log
    let lent = LentWork()
    private let streams = Lock<Streams>(Streams())
    private let setbacks = Lock<Setbacks>(Setbacks())

    private struct Streams {
        var open: [UUID: WorkerStream] = [:]
        var isStopped = false
    }

    /// A service for a hub.
    public init(
        _ hub: any TaskHub, configuration: TaskHubServiceConfiguration = TaskHubServiceConfiguration(),
        log: Log = .silent
    ) {
        self.hub = hub
        self.configuration = configuration
        self.log = log
    }

    /// Ends the workers' streams; what they hold is handed out again after the next start or by another process.
    public func stop() {
        let open = streams.withLock { streams in
            streams.isStopped = true
            return Array(streams.open.values)
        }
        for stream in open { stream.stop() }
    }

    func sendWork(
        _ request: Wire.GetWorkItemsRequest, toTheHouse isOfTheHouse: Bool,
        _ send: ([UInt8]) async throws -> Void
    ) async throws {
        let filters = try WorkerFilters(request.workItemFilters, most: configuration.filterNames)
        let stream = WorkerStream(request, filters, isOfTheHouse: isOfTheHouse, of: self)
        let isStopped = streams.withLock { streams in
            streams.open[stream.id] = stream
            return streams.isStopped
        }
        if isStopped { stream.stop() }
        defer { streams.withLock { $0.open[stream.id] = nil } }
        try await stream.run(send)
    }

    /// The stream on which an item went out; nil when it has ended.
    func stream(of lent: LentItem) -> WorkerStream? { streams.withLock { $0.open[lent.stream] } }

    /// Whether a worker that takes an orchestration fetches histories in parts.
    func streamsHistory(of name: String) -> Bool {
        streams.withLock { streams in
            streams.open.values.contains { $0.streamsHistory && $0.filters.orchestrations.admits(name) }
        }
    }
}

// What comes back undone.
extension TaskHubService {
    /// Takes an item back from its worker, to be handed out again after a pause: the longer, the more often it came
    /// back, so that a worker which refuses it does not keep itself and the hub busy.
    ///
    /// - Parameter reason: Why it was not done, if the item may be to blame.
    func handBack(_ lent: LentItem, because reason: String?) async {
        let count = noteSetback(of: lent.key)
        if let stream = stream(of: lent), stream.rest(lent, for: pause(after: count), because: reason) { return }
        await hub.takeBack(lent, because: reason, log)
    }

    /// - Returns: how often the item came back in a row.
    func noteSetback(of key: Setbacks.Key) -> Int { setbacks.withLock { $0.note(key) } }

    /// The item was done.
    func forgetSetbacks(of key: Setbacks.Key) { setbacks.withLock { $0.forget(key) } }

    /// How long an item stays away that came back so often in a row.
    func pause(after setbacks: Int) -> Duration {
        min(TaskHubWorker.delay(after: setbacks), configuration.holdBackTime)
    }
}
