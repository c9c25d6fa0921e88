// Darkroom
// SPDX-License-Identifier: Apache-2.0

import CNGHTTP2
import Sockets

/// A call to a server; its state is used on the channel's loop only.
///
/// Unchecked: every call moves to that loop before it touches anything.
final class ClientCall: HTTP2Stream, @unchecked Sendable {
    let loop: EventLoop
    let fields: [HTTP2Field]
    private(set) var output = StreamOutput()
    private let request: [UInt8]
    private let timeout: Duration?
    private var inbox: MessageInbox
    private var deadline: LoopTimer?
    /// Where it runs.
    private var place: (wire: HTTP2Wire, number: Int32)?
    private var head: GRPCMetadata?
    /// How the call ended; nil while it runs.
    private(set) var end: GRPCStatus?
    /// Whether this side ended it, so that what has come is of no use.
    private var isGivenUp = false
    private var attempts = 0
    private var waiter: CheckedContinuation<Void, Never>?
    /// Sends the call again; the server has not begun it.
    var onRefusal: (() -> Void)?

    init(fields: [HTTP2Field], request: [UInt8], timeout: Duration?, messageBytes: Int, on loop: EventLoop) {
        self.loop = loop
        self.fields = fields
        self.request = request
        self.timeout = timeout
        inbox = MessageInbox(limit: messageBytes)
    }

    /// How often a call is sent that servers refuse to begin.
    private static let mostAttempts = 3

    /// Starts the clock, once.
    func begin() {
        guard let timeout, attempts == 0, end == nil else { return }
        deadline = loop.schedule(at: loop.now + timeout.milliseconds + 1) { [weak self] in
            self?.giveUp(.deadlinePassed)
        }
    }

    /// Goes over a connection that is open.
    ///
    /// - Returns: false when it takes no more calls.
    func open(on wire: HTTP2Wire) -> Bool {
        guard end == nil else { return true }
        attempts += 1
        output = StreamOutput()
        output.append(MessageAssembler.frame(request))
        output.end()
        guard let number = wire.open(self, fields) else { return false }
        place = (wire, number)
        return true
    }
}

// MARK: From the connection

extension ClientCall {
    func receive(_ fields: [HTTP2Field], isLast: Bool) {
        guard end == nil else { return }
        if head == nil {
            switch ResponseFields.head(fields) {
            case .interim: return
            case .refusal(let status): return giveUp(status)
            case .messages(let metadata): head = metadata
            }
            wake()
            if !isLast { return }
        }
        guard isLast else { return giveUp(GRPCStatus(.internalError, "the server sent two heads")) }
        finishInbox(ResponseFields.status(fields))
    }

    func receive(_ bytes: Span<UInt8>) -> Int {
        guard end == nil else { return bytes.count }
        guard head != nil else {
            giveUp(GRPCStatus(.internalError, "the server sent data before a head"))
            return bytes.count
        }
        do {
            try inbox.receive(bytes)
        } catch {
            giveUp(GRPCStatus(thrown: error))
        }
        wake()
        return inbox.takeRoom()
    }

    func receiveEnd() {
        if end == nil { finishInbox(GRPCStatus(.internalError, "the server ended the call without a status")) }
    }

    /// The server has said its last.
    private func finishInbox(_ status: GRPCStatus) {
        do {
            try inbox.end()
            finish(status)
        } catch {
            finish(status.code == .ok ? GRPCStatus(thrown: error) : status)
        }
        // A server may answer before it has everything; it wants no more then.
        if !output.isSent { reset() }
    }

    func close(_ reason: HTTP2StreamEnd) {
        place = nil
        guard end == nil else { return }
        switch reason {
        case .stream(error: 0): finish(GRPCStatus(.internalError, "the server ended the call without a status"))
        case .stream(let error) where error == NGHTTP2_REFUSED_STREAM.rawValue && head == nil:
            if attempts < Self.mostAttempts, let onRefusal { return onRefusal() }
            finish(GRPCStatus(reset: error))
        case .stream(let error): finish(GRPCStatus(reset: error))
        case .connection(let reason): finish(GRPCStatus(.unavailable, reason))
        }
    }

    /// Ends the call from this side.
    func giveUp(_ status: GRPCStatus) {
        guard end == nil else { return }
        isGivenUp = true
        finish(status)
        reset()
    }

    /// The caller wants no more.
    func cancel() { giveUp(GRPCStatus(.cancelled, "the call was cancelled")) }

    private func reset() {
        if let place { place.wire.reset(place.number, NGHTTP2_CANCEL) }
    }

    private func finish(_ status: GRPCStatus) {
        end = status
        if let deadline { loop.cancel(deadline) }
        deadline = nil
        onRefusal = nil
        wake()
    }

    private func wake() {
        waiter?.resume()
        waiter = nil
    }
}

// MARK: From the caller

extension ClientCall {
    /// The only message, once the call has ended well; called on the loop.
    func reply() async throws -> GRPCReply {
        try await withTaskCancellationHandler {
            var messages: [[UInt8]] = []
            while let more = try await take() {
                messages += more
                if messages.count > 1 { giveUp(Self.wrongCount) }
            }
            guard let message = messages.first else { throw Self.wrongCount }
            return GRPCReply(message: message, metadata: head ?? [:], trailers: end?.trailers ?? [:])
        } onCancel: {
            loop.execute { self.cancel() }
        }
    }

    private static let wrongCount = GRPCStatus(.internalError, "the server's answer is not exactly one message")

    /// The messages that came meanwhile, at least one; none at the end.
    func nextMessages() async throws -> [[UInt8]] {
        try await onLoop { try await self.take() ?? [] }
    }

    func metadata() async throws -> GRPCMetadata {
        try await onLoop {
            while self.head == nil {
                if let end = self.end { throw end }
                await self.waitForNews()
            }
            return self.head ?? [:]
        }
    }

    @concurrent
    func trailers() async -> GRPCMetadata {
        await withTaskExecutorPreference(loop) { end?.trailers ?? [:] }
    }

    /// Runs `body` on the loop, whatever the caller runs on.
    @concurrent
    private func onLoop<Value: Sendable>(_ body: @Sendable () async throws -> Value) async throws -> Value {
        // The other way round, the body would stay where the caller is: closures that are passed on inherit that.
        try await withTaskExecutorPreference(loop) {
            try await withTaskCancellationHandler {
                try await body()
            } onCancel: {
                loop.execute { self.cancel() }
            }
        }
    }

    /// - Returns: nil at the end of a call that ended well.
    private func take() async throws -> [[UInt8]]? {
        loop.assertCurrent()
        while true {
            if isGivenUp, let end { throw end }
            let taken = inbox.take()
            if let place { place.wire.giveRoom(inbox.takeRoom(), on: place.number) }
            if case .messages(let messages) = taken { return messages }
            if let end {
                if end.code == .ok { return nil }
                throw end
            }
            await waitForNews()
        }
    }

    private func waitForNews() async {
        await withCheckedContinuation { continuation in
            precondition(waiter == nil, "one task at a time reads the messages of a call")
            waiter = continuation
        }
    }
}
