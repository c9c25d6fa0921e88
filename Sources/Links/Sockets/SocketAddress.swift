// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// Where a listener waits: an IP address and a TCP port.
public struct SocketAddress: Sendable, Hashable, CustomStringConvertible {
    /// An IPv4 or IPv6 address as text, without brackets.
    public var host: String
    /// The port; 0 lets the system choose a free one.
    public var port: UInt16

    /// An address and a port.
    public init(host: String, port: UInt16) {
        self.host = host
        self.port = port
    }

    /// Whether only programs on this machine can reach the address.
    public var isLoopback: Bool { host == "::1" || host.hasPrefix("127.") }

    /// As in a URL: `127.0.0.1:10000`, `[::1]:10000`.
    public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
