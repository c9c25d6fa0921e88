// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Sockets
import Telemetry

@testable import GRPC

/// A server of the test's methods, and channels to it.
struct TestServer: Sendable {
    let address: SocketAddress
    let loops: EventLoops
    let methods: TestMethods
    let server: GRPCServer

    /// Serves for the length of `body`.
    static func with<Value: Sendable>(
        _ configuration: GRPCServerConfiguration = GRPCServerConfiguration(),
        _ body: @escaping @Sendable (TestServer) async throws -> Value
    ) async throws -> Value {
        let loops = try EventLoops(count: 2)
        let methods = TestMethods()
        let server = GRPCServer(configuration: configuration, handlers: methods.handlers, loops: loops)
        let address = try server.bind()
        return try await withThrowingTaskGroup(of: Value?.self) { group in
            group.addTask {
                try await server.run()
                return nil
            }
            group.addTask {
                try await body(TestServer(address: address, loops: loops, methods: methods, server: server))
            }
            while let value = try await group.next() {
                guard let value else { continue }
                group.cancelAll()
                return value
            }
            throw CancellationError()
        }
    }

    private init(address: SocketAddress, loops: EventLoops, methods: TestMethods, server: GRPCServer) {
        self.address = address
        self.loops = loops
        self.methods = methods
        self.server = server
    }

    /// A channel to the server.
    func channel(
        trust: TLSTrust? = nil, _ change: (inout GRPCChannelLimits) -> Void = { _ in }
    ) throws -> GRPCChannel {
        try makeChannel(port: address.port, trust: trust, on: loops, change)
    }
}

/// A channel to a port of this machine.
func makeChannel(
    port: UInt16, trust: TLSTrust? = nil, on loops: EventLoops, _ change: (inout GRPCChannelLimits) -> Void = { _ in }
) throws -> GRPCChannel {
    var configuration = GRPCChannelConfiguration(host: "127.0.0.1", port: port, trust: trust)
    change(&configuration.limits)
    return try GRPCChannel(configuration, loops: loops)
}

/// The methods that clients of the tests call.
final class TestMethods: Sendable {
    let happenings = Happenings()
    let sent = Counter()
    let meeting = Counter()

    struct Secret: Error {
        let text = "secret"
    }

    var handlers: GRPCHandlers {
        var handlers = GRPCHandlers()
        addAnswers(to: &handlers)
        addStreams(to: &handlers)
        addWaits(to: &handlers)
        return handlers
    }

    private func addAnswers(to handlers: inout GRPCHandlers) {
        handlers.unary("/test.Test/Echo") { request, _ in request }
        handlers.unary("/test.Test/Size") { request, _ in
            [UInt8](repeating: 7, count: Int(String(decoding: request, as: UTF8.self)) ?? 0)
        }
        handlers.unary("/test.Test/Fail") { request, _ in
            var trailers = GRPCMetadata()
            trailers.add("x-detail-bin", bytes: [0, 255])
            throw GRPCStatus(.failedPrecondition, String(decoding: request, as: UTF8.self), trailers: trailers)
        }
        handlers.unary("/test.Test/Crash") { _, _ in throw Secret() }
        handlers.unary("/test.Test/Metadata") { _, context in
            context.head.add("x-head", "h")
            context.head.add("x-head-bin", bytes: [1, 2])
            context.trailers.add("x-tail", "t")
            let data = context.metadata.allBytes("x-data-bin").first ?? []
            let digits = data.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
            let twice = context.metadata.all("x-twice").joined(separator: ",")
            return Array("\(context.metadata["x-text"] ?? "")|\(digits)|\(twice)".utf8)
        }
        handlers.unary("/test.Test/Sent") { [sent] _, _ in Array("\(sent.value)".utf8) }
    }

    private func addStreams(to handlers: inout GRPCHandlers) {
        handlers.streaming("/test.Test/Count") { [sent] request, _, writer in
            let words = String(decoding: request, as: UTF8.self).split(separator: " ").compactMap { UInt32($0) }
            for index in 0..<words[0] {
                let number = [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: index >> $0) }
                try await writer.write(number + [UInt8](repeating: 0, count: Int(words[1]) - 4))
                sent.add()
            }
        }
        handlers.streaming("/test.Test/FailLate") { _, _, writer in
            try await writer.write(Array("first".utf8))
            throw GRPCStatus(.dataLoss, "lost")
        }
        handlers.streaming("/test.Test/WaitStream") { [happenings] request, _, writer in
            try await writer.write(Array("begun".utf8))
            await waitForCancellation(happenings, request)
        }
    }

    private func addWaits(to handlers: inout GRPCHandlers) {
        handlers.unary("/test.Test/Wait") { [happenings] request, _ in
            happenings.happen("begun")
            await waitForCancellation(happenings, request)
            return []
        }
        handlers.unary("/test.Test/AwaitCancelled") { [happenings] request, _ in
            happenings.happen("waiting")
            await happenings.wait(for: String(decoding: request, as: UTF8.self))
            return Array("cancelled".utf8)
        }
        handlers.unary("/test.Test/Release") { [happenings] request, _ in
            happenings.happen(String(decoding: request, as: UTF8.self))
            return []
        }
        // Nobody leaves before two hundred are here.
        handlers.unary("/test.Test/Meet") { [happenings, meeting] request, _ in
            if meeting.add() == 200 { happenings.happen("met") }
            await happenings.wait(for: "met")
            return request
        }
    }
}

/// Waits until the task is cancelled, and notes that under the request's text.
private func waitForCancellation(_ happenings: Happenings, _ request: [UInt8]) async {
    try? await Task.sleep(for: .seconds(60))
    if Task.isCancelled { happenings.happen(String(decoding: request, as: UTF8.self)) }
}
