// Darkroom
// SPDX-License-Identifier: Apache-2.0

public import HTTP

/// A shared access signature for the services of an account.
public struct AccountSAS: Sendable, Equatable {
    /// The kind of resource that an operation works on.
    public enum ResourceType: Character, Sendable, CaseIterable {
        /// The service itself, and its list of containers.
        case service = "s"
        /// Containers, and their lists of blobs.
        case container = "c"
        /// Blobs.
        case object = "o"
    }

    /// What is allowed, when and from where.
    public var terms: SASTerms
    /// Letters of the services, as written: `b` for blobs.
    public var services: String
    /// Letters of the kinds of resources, as written.
    public var resourceTypes: String

    /// A signature for blobs.
    public init(_ terms: SASTerms, resourceTypes: Set<ResourceType>) {
        self.terms = terms
        services = "b"
        self.resourceTypes = String(ResourceType.allCases.filter(resourceTypes.contains).map(\.rawValue))
    }

    init(_ query: SASQuery) throws {
        terms = try SASTerms(query)
        services = query["ss"] ?? ""
        resourceTypes = query["srt"] ?? ""
    }

    /// The text that is signed.
    public func stringToSign(account: String) -> String {
        var lines = [
            account, terms.permissions.text, services, resourceTypes, terms.start?.text ?? "", terms.expiry?.text ?? "",
            terms.addresses ?? "", terms.protocols ?? "", terms.version,
        ]
        if terms.version >= "2020-12-06" { lines.append(terms.encryptionScope ?? "") }
        return lines.joined(separator: "\n") + "\n"
    }

    /// The query that carries it, signed.
    public func query(for account: String, signedWith key: AccountKey) -> HTTPQuery {
        HTTPQuery(
            terms.items + [
                .init(name: "ss", value: services), .init(name: "srt", value: resourceTypes),
                .init(name: "sig", value: key.signature(of: stringToSign(account: account))),
            ])
    }
}
