// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import Foundation
import GRPC
import Protobuf
import Sockets

@testable import TaskHubGRPC

/// A hub that sends what a test says and notes what it is told.
final class ScriptedHub: Sendable {
    /// A call that came.
    struct Call: Sendable {
        let name: String
        let request: [UInt8]
        let metadata: GRPCMetadata
    }

    private let notes = Lock<[Call]>([])
    private let script: @Sendable (Int) -> [Wire.WorkItem]
    private let endsStreams: Bool
    private let refusals: Lock<Int>

    /// - Parameters:
    ///   - endsStreams: Whether a stream ends behind its items, or is silent then.
    ///   - refusals: How many answers are refused as unavailable before one is taken.
    ///   - script: The items for a stream, which is counted from 0.
    init(
        endsStreams: Bool = false, refusals: Int = 0,
        _ script: @escaping @Sendable (Int) -> [Wire.WorkItem] = { _ in [] }
    ) {
        self.endsStreams = endsStreams
        self.refusals = Lock(refusals)
        self.script = script
    }

    /// The calls of a name.
    func calls(_ name: String) -> [Call] { notes.withLock { $0.filter { $0.name == name } } }

    /// Serves for the length of `body`, which gets the port.
    func serve(_ body: @escaping @Sendable (UInt16, EventLoops) async throws -> Void) async throws {
        let loops = try EventLoops(count: 1)
        let server = GRPCServer(configuration: GRPCServerConfiguration(), handlers: handlers, loops: loops)
        let port = try server.bind().port
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await server.run() }
            try await body(port, loops)
            group.cancelAll()
        }
    }

    private var handlers: GRPCHandlers {
        var handlers = GRPCHandlers()
        for name in ["Hello", "AbandonTaskActivityWorkItem", "AbandonTaskOrchestratorWorkItem"] {
            handlers.unary(Wire.path(name)) { [self] (bytes: [UInt8], context) -> [UInt8] in
                note(name, bytes, context)
                return []
            }
        }
        for name in ["CompleteActivityTask", "CompleteOrchestratorTask"] {
            handlers.unary(Wire.path(name)) { [self] (bytes: [UInt8], context) -> [UInt8] in
                note(name, bytes, context)
                let isRefused = refusals.withLock { left in
                    left -= 1
                    return left >= 0
                }
                if isRefused { throw GRPCStatus(.unavailable, "not now") }
                return []
            }
        }
        handlers.streaming(Wire.path("GetWorkItems")) { [self] (bytes: [UInt8], context, writer) -> Void in
            let number = calls("GetWorkItems").count
            note("GetWorkItems", bytes, context)
            for item in script(number) { try await writer.write(item) }
            if !endsStreams { try await Task.sleep(for: .seconds(60)) }
        }
        return handlers
    }

    private func note(_ name: String, _ request: [UInt8], _ context: GRPCCallContext) {
        notes.withLock { $0.append(Call(name: name, request: request, metadata: context.metadata)) }
    }
}
