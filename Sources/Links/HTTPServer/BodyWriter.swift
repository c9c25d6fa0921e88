// Darkroom
// SPDX-License-Identifier: Apache-2.0

import HTTP
import Sockets

/// Sends a streamed answer.
///
/// Unchecked: every call moves to the connection's loop before it touches anything.
final class BodyWriter: HTTPBodyWriter, @unchecked Sendable {
    private let loop: EventLoop
    private let framing: ResponseEncoder.Framing
    /// nil once the stream is over.
    private var transport: Transport?
    private var budget: RateBudget
    private var sent: Int64 = 0

    init(on connection: Connection, framing: ResponseEncoder.Framing) {
        loop = connection.loop
        transport = connection.transport
        self.framing = framing
        budget = RateBudget(connection.service.limits)
    }

    @concurrent
    func write(_ bytes: [UInt8]) async throws {
        if loop.isCurrent { return try await push(bytes) }
        try await withTaskExecutorPreference(loop) { try await push(bytes) }
    }

    private func push(_ bytes: [UInt8]) async throws {
        guard let transport else { throw HTTPBodyError.ended }
        if bytes.isEmpty { return }
        sent += Int64(bytes.count)
        if case .length(let length?) = framing, sent > length {
            throw HTTPBodyError.malformed("more than the announced \(length) bytes were written")
        }
        do {
            await transport.breathe()
            try await send(bytes, on: transport)
        } catch {
            throw HTTPBodyError(error)
        }
    }

    private func send(_ bytes: [UInt8], on transport: Transport) async throws {
        guard framing == .chunked else { return try await transport.send(bytes, within: &budget) }
        let size = Array("\(String(bytes.count, radix: 16))\r\n".utf8)
        if bytes.count <= Self.joined {
            try await transport.send(size + bytes + Self.lineEnd, within: &budget)
        } else {
            try await transport.send(size, more: true, within: &budget)
            try await transport.send(bytes, more: true, within: &budget)
            try await transport.send(Self.lineEnd, within: &budget)
        }
    }

    /// Ends the stream, after everything was written.
    ///
    /// - Throws: ``HTTPBodyError/malformed(_:)`` when fewer bytes were written than announced.
    func finish() async throws {
        guard let transport = close() else { return }
        if case .length(let length?) = framing, sent < length {
            throw HTTPBodyError.malformed("only \(sent) of the announced \(length) bytes were written")
        }
        if framing == .chunked { try await transport.send(Array("0\r\n\r\n".utf8), within: &budget) }
    }

    /// Nobody writes from now on.
    @discardableResult
    func close() -> Transport? {
        defer { transport = nil }
        return transport
    }

    /// Up to this size, copying a piece behind its head costs less than another call to the kernel.
    static let joined = 16 << 10
    private static let lineEnd = Array("\r\n".utf8)
}
