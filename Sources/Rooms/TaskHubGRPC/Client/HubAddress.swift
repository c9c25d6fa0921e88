// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// Where a hub elsewhere is, and how it wants to be spoken to.
public struct HubAddress: Sendable, Hashable {
    /// How a caller shows who it is.
    public enum Authentication: Sendable, Hashable {
        /// Not at all, as with the emulator and a hub on one's own machine.
        case none
        /// By a token; the text is the kind that the connection string names, as `DefaultAzure`.
        case token(kind: String)
    }

    /// The name or address of the server.
    public var host: String
    /// Its port.
    public var port: UInt16
    /// Whether the connection is over TLS.
    public var usesTLS: Bool
    /// The hub's name, for servers that have several; nil for those with one.
    public var taskHub: String?
    /// How a caller shows who it is.
    public var authentication: Authentication

    /// A hub; by default the one that a sidecar serves on this machine.
    public init(
        host: String = "localhost", port: UInt16 = 4001, usesTLS: Bool = false, taskHub: String? = nil,
        authentication: Authentication = .none
    ) {
        self.host = host
        self.port = port
        self.usesTLS = usesTLS
        self.taskHub = taskHub
        self.authentication = authentication
    }

    /// What stands in a connection string, beside the address: `ClientID`, `TenantId` and the like, by their names in
    /// lower case, for whoever makes the token provider.
    public private(set) var identity: [String: String] = [:]
}

/// A connection string cannot be used.
public struct InvalidConnectionString: Error, Sendable, Hashable, CustomStringConvertible {
    /// What is wrong with it; its values are left out.
    public let description: String
}

/// A token is not sent to another machine without TLS, where everybody in between could read and use it.
public struct InsecureHubAddress: Error, Sendable, Hashable, CustomStringConvertible {
    /// The machine.
    public let host: String

    /// What is wrong, and what to do.
    public var description: String {
        "the task hub at \(host) is to get a token, but without TLS: use https:// for its endpoint"
    }
}

extension HubAddress {
    private static let kinds = [
        "DefaultAzure", "ManagedIdentity", "WorkloadIdentity", "Environment", "AzureCLI", "AzurePowerShell",
        "VisualStudio", "VisualStudioCode", "InteractiveBrowser", "None",
    ]

    /// The address in a connection string of Durable Task Scheduler:
    /// `Endpoint=https://…;TaskHub=…;Authentication=…`.
    ///
    /// The names of its parts may be in any case; an endpoint without `http://` is spoken to over TLS.
    ///
    /// - Throws: ``InvalidConnectionString``.
    public init(connectionString text: String) throws {
        let parts = try Self.parts(of: text)
        guard let endpoint = parts["endpoint"] else { throw Self.invalid("it has no Endpoint") }
        guard let hub = parts["taskhub"], !hub.isEmpty else { throw Self.invalid("it has no TaskHub") }
        guard let wanted = parts["authentication"],
            let kind = Self.kinds.first(where: { $0.lowercased() == wanted.lowercased() })
        else { throw Self.invalid("its Authentication is none of \(Self.kinds.joined(separator: ", "))") }
        try self.init(endpoint: endpoint)
        taskHub = hub
        authentication = kind == "None" ? .none : .token(kind: kind)
        identity = parts.filter { !["endpoint", "taskhub", "authentication"].contains($0.key) }
    }

    /// The address in a URL, or a name with a port.
    ///
    /// - Throws: ``InvalidConnectionString``.
    public init(endpoint: String) throws {
        self.init(usesTLS: true)
        var rest = Substring(endpoint)
        for (scheme, isTLS) in [("https://", true), ("grpcs://", true), ("http://", false), ("grpc://", false)]
        where rest.lowercased().hasPrefix(scheme) {
            rest = rest.dropFirst(scheme.count)
            usesTLS = isTLS
            break
        }
        let authority = rest.prefix { $0 != "/" }
        let colon = authority.lastIndex(of: ":").flatMap { authority[$0...].contains("]") ? nil : $0 }
        host = String(authority[..<(colon ?? authority.endIndex)]).trimming(["[", "]"])
        port = usesTLS ? 443 : 80
        if let colon {
            guard let number = UInt16(authority[colon...].dropFirst()) else {
                throw Self.invalid("its Endpoint has a port that is no number up to 65535")
            }
            port = number
        }
        if host.isEmpty { throw Self.invalid("its Endpoint has no host") }
    }

    private static func parts(of text: String) throws -> [String: String] {
        var parts: [String: String] = [:]
        for part in text.split(separator: ";") {
            guard let equals = part.firstIndex(of: "=") else {
                throw invalid("one of its parts has no =; it is a list of Name=value with ; between")
            }
            let name = String(part[..<equals]).trimming([" "]).lowercased()
            parts[name] = String(part[equals...].dropFirst()).trimming([" "])
        }
        return parts
    }

    private static func invalid(_ reason: String) -> InvalidConnectionString {
        InvalidConnectionString(description: "the connection string of the task hub cannot be used: \(reason)")
    }
}

extension String {
    fileprivate func trimming(_ characters: Set<Character>) -> String {
        var rest = self[...]
        while let first = rest.first, characters.contains(first) { rest.removeFirst() }
        while let last = rest.last, characters.contains(last) { rest.removeLast() }
        return String(rest)
    }
}
