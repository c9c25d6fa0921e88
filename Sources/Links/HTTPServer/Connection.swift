// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Glibc
import HTTP
import Sockets
import Telemetry

/// One client's connection: requests in, answers out, one after the other, in one task for its whole life.
///
/// Unchecked: it is touched on its loop's thread only.
@safe
final class Connection: ServedConnection, @unchecked Sendable {
    let loop: EventLoop
    let transport: Transport
    let service: ServiceState
    let remoteAddress: String
    var input = InputBuffer()
    /// Whether it waits for a request to begin.
    private var isIdle = false
    /// The request that is being answered.
    private var exchange: RequestBody?
    private var task: UnsafeCurrentTask?
    private var served = 0

    init(_ transport: Transport, service: ServiceState, remoteAddress: String) {
        loop = transport.channel.loop
        self.transport = transport
        self.service = service
        self.remoteAddress = remoteAddress
    }

    /// Serves the client until one side has enough.
    @concurrent
    func run() async {
        loop.assertCurrent()
        defer { transport.channel.close() }
        guard service.phase != .stopping, loop.watch(transport.channel) else { return }
        transport.channel.onPeerLeaving = { [unowned self] in noticePeerLeaving() }
        unsafe await withUnsafeCurrentTask { task in
            unsafe self.task = unsafe task
            await converse()
            unsafe self.task = nil
        }
    }

    private func converse() async {
        do {
            try await transport.handshake(until: loop.now + service.limits.headTime.milliseconds)
            while try await serveOne() {}
        } catch {
            service.log(.debug, "A connection ended early", ["peer": remoteAddress, "error": "\(error)"])
        }
    }

    /// - Returns: Whether the connection goes on.
    private func serveOne() async throws -> Bool {
        let head: RequestHead
        do {
            guard let next = try await nextHead() else {
                transport.finish()
                return false
            }
            head = next
        } catch let rejection as Rejection {
            try await send(rejection.response, to: nil, body: nil)
            return false
        }
        let body = RequestBody(head, on: self)
        exchange = body
        defer {
            exchange = nil
            body.end()
        }
        guard let response = await answer(head, body) else { return false }
        return try await send(response, to: head, body: body)
    }

    private func answer(_ head: RequestHead, _ body: RequestBody) async -> HTTPResponse? {
        do {
            return try await service.responder.respond(to: head.request, body: body)
        } catch HTTPBodyError.disconnected {
            return nil
        } catch HTTPBodyError.stalled {
            return Rejection(408, "the request's body came too slowly").response
        } catch HTTPBodyError.malformed(let reason) {
            return Rejection(400, reason).response
        } catch let error as HTTPBodyTooLarge {
            return Rejection(413, error.description).response
        } catch is CancellationError where transport.channel.isPeerDone || service.phase == .stopping {
            return nil
        } catch {
            reportFailure(of: head, error)
            return Rejection(500, "the request failed; its cause is in the server's log").response
        }
    }

    /// Says in the log that a responder failed.
    func reportFailure(of head: RequestHead, _ error: any Error) {
        service.log(
            .error, "A request failed",
            ["method": head.request.method.rawValue, "path": head.request.path, "error": "\(error)"])
    }
}

// MARK: Reading heads

extension Connection {
    /// - Returns: nil when the client has no further request, or none may begin.
    private func nextHead() async throws -> RequestHead? {
        guard try await requestBegins() else { return nil }
        var parser = RequestParser(limits: service.limits)
        let deadline = loop.now + service.limits.headTime.milliseconds
        while true {
            let progress = try input.withSpan { try parser.parse($0) }
            input.drop(progress.consumed)
            if var head = progress.head {
                head.request.isSecure = service.isSecure
                head.request.remoteAddress = remoteAddress
                return head
            }
            do {
                guard try await receive(until: deadline) else { return nil }
            } catch ChannelError.timedOut {
                throw Rejection(408, "the request's head came too slowly")
            }
        }
    }

    /// Waits for the first byte of a request.
    private func requestBegins() async throws -> Bool {
        guard input.isEmpty else {
            await takeTurns()
            return true
        }
        isIdle = true
        defer { isIdle = false }
        guard service.phase == .serving else { return false }
        let deadline = loop.now + service.limits.idleTime.milliseconds
        do {
            return try await receive(until: min(deadline, loop.now + Self.rest))
        } catch ChannelError.timedOut where loop.now < deadline {
            input.shrink()
            return try await receive(until: deadline)
        }
    }

    /// How long a connection keeps its buffer while it is idle.
    private static let rest: Milliseconds = 1000

    /// A client that sends many requests at once lets others have a turn.
    private func takeTurns() async {
        served += 1
        if served % 16 == 0 { await Task.yield() }
    }

    /// Receives more input.
    ///
    /// - Returns: false when the client has sent its last byte.
    func receive(until deadline: Milliseconds) async throws -> Bool {
        while true {
            if transport.mayReceive, let count = try unsafe input.fill({ try unsafe transport.receive(into: $0) }) {
                return count > 0
            }
            try await transport.channel.waitReadable(until: deadline)
        }
    }
}

// MARK: From outside the conversation; loop's thread only

extension Connection {
    /// Ends the connection if no request is running; a running one is then its last.
    func drain() {
        if isIdle { transport.channel.cut() }
    }

    /// Ends the connection at once.
    func cut() {
        transport.channel.cut()
        unsafe task?.cancel()
    }

    /// Cancels the request whose client has gone.
    ///
    /// A client that has only ended its own side looks the same, so nothing is cancelled while it may still have sent
    /// something that nobody has read.
    func noticePeerLeaving() {
        guard let exchange, transport.channel.isPeerDone else { return }
        if transport.channel.isBroken || (exchange.isComplete && input.isEmpty) { unsafe task?.cancel() }
    }
}
