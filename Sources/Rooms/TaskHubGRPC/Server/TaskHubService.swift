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
        let stream = WorkerStream(request, isOfTheHouse: isOfTheHouse, of: self)
        let isStopped = streams.withLock { streams in
            streams.open[stream.id] = stream
            return streams.isStopped
        }
        if isStopped { stream.stop() }
        defer { streams.withLock { $0.open[stream.id] = nil } }
        try await stream.run(send)
    }
}
