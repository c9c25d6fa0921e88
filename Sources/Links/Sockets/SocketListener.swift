// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import CLinux
import Glibc
package import Telemetry

/// A listening address and the connections of its clients, whatever protocol they speak.
///
/// Each connection is one task on an event loop. A listener serves once.
package final class SocketListener<Connection: ServedConnection>: Sendable {
    /// What a listener is told.
    package struct Configuration: Sendable {
        var address: SocketAddress
        var certificate: TLSCertificate?
        /// The protocols to agree on by ALPN, the best first; empty takes no part in it.
        var protocols: [String] = []
        var connections: Int

        /// - Parameters:
        ///   - address: Where to listen.
        ///   - certificate: What to show over TLS; nil for none.
        ///   - protocols: What to agree on by ALPN, the best first; empty takes no part in it.
        ///   - connections: Connections at once; further ones wait in the kernel's queue.
        package init(
            address: SocketAddress, certificate: TLSCertificate?, protocols: [String] = [], connections: Int
        ) {
            self.address = address
            self.certificate = certificate
            self.protocols = protocols
            self.connections = connections
        }
    }

    private struct State {
        var socket: Int32?
        var tls: TLSContext?
        var acceptor: Acceptor?
        /// Whether it serves, has served, or never will.
        var isSpent = false
    }

    private let configuration: Configuration
    private let loops: EventLoops
    private let life: ServiceLife
    private let log: Log
    private let makeConnection: @Sendable (Transport, String) -> Connection
    private let roster: Roster<Connection>
    private let state = Lock(State())
    private let ended = Latch()

    /// - Parameters:
    ///   - configuration: Where to listen, and for how many.
    ///   - life: The phase that the connections look at; the listener moves it on.
    ///   - log: Where refused connections are told.
    ///   - loops: Which threads to serve on.
    ///   - makeConnection: Makes a connection of a client's socket and IP address.
    package init(
        _ configuration: Configuration, life: ServiceLife, log: Log, loops: EventLoops,
        makeConnection: @escaping @Sendable (Transport, String) -> Connection
    ) {
        self.configuration = configuration
        self.life = life
        self.log = log
        self.loops = loops
        self.makeConnection = makeConnection
        roster = Roster(capacity: configuration.connections)
    }

    deinit {
        state.withLock { state in
            if let socket = state.socket { close(socket) }
        }
    }

    /// How many connections are open.
    package var connectionCount: Int { roster.count }

    /// Takes the address: from now on clients can connect, and wait until ``run()`` serves them.
    ///
    /// - Returns: The address with the port that was taken.
    /// - Throws: ``SocketError``.
    package func bind() throws -> SocketAddress {
        let tls = try configuration.certificate.map { try TLSContext($0, protocols: configuration.protocols) }
        let socket = unsafe clinux_listen(configuration.address.host, configuration.address.port, SOMAXCONN)
        guard socket >= 0 else { throw SocketError(binding: configuration.address, errno: -socket) }
        state.withLock { state in
            precondition(state.socket == nil && !state.isSpent, "a listener binds once")
            state.socket = socket
            state.tls = tls
        }
        return SocketAddress(
            host: configuration.address.host, port: UInt16(clamping: clinux_local_port(socket)))
    }

    /// Serves until the task is cancelled, which ends everything at once, or until a drain is complete.
    ///
    /// Binds first if that was not done yet.
    ///
    /// - Throws: ``SocketError`` when the address cannot be taken.
    package func run() async throws {
        if state.withLock({ $0.socket == nil && !$0.isSpent }) { _ = try bind() }
        guard let (acceptor, tls) = begin() else { return }
        defer { ended.open() }
        await withTaskCancellationHandler {
            await withTaskExecutorPreference(loops.all[0]) { await serve(acceptor, tls) }
        } onCancel: {
            stop()
        }
    }

    /// Stops taking clients, drains their connections, and cuts at `limit`, or when the caller's task is cancelled,
    /// what then still runs.
    ///
    /// ``run()`` returns once the last connection's task has ended.
    package func drain(within limit: Duration) async {
        life.advance(to: .draining)
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
        life.advance(to: .stopping)
        refuseClients()
        roster.tellAll { $0.cut() }
    }

    /// - Returns: nil when it was drained before it began.
    private func begin() -> (Acceptor, TLSContext?)? {
        state.withLock { state in
            guard let socket = state.socket else {
                precondition(life.phase != .serving, "a listener serves once")
                return nil
            }
            let acceptor = Acceptor(owning: socket, on: loops.all[0], room: roster, log: log)
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

extension SocketListener {
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
            return makeConnection(transport, arrival.remoteAddress)
        } catch {
            log(.error, "A connection could not be served", ["error": "\(error)"])
            close(arrival.descriptor)
            return nil
        }
    }
}
