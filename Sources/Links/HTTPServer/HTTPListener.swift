// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import CLinux
import Glibc
public import HTTP
public import Telemetry

/// An HTTP/1.1 server on one address.
///
/// Bind it, tell people the address, then let ``run()`` serve until the task is cancelled or ``drain(within:)`` was
/// called. It serves once.
///
/// Each connection is one task on an event loop, and its responder runs there too, even its `@concurrent` functions: a
/// responder that blocks or computes for longer than a millisecond moves that work elsewhere (to a `BlockingPool`, or
/// by `withTaskExecutorPreference(globalConcurrentExecutor)`), or it delays the loop's other connections. Requests are
/// read strictly: what RFC 9112 lets others read in two ways is refused.
public final class HTTPListener: Sendable {
    private struct State {
        var socket: Int32?
        var tls: TLSContext?
        var acceptor: Acceptor?
        /// Whether it serves, has served, or never will.
        var isSpent = false
    }

    private let configuration: HTTPServerConfiguration
    private let loops: HTTPEventLoops
    private let service: ServiceState
    private let roster: Roster
    private let state = Lock(State())
    private let ended = Latch()

    /// - Parameters:
    ///   - configuration: Where to listen, and within which bounds.
    ///   - responder: Who answers.
    ///   - log: Where failed requests and refused connections are told.
    ///   - loops: Which threads to serve on; listeners of one process should share them.
    public init(
        configuration: HTTPServerConfiguration, responder: any HTTPResponder, log: Log = .silent,
        loops: HTTPEventLoops
    ) {
        self.configuration = configuration
        self.loops = loops
        service = ServiceState(responder: responder, configuration: configuration, log: log)
        roster = Roster(capacity: configuration.limits.connections)
    }

    deinit {
        state.withLock { state in
            if let socket = state.socket { close(socket) }
        }
    }

    /// How many connections are open.
    public var connectionCount: Int { roster.count }

    /// Takes the address: from now on clients can connect, and wait until ``run()`` serves them.
    ///
    /// - Returns: The address with the port that was taken.
    /// - Throws: ``HTTPServerError``.
    public func bind() throws -> SocketAddress {
        let tls = try configuration.certificate.map { try TLSContext($0) }
        let socket = unsafe clinux_listen(configuration.address.host, configuration.address.port, SOMAXCONN)
        guard socket >= 0 else { throw unbindable(-socket) }
        state.withLock { state in
            precondition(state.socket == nil && !state.isSpent, "a listener binds once")
            state.socket = socket
            state.tls = tls
        }
        return SocketAddress(
            host: configuration.address.host, port: UInt16(clamping: clinux_local_port(socket)))
    }

    private func unbindable(_ error: Int32) -> HTTPServerError {
        let address = configuration.address
        switch error {
        case EADDRINUSE:
            return HTTPServerError(
                .addressInUse, "\(address) is taken by another program; stop it or choose another port")
        case EADDRNOTAVAIL:
            return HTTPServerError(.addressUnusable, "\(address.host) is not an IP address of this machine")
        case EACCES:
            return HTTPServerError(
                .addressUnusable, "listening on \(address) is not permitted; choose a port of 1024 or above")
        default:
            let reason = unsafe String(cString: strerror(error))
            return HTTPServerError(.resources, "listening on \(address) failed: \(reason)")
        }
    }

    /// Serves until the task is cancelled, which ends everything at once, or until a drain is complete.
    ///
    /// Binds first if that was not done yet.
    ///
    /// - Throws: ``HTTPServerError`` when the address cannot be taken.
    public func run() async throws {
        if state.withLock({ $0.socket == nil && !$0.isSpent }) { _ = try bind() }
        guard let (acceptor, tls) = begin() else { return }
        defer { ended.open() }
        await withTaskCancellationHandler {
            await withTaskExecutorPreference(loops.all[0]) { await serve(acceptor, tls) }
        } onCancel: {
            stop()
        }
    }

    /// Stops taking clients, closes idle connections, lets running requests end and their connections with them, and
    /// cuts at `limit`, or when the caller's task is cancelled, what then still runs.
    ///
    /// ``run()`` returns once the responders of cut requests have returned, too.
    public func drain(within limit: Duration) async {
        service.advance(to: .draining)
        refuseClients()
        roster.tellAll { $0.drain() }
        await withTaskGroup { group in
            group.addTask { await self.ended.wait() }
            group.addTask { try? await Task.sleep(for: limit) }
            await group.next()
            group.cancelAll()
        }
        stop()
    }

    private func stop() {
        service.advance(to: .stopping)
        refuseClients()
        roster.tellAll { $0.cut() }
    }

    /// - Returns: nil when it was drained before it began.
    private func begin() -> (Acceptor, TLSContext?)? {
        state.withLock { state in
            guard let socket = state.socket else {
                precondition(service.phase != .serving, "a listener serves once")
                return nil
            }
            let acceptor = Acceptor(owning: socket, on: loops.all[0], roster: roster, log: service.log)
            state.socket = nil
            state.acceptor = acceptor
            state.isSpent = true
            return (acceptor, state.tls)
        }
    }

    private func refuseClients() {
        state.withLock { state in
            if let acceptor = state.acceptor { loops.all[0].execute { acceptor.close() } }
            guard !state.isSpent else { return }
            state.isSpent = true
            if let socket = state.socket { close(socket) }
            state.socket = nil
            ended.open()
        }
    }
}

// MARK: Connections

extension HTTPListener {
    /// Gives every client a task; they are children, so this returns when the last of them has ended.
    @concurrent
    private func serve(_ acceptor: Acceptor, _ tls: TLSContext?) async {
        await withDiscardingTaskGroup { group in
            guard acceptor.open() else { return acceptor.close() }
            while let arrival = await acceptor.next() {
                guard let connection = connect(arrival, tls) else { continue }
                roster.open(connection)
                group.addTask(executorPreference: connection.loop) {
                    await connection.run()
                    guard self.roster.close(connection) else { return }
                    self.loops.all[0].execute { acceptor.roomIsFree() }
                }
            }
        }
    }

    private func connect(_ arrival: Acceptor.Arrival, _ tls: TLSContext?) -> Connection? {
        let channel = Channel(owning: arrival.descriptor, on: loops.next(), interest: Channel.connection)
        do {
            let transport = Transport(channel, tls: try tls?.session(over: arrival.descriptor))
            return Connection(transport, service: service, remoteAddress: arrival.remoteAddress)
        } catch {
            service.log(.error, "A connection could not be served", ["error": "\(error)"])
            close(arrival.descriptor)
            return nil
        }
    }
}
