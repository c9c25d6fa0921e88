// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Sockets
import Telemetry

/// The connections of a channel: one for new calls, and those whose last calls still run.
///
/// Unchecked: all but the fields of calls belongs to the loop's thread.
final class ClientConnections: @unchecked Sendable {
    let loop: EventLoop
    private let configuration: GRPCChannelConfiguration
    private let connector: Connector
    private let log: Log
    private var current: ClientConnection?
    private var all: [ObjectIdentifier: ClientConnection] = [:]
    private var isClosed = false

    init(_ configuration: GRPCChannelConfiguration, tls: TLSContext?, log: Log, on loop: EventLoop) {
        self.configuration = configuration
        self.log = log
        self.loop = loop
        connector = Connector(host: configuration.host, port: configuration.port, tls: tls)
    }

    /// The fields of a call's head.
    ///
    /// - Throws: ``GRPCStatus`` when its metadata cannot be sent.
    func fields(_ path: String, _ options: GRPCCallOptions) throws -> [HTTP2Field] {
        let authority = SocketAddress(host: configuration.host, port: configuration.port).description
        var fields = [
            HTTP2Field(":method", "POST"), HTTP2Field(":scheme", configuration.trust == nil ? "http" : "https"),
            HTTP2Field(":path", path), HTTP2Field(":authority", authority), HTTP2Field("te", "trailers"),
            HTTP2Field("content-type", "application/grpc"), HTTP2Field("user-agent", "darkroom-grpc/1"),
        ]
        if let timeout = options.timeout { fields.append(HTTP2Field("grpc-timeout", TimeoutText.encode(timeout))) }
        return fields + (try options.metadata.fields())
    }

    /// Sends a call over the current connection, or a new one.
    func start(_ call: ClientCall) {
        loop.assertCurrent()
        if isClosed { return call.giveUp(GRPCStatus(.cancelled, "the channel is closed")) }
        call.begin()
        call.onRefusal = { [weak self, weak call] in
            if let self, let call { self.start(call) }
        }
        if let current, current.start(call) { return }
        let connection = connect()
        current = connection
        _ = connection.start(call)
    }

    /// Ends everything.
    func close() {
        isClosed = true
        current = nil
        for connection in all.values { connection.cut() }
    }

    private func connect() -> ClientConnection {
        let connection = ClientConnection(connector, limits: configuration.limits, log: log, on: loop)
        all[ObjectIdentifier(connection)] = connection
        // Unstructured: a connection outlives the call that needs it first; `close()` ends it.
        Task(executorPreference: loop) { [self] in
            await connection.run()
            all[ObjectIdentifier(connection)] = nil
            if current === connection { current = nil }
        }
        return connection
    }
}

/// A connection to a server: connecting, then a task that reads and one that writes.
///
/// Unchecked: it is used on its loop only.
final class ClientConnection: HTTP2WireOwner, @unchecked Sendable {
    private enum State {
        case connecting(waiting: [ClientCall])
        case open(HTTP2Wire)
        /// It takes no more calls.
        case leaving(HTTP2Wire?)
    }

    private let loop: EventLoop
    private let connector: Connector
    private let limits: GRPCChannelLimits
    private let log: Log
    private var state = State.connecting(waiting: [])
    /// The socket while it connects.
    private var channel: Channel?
    private var keepAlive: KeepAlive
    private var timer: LoopTimer?

    init(_ connector: Connector, limits: GRPCChannelLimits, log: Log, on loop: EventLoop) {
        self.connector = connector
        self.limits = limits
        self.log = log
        self.loop = loop
        keepAlive = KeepAlive(
            interval: limits.keepAliveInterval.milliseconds, timeout: limits.keepAliveTimeout.milliseconds,
            now: loop.now)
    }

    /// Takes a call.
    ///
    /// - Returns: false when it takes no more.
    func start(_ call: ClientCall) -> Bool {
        switch state {
        case .connecting(let waiting):
            state = .connecting(waiting: waiting + [call])
            return true
        case .open(let wire): return call.open(on: wire)
        case .leaving: return false
        }
    }

    /// Connects, and moves bytes until one side has enough.
    @concurrent
    func run() async {
        loop.assertCurrent()
        do {
            let deadline = loop.now + limits.connectTime.milliseconds
            let transport = try await connector.connect(on: loop, until: deadline) { channel = $0 }
            defer { transport.channel.close() }
            channel = nil
            if transport.isSecure && transport.agreedProtocol != "h2" {
                throw GRPCStatus(.unavailable, "the server does not speak HTTP/2 (it chose no h2 in TLS)")
            }
            guard case .connecting(let waiting) = state else { return }
            await converse(over: transport, waiting)
        } catch {
            fail(error)
        }
    }

    private func converse(over transport: Transport, _ waiting: [ClientCall]) async {
        let rules = HTTP2Rules(
            isServer: false, concurrentStreams: 0, windowBytes: limits.windowBytes, headerBytes: limits.headerBytes)
        let wire = HTTP2Wire(
            transport, rules: rules, sendTime: limits.sendTime, floods: RateGuard(burst: 1000, perSecond: 100),
            owner: self)
        state = .open(wire)
        for call in waiting where !call.open(on: wire) { call.close(.connection(reason: "no call can begin")) }
        keepAlive.rest(at: loop.now)
        check()
        await withDiscardingTaskGroup { group in
            group.addTask { await wire.writeAll() }
            await wire.readAll {}
            state = .leaving(nil)
            if let timer { loop.cancel(timer) }
            timer = nil
        }
    }

    private func fail(_ error: any Error) {
        log(.debug, "A gRPC connection failed", ["error": "\(error)"])
        guard case .connecting(let waiting) = state else { return }
        state = .leaving(nil)
        for call in waiting { call.close(.connection(reason: "\(error)")) }
    }

    /// Ends the connection and its calls.
    func cut() {
        switch state {
        case .connecting(let waiting):
            state = .leaving(nil)
            channel?.cut()
            for call in waiting { call.giveUp(GRPCStatus(.cancelled, "the channel was closed")) }
        case .open(let wire), .leaving(let wire?):
            state = .leaving(nil)
            wire.close(because: "the channel was closed")
        case .leaving(nil): break
        }
    }

    /// Asks a silent server for a sign while calls wait for it, and gives it up when none comes.
    private func check() {
        guard let wire else { return }
        keepAlive.noteSign(at: wire.lastSign)
        if wire.streamCount == 0 { keepAlive.rest(at: loop.now) }
        switch keepAlive.check(at: loop.now) {
        case .nothing: break
        case .ping: wire.ping()
        case .giveUp: return wire.close(because: "the server gives no sign any more")
        }
        timer = loop.schedule(at: max(keepAlive.due, loop.now + 1)) { [weak self] in self?.check() }
    }

    private var wire: HTTP2Wire? {
        switch state {
        case .connecting: nil
        case .open(let wire): wire
        case .leaving(let wire): wire
        }
    }
}

extension ClientConnection {
    func peerGoesAway() {
        if case .open(let wire) = state { state = .leaving(wire) }
    }

    func accept(_ stream: Int32) -> (any HTTP2Stream)? { nil }

    func peerHasGreeted() {}

    func peerHasAnswered() {}

    func isIdle() {}
}
