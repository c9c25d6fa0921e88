// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// Where requests go: scheme, host and port.
public struct HTTPOrigin: Sendable, Hashable, CustomStringConvertible {
    /// Whether TLS is spoken.
    public let isSecure: Bool
    /// A name or an address; an IPv6 address without brackets.
    public let host: String
    /// The port.
    public let port: Int

    /// An origin of these parts.
    ///
    /// - Parameters:
    ///   - host: A name or an address; an IPv6 address without brackets.
    ///   - port: nil for the scheme's own.
    ///   - isSecure: Whether TLS is spoken.
    /// - Throws: ``HTTPClientError`` when the host has a character that no host has, or the port is none.
    public init(host: String, port: Int? = nil, isSecure: Bool) throws {
        let port = port ?? (isSecure ? 443 : 80)
        guard !host.isEmpty, host.utf8.allSatisfy(isHostByte) else {
            throw HTTPClientError(.invalidRequest, "\"\(host)\" is no host name or address")
        }
        guard (1...65_535).contains(port) else { throw HTTPClientError(.invalidRequest, "\(port) is no port") }
        self.host = host
        self.port = port
        self.isSecure = isSecure
    }

    /// Reads `http://host`, `https://host:port` and the like, with or without a final slash.
    ///
    /// - Throws: ``HTTPClientError`` for anything else.
    public init(_ text: String) throws {
        let failure = HTTPClientError(
            .invalidRequest, "\"\(text)\" is no origin; write http://host:port or https://host:port")
        let isSecure = text.hasPrefix("https://")
        guard isSecure || text.hasPrefix("http://") else { throw failure }
        var authority = text.dropFirst(isSecure ? 8 : 7)
        if authority.hasSuffix("/") { authority.removeLast() }
        guard let (host, port) = splitAuthority(authority) else { throw failure }
        try self.init(host: host, port: port, isSecure: isSecure)
    }

    /// `scheme://host:port`, an IPv6 address in brackets.
    public var description: String {
        "\(isSecure ? "https" : "http")://\(host.contains(":") ? "[\(host)]" : host):\(port)"
    }
}

/// Host and port of `host`, `host:port`, `[address]` or `[address]:port`; nil for anything else.
private func splitAuthority(_ text: Substring) -> (host: String, port: Int?)? {
    var host = text
    var port: Substring?
    if text.hasPrefix("[") {
        guard let end = text.firstIndex(of: "]") else { return nil }
        host = text[text.index(after: text.startIndex)..<end]
        let rest = text[text.index(after: end)...]
        guard rest.isEmpty || rest.hasPrefix(":") else { return nil }
        port = rest.isEmpty ? nil : rest.dropFirst()
    } else if let colon = text.firstIndex(of: ":") {
        host = text[..<colon]
        port = text[text.index(after: colon)...]
        guard !host.contains(":"), port?.contains(":") == false else { return nil }
    }
    guard let port else { return (String(host), nil) }
    guard port.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }), let number = Int(port) else {
        return nil
    }
    return (String(host), number)
}

private func isHostByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"),
        UInt8(ascii: ":"):
        true
    default: false
    }
}
