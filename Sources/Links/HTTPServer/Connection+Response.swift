// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Glibc
import HTTP
import Sockets

extension Connection {
    /// Sends an answer and settles what remains of the request.
    ///
    /// - Parameters:
    ///   - head: The request; nil when it could not be read, and nothing after it can.
    ///   - body: The request's body.
    /// - Returns: Whether the connection goes on.
    @discardableResult
    func send(_ response: HTTPResponse, to head: RequestHead?, body: RequestBody?) async throws -> Bool {
        let encoder = ResponseEncoder(response, to: head, mayPersist: mayPersist(after: response, head, body))
        body?.withholdContinue()
        do {
            try await send(response.body, encoder)
        } catch {
            if case .stream = response.body, let head, !(error is HTTPBodyError) { reportFailure(of: head, error) }
            // Where only the end of the connection ends the body, an orderly end would make half an answer a whole one.
            transport.channel.close(reset: encoder.framing == .close && encoder.sendsBody)
            throw error
        }
        return try await settle(body, isPersistent: encoder.isPersistent)
    }

    private func mayPersist(after response: HTTPResponse, _ head: RequestHead?, _ body: RequestBody?) -> Bool {
        guard let head, let body, head.isPersistent, service.phase == .serving else { return false }
        // A client that was never told to send its body may send it or not: the next bytes could be either.
        guard body.isIntact, !body.awaitsContinue || body.isComplete else { return false }
        // A streamed answer may read the body while it is sent.
        if case .stream = response.body { return true }
        return body.remaining <= service.limits.discardBytes
    }

    private func send(_ body: HTTPResponseBody, _ encoder: ResponseEncoder) async throws {
        var head = encoder.head(date: service.date)
        var budget = RateBudget(service.limits)
        guard encoder.sendsBody else { return try await transport.send(head, within: &budget) }
        switch body {
        case .empty:
            try await transport.send(head, within: &budget)
        case .bytes(let bytes) where bytes.count <= BodyWriter.joined:
            head += bytes
            try await transport.send(head, within: &budget)
        case .bytes(let bytes):
            try await transport.send(head, more: true, within: &budget)
            try await transport.send(bytes, within: &budget)
        case .file(let region):
            try await transport.send(head, more: region.length > 0, within: &budget)
            try await transport.send(
                FileRegion(of: region.descriptor, offset: region.offset, length: region.length), within: &budget)
        case .stream(_, let produce):
            try await transport.send(head, within: &budget)
            let writer = BodyWriter(on: self, framing: encoder.framing)
            defer { writer.close() }
            try await produce(writer)
            try await writer.finish()
        }
    }

    /// Brings the connection to where the next request begins, or ends it so that the client still gets the answer.
    private func settle(_ body: RequestBody?, isPersistent: Bool) async throws -> Bool {
        if isPersistent, let body {
            if body.isComplete { return true }
            if body.isIntact, await discard(body) { return true }
        }
        try await linger()
        return false
    }

    private func discard(_ body: RequestBody) async -> Bool {
        do {
            return try await body.discard(upTo: service.limits.discardBytes)
        } catch {
            return false
        }
    }

    /// Ends this side and waits for the client to end its own.
    ///
    /// Closing at once would make the kernel answer bytes that are still on their way with a reset, and a reset makes
    /// the client forget the answer it has already received.
    private func linger() async throws {
        transport.finish()
        let deadline = loop.now + service.limits.lingerTime.milliseconds
        try await transport.discard(upTo: service.limits.lingerBytes, until: deadline)
    }
}
