// Darkroom
// SPDX-License-Identifier: Apache-2.0

public import Protobuf
public import Sockets
public import Telemetry

/// Calls to one server, all over one connection.
///
/// The connection is made when a call needs it, and made anew when it is gone or the server wants no more calls on it;
/// calls that ran on a broken one fail with ``GRPCStatus/Code/unavailable``, since nobody knows how far they got. Only
/// calls that the server has certainly not begun are sent again by themselves.
public final class GRPCChannel: Sendable {
    private let connections: ClientConnections
    private let loops: EventLoops
    private let limits: GRPCChannelLimits

    /// - Parameters:
    ///   - configuration: Which server, and within which bounds.
    ///   - log: Where connections that break are told.
    ///   - loops: Which threads to use.
    /// - Throws: `SocketError` when the certificates to trust cannot be used.
    public init(_ configuration: GRPCChannelConfiguration, log: Log = .silent, loops: EventLoops) throws {
        let tls = try configuration.trust.map { try TLSContext(trusting: $0, protocols: ["h2"]) }
        self.loops = loops
        limits = configuration.limits
        connections = ClientConnections(configuration, tls: tls, log: log, on: loops.next())
    }

    deinit { close() }

    /// Ends the connection; running calls fail with ``GRPCStatus/Code/cancelled``, and so does every further one.
    public func close() {
        connections.loop.execute { [connections] in connections.close() }
    }

    /// Makes a call that is answered with one message.
    ///
    /// Cancelling the caller's task cancels the call on the server, too.
    ///
    /// - Parameters:
    ///   - path: The method: `/Package.Service/Method`.
    ///   - request: The message's bytes.
    ///   - options: The call's time and metadata.
    /// - Throws: ``GRPCStatus``.
    @concurrent
    public func unary(
        _ path: String, _ request: [UInt8], options: GRPCCallOptions = GRPCCallOptions()
    ) async throws -> GRPCReply {
        let call = try makeCall(path, request, options)
        return try await withTaskExecutorPreference(call.loop) {
            connections.start(call)
            return try await call.reply()
        }
    }

    /// Makes a call that is answered with a stream of messages.
    ///
    /// - Parameters:
    ///   - path: The method: `/Package.Service/Method`.
    ///   - request: The message's bytes.
    ///   - options: The call's time and metadata.
    ///   - body: Reads the messages; when it returns before their end, the call is cancelled.
    /// - Throws: What `body` throws; reading throws ``GRPCStatus``.
    public func streaming<Value>(
        _ path: String, _ request: [UInt8], options: GRPCCallOptions = GRPCCallOptions(),
        _ body: (GRPCMessages) async throws -> Value
    ) async throws -> Value {
        let call = try makeCall(path, request, options)
        call.loop.execute { [connections] in connections.start(call) }
        defer { call.loop.execute { call.cancel() } }
        return try await body(GRPCMessages(call))
    }

    private func makeCall(_ path: String, _ request: [UInt8], _ options: GRPCCallOptions) throws -> ClientCall {
        if request.count > limits.sentMessageBytes {
            throw GRPCStatus(
                .resourceExhausted,
                "a request of \(request.count) bytes is longer than the limit of \(limits.sentMessageBytes) bytes")
        }
        return ClientCall(
            fields: try connections.fields(path, options), request: request, timeout: options.timeout,
            messageBytes: limits.messageBytes, on: connections.loop)
    }
}

extension GRPCChannel {
    /// Makes a call that is answered with one message.
    ///
    /// - Throws: ``GRPCStatus``.
    public func unary<Reply: ProtobufMessage>(
        _ path: String, _ request: some ProtobufMessage, as type: Reply.Type = Reply.self,
        options: GRPCCallOptions = GRPCCallOptions()
    ) async throws -> Reply {
        try Reply(reply: try await unary(path, request.protobuf, options: options).message)
    }

    /// Makes a call that is answered with a stream of messages.
    ///
    /// - Throws: What `body` throws; reading throws ``GRPCStatus``.
    public func streaming<Reply: ProtobufMessage, Value>(
        _ path: String, _ request: some ProtobufMessage, as type: Reply.Type = Reply.self,
        options: GRPCCallOptions = GRPCCallOptions(),
        _ body: (AsyncThrowingMapSequence<GRPCMessages, Reply>) async throws -> Value
    ) async throws -> Value {
        try await streaming(path, request.protobuf, options: options) { messages in
            try await body(messages.map { try Reply(reply: $0) })
        }
    }
}

extension ProtobufMessage {
    fileprivate init(reply bytes: [UInt8]) throws {
        do {
            try self.init(protobuf: bytes)
        } catch {
            throw GRPCStatus(.internalError, "the server's answer is \(error)")
        }
    }
}
