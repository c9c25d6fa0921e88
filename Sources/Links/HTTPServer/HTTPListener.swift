// Darkroom
// SPDX-License-Identifier: Apache-2.0

public import HTTP
public import Sockets
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
    private let listener: SocketListener<Connection>

    /// - Parameters:
    ///   - configuration: Where to listen, and within which bounds.
    ///   - responder: Who answers.
    ///   - log: Where failed requests and refused connections are told.
    ///   - loops: Which threads to serve on; listeners of one process should share them.
    public init(
        configuration: HTTPServerConfiguration, responder: any HTTPResponder, log: Log = .silent, loops: EventLoops
    ) {
        let service = ServiceState(responder: responder, configuration: configuration, log: log)
        let socket = SocketListener<Connection>.Configuration(
            address: configuration.address, certificate: configuration.certificate,
            connections: configuration.limits.connections)
        listener = SocketListener(socket, life: service.life, log: log, loops: loops) { transport, address in
            Connection(transport, service: service, remoteAddress: address)
        }
    }

    /// How many connections are open.
    public var connectionCount: Int { listener.connectionCount }

    /// Takes the address: from now on clients can connect, and wait until ``run()`` serves them.
    ///
    /// - Returns: The address with the port that was taken.
    /// - Throws: `SocketError`.
    public func bind() throws -> SocketAddress { try listener.bind() }

    /// Serves until the task is cancelled, which ends everything at once, or until a drain is complete.
    ///
    /// Binds first if that was not done yet.
    ///
    /// - Throws: `SocketError` when the address cannot be taken.
    public func run() async throws { try await listener.run() }

    /// Stops taking clients, closes idle connections, lets running requests end and their connections with them, and
    /// cuts at `limit`, or when the caller's task is cancelled, what then still runs.
    ///
    /// ``run()`` returns once the responders of cut requests have returned, too.
    public func drain(within limit: Duration) async { await listener.drain(within: limit) }
}
