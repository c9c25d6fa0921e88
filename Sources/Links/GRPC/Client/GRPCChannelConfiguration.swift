// Darkroom
// SPDX-License-Identifier: Apache-2.0

public import Sockets

/// What a ``GRPCChannel`` is told.
public struct GRPCChannelConfiguration: Sendable {
    /// The server's name or IP address.
    public var host: String
    /// The server's port.
    public var port: UInt16
    /// Whom to trust to vouch for the server; nil for plain HTTP/2, without TLS.
    public var trust: TLSTrust?
    /// The bounds of calls and connections.
    public var limits = GRPCChannelLimits()

    /// A channel to the server.
    public init(host: String, port: UInt16, trust: TLSTrust? = nil) {
        self.host = host
        self.port = port
        self.trust = trust
    }
}

/// The bounds that a server meets.
public struct GRPCChannelLimits: Sendable {
    /// To connect, TLS included.
    public var connectTime: Duration = .seconds(20)
    /// Bytes of a message from the server; more ends the call with ``GRPCStatus/Code/resourceExhausted``.
    public var messageBytes = 4 << 20
    /// Bytes of a request; more fails with the same code before anything is sent.
    public var sentMessageBytes = 64 << 20
    /// Bytes that the server may send on a call before somebody takes them.
    public var windowBytes = 256 << 10
    /// Bytes of a head or of trailers, each name and value with 32 bytes more; more breaks the call.
    public var headerBytes = 16 << 10
    /// Without a byte moving while the server does not take what is sent.
    public var sendTime: Duration = .seconds(60)
    /// Without a sign from the server, while calls run, until it is asked for one.
    public var keepAliveInterval: Duration = .seconds(30)
    /// From asking to giving the connection up; its calls then fail with ``GRPCStatus/Code/unavailable``.
    public var keepAliveTimeout: Duration = .seconds(10)

    /// The defaults.
    public init() {}
}

/// What one call is told.
public struct GRPCCallOptions: Sendable {
    /// How long it may take, connecting included, which the server is told; nil for any time.
    public var timeout: Duration?
    /// What to send before the request.
    public var metadata: GRPCMetadata

    /// No limit and no metadata, unless told otherwise.
    public init(timeout: Duration? = nil, metadata: GRPCMetadata = [:]) {
        self.timeout = timeout
        self.metadata = metadata
    }
}
