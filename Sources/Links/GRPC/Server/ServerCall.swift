// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Sockets
import Telemetry

/// A call that a client made; its state is used on the connection's loop only.
///
/// Unchecked: every call moves to the connection's loop before it touches anything.
@safe
final class ServerCall: HTTP2Stream, @unchecked Sendable {
    let output = StreamOutput()
    private let number: Int32
    private let wire: HTTP2Wire
    private let loop: EventLoop
    private unowned let connection: ServerConnection
    private let service: ServiceDesk
    private var inbox: MessageInbox
    private var context = GRPCCallContext(path: "")
    private var handler: GRPCHandlers.Handler?
    private var request: [UInt8]?
    private var hasWholeRequest = false
    private var isHeadSent = false
    /// How the call ended; nil while it runs.
    private var end: GRPCStatus?
    private var timers: [LoopTimer] = []
    private var task: UnsafeCurrentTask?

    init(_ number: Int32, on wire: HTTP2Wire, of connection: ServerConnection) {
        self.number = number
        self.wire = wire
        loop = wire.loop
        self.connection = connection
        service = connection.service
        inbox = MessageInbox(limit: service.limits.messageBytes)
        // From the start somebody waits for the request.
        _ = inbox.take()
    }
}

// MARK: The request

extension ServerCall {
    func receive(_ fields: [HTTP2Field], isLast: Bool) {
        // Fields behind the message are no part of a request.
        if handler == nil && end == nil { begin(fields) }
        if isLast { receiveEnd() }
    }

    private func begin(_ fields: [HTTP2Field]) {
        do {
            let head = try RequestHead(fields)
            context = GRPCCallContext(
                path: head.path, metadata: head.metadata, deadline: head.timeout.map { .now + $0 },
                remoteAddress: connection.remoteAddress)
            guard let handler = service.handlers[head.path] else {
                return finish(GRPCStatus(.unimplemented, "there is no method \(head.path)"))
            }
            self.handler = handler
            if let timeout = head.timeout { after(timeout.milliseconds + 1) { $0.finish(.deadlinePassed) } }
            after(service.limits.requestTime.milliseconds) { call in
                if !call.hasWholeRequest { call.finish(GRPCStatus(.cancelled, "the request came too slowly")) }
            }
        } catch RequestHead.Refusal.notGRPC(let status) {
            refuse(status: status)
        } catch RequestHead.Refusal.status(let status) {
            finish(status)
        } catch {
            finish(GRPCStatus(thrown: error))
        }
    }

    private func after(_ time: Milliseconds, _ action: @escaping (ServerCall) -> Void) {
        timers.append(loop.schedule(at: loop.now + time) { [weak self] in self.map(action) })
    }

    func receive(_ bytes: Span<UInt8>) -> Int {
        guard end == nil else { return bytes.count }
        do {
            try inbox.receive(bytes)
            if case .messages(let messages) = inbox.take() {
                guard request == nil, messages.count == 1 else { throw Self.wrongCount }
                request = messages[0]
                _ = inbox.take()
            }
        } catch {
            finish(GRPCStatus(thrown: error))
        }
        return inbox.takeRoom()
    }

    func receiveEnd() {
        hasWholeRequest = true
        guard end == nil else { return }
        do {
            try inbox.end()
            guard request != nil else { throw Self.wrongCount }
            connection.begin(self)
        } catch {
            finish(GRPCStatus(thrown: error))
        }
    }

    private static let wrongCount = GRPCStatus(.unimplemented, "a request is exactly one message here")

    func close(_ reason: HTTP2StreamEnd) {
        if end == nil { conclude(GRPCStatus(.cancelled, "the client has given up, or is gone")) }
    }
}

// MARK: The answer

extension ServerCall {
    /// Runs the handler.
    @concurrent
    func run() async {
        loop.assertCurrent()
        defer { connection.ended(self) }
        guard end == nil, let handler, let request else { return }
        self.request = nil
        unsafe await withUnsafeCurrentTask { task in
            unsafe self.task = unsafe task
            await answer(request, by: handler)
            unsafe self.task = nil
        }
    }

    private func answer(_ request: [UInt8], by handler: GRPCHandlers.Handler) async {
        do {
            switch handler {
            case .unary(let handler): try queue(try await handler(request, context))
            case .streaming(let handler): try await handler(request, context, GRPCWriter(self))
            }
            finish(GRPCStatus(.ok, trailers: context.trailers))
        } catch {
            if end == nil, !(error is GRPCStatus), !(error is CancellationError) {
                service.log(.error, "A call failed", ["method": context.path, "error": "\(error)"])
            }
            finish(GRPCStatus(thrown: error))
        }
    }

    /// Sends a message and waits for room.
    @concurrent
    func write(_ message: [UInt8]) async throws {
        if loop.isCurrent { return try await push(message) }
        try await withTaskExecutorPreference(loop) { try await push(message) }
    }

    private func push(_ message: [UInt8]) async throws {
        try queue(message)
        await output.waitForRoom()
        if let end { throw end }
    }

    /// Sends the head, if that was not done yet.
    @concurrent
    func sendHead() async throws {
        try await withTaskExecutorPreference(loop) { try openAnswer() }
    }

    private func queue(_ message: [UInt8]) throws {
        let limit = service.limits.sentMessageBytes
        if message.count > limit {
            throw GRPCStatus(
                .resourceExhausted, "an answer of \(message.count) bytes is longer than the limit of \(limit) bytes")
        }
        try openAnswer()
        output.append(MessageAssembler.frame(message))
        wire.resume(number)
    }

    private func openAnswer() throws {
        if let end { throw end }
        guard !isHeadSent else { return }
        let fields = try ResponseFields.head(context.head)
        isHeadSent = true
        wire.respond(fields, on: number, isLast: false)
    }

    /// Ends the call from this side; one that has ended stays as it is.
    private func finish(_ status: GRPCStatus) {
        guard end == nil else { return }
        let trailers = ResponseFields.trailers(status)
        if isHeadSent {
            output.end(trailers: trailers)
            wire.resume(number)
        } else {
            // A head with metadata that cannot be sent is why the call ends.
            let head = (try? ResponseFields.head(context.head)) ?? ResponseFields.bareHead
            wire.respond(head + trailers, on: number, isLast: true)
        }
        conclude(status)
    }

    private func refuse(status: Int) {
        wire.respond([HTTP2Field(":status", "\(status)")], on: number, isLast: true)
        conclude(GRPCStatus(http: status))
    }

    private func conclude(_ status: GRPCStatus) {
        end = status
        for timer in timers { loop.cancel(timer) }
        timers = []
        unsafe task?.cancel()
    }
}
