// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Sockets

@testable import GRPC

/// A peer that sends what the test wants, byte for byte.
final class RawClient: Sendable {
    private let loop: EventLoop
    private let transport: Box

    /// Unchecked: it is used on the loop only.
    private final class Box: @unchecked Sendable {
        let transport: Transport
        init(_ transport: Transport) { self.transport = transport }
    }

    private init(_ transport: Box, on loop: EventLoop) {
        self.transport = transport
        self.loop = loop
    }

    @concurrent
    static func connect(to port: UInt16, on loops: EventLoops) async throws -> RawClient {
        let loop = loops.next()
        let box = try await withTaskExecutorPreference(loop) {
            Box(try await Connector(host: "127.0.0.1", port: port, tls: nil).connect(on: loop, until: .max))
        }
        return RawClient(box, on: loop)
    }

    @concurrent
    func send(_ bytes: [UInt8]) async throws {
        try await withTaskExecutorPreference(loop) {
            var budget = RateBudget(progress: .seconds(20), grace: .seconds(20), bytesPerSecond: 1)
            try await transport.transport.send(bytes, within: &budget)
        }
    }

    /// Everything until the server closes.
    @concurrent
    func receiveAll() async throws -> [UInt8] {
        try await withTaskExecutorPreference(loop) {
            var received: [UInt8] = []
            var buffer = [UInt8](repeating: 0, count: 16 << 10)
            let transport = transport.transport
            while true {
                do {
                    guard
                        let count = try unsafe buffer.withUnsafeMutableBytes({ try unsafe transport.receive(into: $0) })
                    else {
                        try await transport.channel.waitReadable(until: loop.now + 30_000)
                        continue
                    }
                    if count == 0 { return received }
                    received += buffer[..<count]
                } catch ChannelError.closed {
                    return received
                }
            }
        }
    }

    func close() {
        loop.execute { [transport] in transport.transport.channel.close(reset: true) }
    }
}

/// Frames of HTTP/2 for ``RawClient``.
enum RawFrame {
    static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)

    static func frame(_ type: UInt8, flags: UInt8 = 0, stream: UInt32 = 0, _ payload: [UInt8] = []) -> [UInt8] {
        [16, 8, 0].map { UInt8(truncatingIfNeeded: payload.count >> $0) } + [type, flags]
            + [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: stream >> $0) } + payload
    }

    static let settings = frame(4)
    static let greeting = preface + settings
    static let ping = frame(6, [UInt8](repeating: 1, count: 8))

    /// A field that is written out, for names and values under 127 bytes.
    static func field(_ name: String, _ value: String) -> [UInt8] {
        [0, UInt8(name.utf8.count)] + Array(name.utf8) + [UInt8(value.utf8.count)] + Array(value.utf8)
    }

    /// The fields of a call.
    static func call(_ path: String) -> [UInt8] {
        field(":method", "POST") + field(":scheme", "http") + field(":path", path) + field(":authority", "a")
            + field("te", "trailers") + field("content-type", "application/grpc")
    }

    /// A whole call with a message.
    static func echo(_ stream: UInt32, _ message: [UInt8] = [1]) -> [UInt8] {
        frame(1, flags: 4, stream: stream, call("/test.Test/Echo"))
            + frame(0, flags: 1, stream: stream, MessageAssembler.frame(message))
    }
}

extension [UInt8] {
    /// Whether the bytes stand somewhere in these, in one piece.
    func containsSubsequence(_ bytes: [UInt8]) -> Bool {
        indices.contains { self[$0...].starts(with: bytes) }
    }
}
