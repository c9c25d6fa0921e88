// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import GRPC
import Protobuf
import Sockets

@testable import TaskHubGRPC

/// A worker that does nothing by itself: it shows what the hub sends, and sends what it is told.
final class RawWorker: Sendable {
    struct Ended: Error {}

    private let channel: GRPCChannel
    private let items: AsyncStream<Wire.WorkItem>
    private let reader: Task<Void, Never>
    private let pingCount: Counter

    private final class Counter: Sendable {
        let count = Lock(0)
    }

    init(_ served: ServedHub, _ request: Wire.GetWorkItemsRequest = Wire.GetWorkItemsRequest()) throws {
        let channel = try GRPCChannel(
            GRPCChannelConfiguration(host: "127.0.0.1", port: UInt16(served.port)), loops: served.loops)
        let pings = Counter()
        let (items, sink) = AsyncStream<Wire.WorkItem>.makeStream()
        self.channel = channel
        self.items = items
        pingCount = pings
        // Unstructured: it reads until the worker leaves.
        reader = Task {
            try? await channel.streaming(Wire.path("GetWorkItems"), request, as: Wire.WorkItem.self) { messages in
                for try await item in messages {
                    if case .healthPing = item.kind {
                        pings.count.withLock { $0 += 1 }
                    } else {
                        sink.yield(item)
                    }
                }
            }
            sink.finish()
        }
    }

    deinit { leave() }

    /// How many signs of life came.
    var pings: Int { pingCount.count.withLock { $0 } }

    /// Breaks the stream of work.
    func leave() { reader.cancel() }

    /// The next item.
    func next() async throws -> Wire.WorkItem {
        for await item in items { return item }
        throw Ended()
    }

    func complete(
        _ item: Wire.WorkItem, _ actions: [Wire.OrchestratorAction], isPartial: Bool = false
    ) async throws {
        var answer = Wire.OrchestratorResponse(actions: actions, completionToken: item.completionToken)
        answer.isPartial = isPartial
        try await call("CompleteOrchestratorTask", answer)
    }

    func abandon(_ item: Wire.WorkItem) async throws {
        let request = Wire.AbandonRequest(completionToken: item.completionToken)
        try await call("AbandonTaskOrchestratorWorkItem", request)
    }

    func call(_ name: String, _ request: some ProtobufMessage) async throws {
        let _: Wire.Empty = try await ask(name, request)
    }

    func ask<Answer: ProtobufMessage>(_ name: String, _ request: some ProtobufMessage) async throws -> Answer {
        try await channel.unary(Wire.path(name), request)
    }

    func history(_ request: Wire.StreamInstanceHistoryRequest) async throws -> [Wire.HistoryEvent] {
        try await channel.streaming(
            Wire.path("StreamInstanceHistory"), request, as: Wire.HistoryChunk.self
        ) { chunks in
            var events: [Wire.HistoryEvent] = []
            for try await chunk in chunks { events += chunk.events }
            return events
        }
    }
}
