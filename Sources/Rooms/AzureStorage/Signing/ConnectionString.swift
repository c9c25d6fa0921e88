// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// Where a storage account is and what opens it, as one line of text.
public struct ConnectionString: Sendable, Equatable, CustomStringConvertible {
    /// What opens the account.
    public enum Credential: Sendable, Equatable {
        /// The account's key.
        case key(AccountKey)
        /// A query with a signature, without "?".
        case signature(String)
        /// Nothing: public containers only.
        case anonymous
    }

    /// The account's name.
    public let account: String
    /// What opens it.
    public let credential: Credential
    /// The address of the blob service, the account's path included, without a slash at the end.
    public let blobEndpoint: String

    /// A connection of these parts.
    public init(account: String, credential: Credential, blobEndpoint: String) {
        self.account = account
        self.credential = credential
        self.blobEndpoint = blobEndpoint
    }

    /// The development account on this machine.
    public static let development = ConnectionString(
        account: StorageAccount.development.name, credential: .key(StorageAccount.development.keys[0]),
        blobEndpoint: "http://127.0.0.1:10000/devstoreaccount1")

    /// Reads `AccountName=…;AccountKey=…;BlobEndpoint=…` and the other forms that the service's tools accept.
    ///
    /// - Throws: ``InvalidConnectionString``, which names what is missing or wrong but never a value.
    public init(_ text: String) throws {
        let values = try Self.values(of: text)
        if values["usedevelopmentstorage"]?.lowercased() == "true" {
            self = .development
            return
        }
        let endpoint = try Self.endpoint(values)
        guard let account = values["accountname"] ?? Self.accountName(in: endpoint) else {
            throw InvalidConnectionString(reason: "AccountName is missing")
        }
        let credential: Credential =
            if let key = values["accountkey"] {
                .key(try Self.key(key))
            } else if let signature = values["sharedaccesssignature"] {
                .signature(signature.hasPrefix("?") ? String(signature.dropFirst()) : signature)
            } else {
                .anonymous
            }
        self.init(account: account, credential: credential, blobEndpoint: endpoint)
    }

    /// The text that ``init(_:)`` reads, with its secret: never for logs.
    public var text: String {
        let scheme = blobEndpoint.hasPrefix("https:") ? "https" : "http"
        let secret =
            switch credential {
            case .key(let key): "AccountKey=\(key.secret);"
            case .signature(let signature): "SharedAccessSignature=\(signature);"
            case .anonymous: ""
            }
        return "DefaultEndpointsProtocol=\(scheme);AccountName=\(account);\(secret)BlobEndpoint=\(blobEndpoint);"
    }

    /// The account and its address, without the secret.
    public var description: String { "\(account) at \(blobEndpoint)" }

    private static func values(of text: String) throws -> [String: String] {
        var values: [String: String] = [:]
        for part in text.split(separator: ";") {
            let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard pair.count == 2, !pair[0].isEmpty else {
                throw InvalidConnectionString(reason: "it is not a list of Name=Value, separated by semicolons")
            }
            values[pair[0].trimmingSpaces().lowercased()] = pair[1].trimmingSpaces()
        }
        guard !values.isEmpty else { throw InvalidConnectionString(reason: "it is empty") }
        return values
    }

    private static func endpoint(_ values: [String: String]) throws -> String {
        if let endpoint = values["blobendpoint"] {
            guard endpoint.hasPrefix("http://") || endpoint.hasPrefix("https://") else {
                throw InvalidConnectionString(reason: "BlobEndpoint does not begin with http:// or https://")
            }
            return endpoint.hasSuffix("/") ? String(endpoint.dropLast()) : endpoint
        }
        guard let account = values["accountname"] else {
            throw InvalidConnectionString(reason: "it has neither BlobEndpoint nor AccountName")
        }
        let scheme = values["defaultendpointsprotocol"] ?? "https"
        return "\(scheme)://\(account).blob.\(values["endpointsuffix"] ?? "core.windows.net")"
    }

    /// The account that an address names: the path's only segment, or else the host's first label.
    private static func accountName(in endpoint: String) -> String? {
        let parts = endpoint.split(separator: "/")
        if parts.count == 3 { return String(parts[2]) }
        return parts.count == 2 ? parts[1].split(separator: ".").first.map(String.init) : nil
    }

    private static func key(_ text: String) throws -> AccountKey {
        do {
            return try AccountKey(base64: text)
        } catch {
            throw InvalidConnectionString(reason: "AccountKey is not base64 of at least 16 bytes")
        }
    }
}

/// A connection string cannot be used.
public struct InvalidConnectionString: Error, Sendable, CustomStringConvertible {
    /// What is missing or wrong.
    public let reason: String

    /// What is missing or wrong.
    public var description: String { "the connection string cannot be used: \(reason)" }
}

extension Substring {
    fileprivate func trimmingSpaces() -> String {
        var trimmed = drop { $0 == " " }
        while trimmed.last == " " { trimmed.removeLast() }
        return String(trimmed)
    }
}
