// Darkroom
// SPDX-License-Identifier: Apache-2.0

public import Sockets

/// What an ``HTTPListener`` is told.
public struct HTTPServerConfiguration: Sendable {
    /// Where to listen; port 0 takes a free one.
    public var address: SocketAddress
    /// What to show over TLS; nil for plain HTTP.
    public var certificate: TLSCertificate?
    /// The bounds of every connection.
    public var limits: HTTPServerLimits

    /// Listens on loopback only, without TLS, within the default limits, unless told otherwise.
    public init(
        address: SocketAddress = SocketAddress(host: "127.0.0.1", port: 0), certificate: TLSCertificate? = nil,
        limits: HTTPServerLimits = HTTPServerLimits()
    ) {
        self.address = address
        self.certificate = certificate
        self.limits = limits
    }
}

/// The bounds that a peer meets.
///
/// Times are kept to about a quarter of a second.
public struct HTTPServerLimits: Sendable {
    /// Connections at once; further ones wait in the kernel's queue.
    public var connections = 10_000
    /// Bytes of a request's line and fields together; more answers 431.
    public var headBytes = 64 << 10
    /// Fields of a request; more answers 431.
    public var fields = 128
    /// From the first byte of a request to the end of its head, and the time for a TLS handshake.
    public var headTime: Duration = .seconds(30)
    /// Without a request between two on one connection.
    public var idleTime: Duration = .seconds(75)
    /// Without a byte moving while a body is awaited or sent.
    public var progressTime: Duration = .seconds(60)
    /// Bytes a second that a body must average, up or down, while the peer is what it waits for.
    public var minimumRate = 240
    /// How long a body may stay under ``minimumRate`` at its start.
    public var rateGrace: Duration = .seconds(10)
    /// Unread body bytes that are thrown away to keep the connection; a longer rest closes it.
    public var discardBytes: Int64 = 256 << 10
    /// After an early answer: how long the peer's bytes are still taken, so that the answer is not lost to a reset.
    public var lingerTime: Duration = .seconds(5)
    /// After an early answer: how many of the peer's bytes are still taken.
    public var lingerBytes = 16 << 20

    /// The defaults.
    public init() {}
}

extension RateBudget {
    /// What a body has by these limits.
    init(_ limits: HTTPServerLimits) {
        self.init(progress: limits.progressTime, grace: limits.rateGrace, bytesPerSecond: limits.minimumRate)
    }
}
