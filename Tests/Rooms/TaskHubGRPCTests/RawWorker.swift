// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import DurableTask
import GRPC
import Protobuf
import Sockets
import Testing

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

    /// Makes a call whose answer does not matter.
    func send(_ name: String, _ request: some ProtobufMessage) async throws {
        _ = try await channel.unary(Wire.path(name), request.protobuf)
    }

    /// Makes a call with any bytes.
    ///
    /// - Returns: how it ended.
    func code(of name: String, _ bytes: [UInt8], within time: Duration) async -> GRPCStatus.Code {
        do {
            return try await channel.streaming(Wire.path(name), bytes, options: GRPCCallOptions(timeout: time)) {
                for try await _ in $0 {}
                return .ok
            }
        } catch {
            return (error as? GRPCStatus)?.code ?? .unknown
        }
    }

    /// Opens another stream of work until it ends.
    func receive(_ request: Wire.GetWorkItemsRequest) async throws {
        try await channel.streaming(Wire.path("GetWorkItems"), request, as: Wire.WorkItem.self) { items in
            for try await _ in items {}
        }
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

extension Wire.OrchestratorAction {
    /// The end of an instance.
    static var end: Self { end(id: 0) }

    static func end(id: Int32, _ status: Wire.OrchestrationStatus = .completed) -> Self {
        Self(id: id, kind: .completeOrchestration(.init(orchestrationStatus: status, result: "1")))
    }
}

extension Wire.WorkItem {
    struct OtherKind: Error {}

    /// The episode.
    var episode: Wire.OrchestratorRequest {
        get throws {
            guard case .orchestratorRequest(let request) = kind else { throw OtherKind() }
            return request
        }
    }

    /// The activity.
    var activity: Wire.ActivityRequest {
        get throws {
            guard case .activityRequest(let request) = kind else { throw OtherKind() }
            return request
        }
    }

    /// The operations of an entity.
    var batch: Wire.EntityBatchRequest {
        get throws {
            guard case .entityRequest(let request) = kind else { throw OtherKind() }
            return request
        }
    }
}

extension ServedHub {
    func start(_ id: String, name: String = "any", version: String? = nil, input: String? = nil) async throws {
        var request = StartRequest(id: id, name: name, input: input)
        request.version = version
        #expect(try await hub.start(request) == .created)
    }
}

/// Expects that a call ends with a code.
func expect(
    _ code: GRPCStatus.Code, at location: SourceLocation = #_sourceLocation, _ call: () async throws -> Void
) async {
    do {
        try await call()
        Issue.record("the call went well", sourceLocation: location)
    } catch {
        #expect((error as? GRPCStatus)?.code == code, "\(error)", sourceLocation: location)
    }
}
