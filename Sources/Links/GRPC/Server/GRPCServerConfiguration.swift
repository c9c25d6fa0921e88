// Darkroom
// SPDX-License-Identifier: Apache-2.0

public import Sockets

/// What a ``GRPCServer`` is told.
public struct GRPCServerConfiguration: Sendable {
    /// Where to listen; port 0 takes a free one.
    public var address: SocketAddress
    /// What to show over TLS; nil for plain HTTP/2, whose clients have to know that beforehand.
    public var certificate: TLSCertificate?
    /// The bounds of every connection.
    public var limits: GRPCServerLimits

    /// Listens on loopback only, without TLS, within the default limits, unless told otherwise.
    public init(
        address: SocketAddress = SocketAddress(host: "127.0.0.1", port: 0), certificate: TLSCertificate? = nil,
        limits: GRPCServerLimits = GRPCServerLimits()
    ) {
        self.address = address
        self.certificate = certificate
        self.limits = limits
    }
}

/// The bounds that a client meets.
public struct GRPCServerLimits: Sendable {
    /// Connections at once; further ones wait in the kernel's queue.
    public var connections = 1000
    /// Calls at once on a connection; a client holds further ones back.
    public var concurrentCalls = 256
    /// Bytes of a request's metadata, each name and value with 32 bytes more; a call with more is reset.
    public var headerBytes = 16 << 10
    /// Bytes of a request; more answers ``GRPCStatus/Code/resourceExhausted``.
    public var messageBytes = 4 << 20
    /// Bytes of an answer, or of one of its messages; more ends the call with the same code.
    public var sentMessageBytes = 64 << 20
    /// Bytes that a client may send on a call before somebody takes them.
    public var windowBytes = 256 << 10
    /// For TLS and for the first words of HTTP/2, each.
    public var handshakeTime: Duration = .seconds(10)
    /// From a request's head to its end.
    public var requestTime: Duration = .seconds(60)
    /// Without a call; the connection is then ended in order.
    public var idleTime: Duration = .seconds(30 * 60)
    /// Without a byte moving while a client does not take what it asked for.
    public var sendTime: Duration = .seconds(60)
    /// Without a sign from a client until it is asked for one.
    public var keepAliveInterval: Duration = .seconds(60)
    /// From asking to ending the connection.
    public var keepAliveTimeout: Duration = .seconds(20)
    /// Calls that a client may reset at once; more ends the connection.
    public var resetBurst = 1000
    /// Calls that a client may reset a second in the long run.
    public var resetsPerSecond = 100
    /// Pings and other frames without use that a client may send while it gets no data; more ends the connection.
    public var controlFrameBurst = 200
    /// Such frames a second in the long run.
    public var controlFramesPerSecond = 20

    /// The defaults.
    public init() {}
}
