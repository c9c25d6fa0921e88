// Darkroom
// SPDX-License-Identifier: Apache-2.0

public import Sockets
public import Telemetry

/// A gRPC server on one address: HTTP/2, unary and server streaming methods.
///
/// Bind it, tell people the address, then let ``run()`` serve until the task is cancelled or ``drain(within:)`` was
/// called. It serves once.
public final class GRPCServer: Sendable {
    private let listener: SocketListener<ServerConnection>

    /// - Parameters:
    ///   - configuration: Where to listen, and within which bounds.
    ///   - handlers: The methods.
    ///   - log: Where failed calls and refused connections are told.
    ///   - loops: Which threads to serve on; servers of one process should share them.
    public init(
        configuration: GRPCServerConfiguration, handlers: GRPCHandlers, log: Log = .silent, loops: EventLoops
    ) {
        let service = ServiceDesk(handlers: handlers, limits: configuration.limits, log: log)
        let socket = SocketListener<ServerConnection>.Configuration(
            address: configuration.address, certificate: configuration.certificate, protocols: ["h2"],
            connections: configuration.limits.connections)
        listener = SocketListener(socket, life: service.life, log: log, loops: loops) { transport, address in
            ServerConnection(transport, service: service, remoteAddress: address)
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

    /// Stops taking clients and calls, lets running calls end and their connections with them, and cuts at `limit`, or
    /// when the caller's task is cancelled, what then still runs.
    ///
    /// Clients are told (GOAWAY), so that they make their next calls elsewhere. ``run()`` returns once the handlers of
    /// cut calls have returned, too.
    public func drain(within limit: Duration) async { await listener.drain(within: limit) }
}
