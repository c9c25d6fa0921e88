// Darkroom
// SPDX-License-Identifier: Apache-2.0

public import HTTP

/// A shared access signature for one container or one blob.
public struct ServiceSAS: Sendable, Equatable {
    /// What it is for.
    public enum Scope: Sendable, Equatable {
        /// A container and every blob in it.
        case container(ContainerName)
        /// One blob.
        case blob(ContainerName, BlobName)
    }

    /// Header fields of an answer that the signature sets.
    public struct Overrides: Sendable, Equatable {
        /// `Cache-Control`: `rscc`.
        public var cacheControl: String?
        /// `Content-Disposition`: `rscd`.
        public var disposition: String?
        /// `Content-Encoding`: `rsce`.
        public var encoding: String?
        /// `Content-Language`: `rscl`.
        public var language: String?
        /// `Content-Type`: `rsct`.
        public var type: String?

        /// None.
        public init() {}

        var values: [(name: String, value: String?)] {
            [("rscc", cacheControl), ("rscd", disposition), ("rsce", encoding), ("rscl", language), ("rsct", type)]
        }
    }

    /// What is allowed, when and from where.
    public var terms: SASTerms
    /// For what.
    public var scope: Scope
    /// The stored access policy that completes the terms: `si`.
    public var identifier: String?
    /// Header fields of the answer.
    public var overrides = Overrides()

    /// A signature for a container or a blob.
    public init(_ terms: SASTerms, for scope: Scope) {
        self.terms = terms
        self.scope = scope
    }

    /// The signature that a query states, for the resource that the request is about.
    ///
    /// - Throws: ``StorageError`` `AuthenticationFailed`, also for kinds that this program does not know.
    init(_ query: SASQuery, container: ContainerName?, blob: BlobName?) throws {
        switch (query["sr"], container, blob) {
        case ("c", let container?, _): scope = .container(container)
        case ("b", let container?, let blob?): scope = .blob(container, blob)
        case ("b", _, nil), ("c", nil, _): throw sasFailure("The signature is for another kind of resource.")
        case (let other, _, _):
            throw sasFailure("Signatures for sr=\(other ?? "") are not supported by this server; use sr=b or sr=c.")
        }
        terms = try SASTerms(query)
        identifier = query["si"]
        overrides.cacheControl = query["rscc"]
        overrides.disposition = query["rscd"]
        overrides.encoding = query["rsce"]
        overrides.language = query["rscl"]
        overrides.type = query["rsct"]
    }

    /// The text that is signed.
    public func stringToSign(account: String) -> String {
        let resource: (text: String, kind: String) =
            switch scope {
            case .container(let container): ("/blob/\(account)/\(container)", "c")
            case .blob(let container, let blob): ("/blob/\(account)/\(container)/\(blob)", "b")
            }
        var lines = [
            terms.permissions.text, terms.start?.text ?? "", terms.expiry?.text ?? "", resource.text, identifier ?? "",
            terms.addresses ?? "", terms.protocols ?? "", terms.version,
        ]
        if terms.version >= "2018-11-09" { lines += [resource.kind, ""] }
        if terms.version >= "2020-12-06" { lines.append(terms.encryptionScope ?? "") }
        return (lines + overrides.values.map { $0.value ?? "" }).joined(separator: "\n")
    }

    /// The query that carries it, signed.
    public func query(for account: String, signedWith key: AccountKey) -> HTTPQuery {
        let kind = if case .container = scope { "c" } else { "b" }
        var items = terms.items + [.init(name: "sr", value: kind)]
        if let identifier { items.append(.init(name: "si", value: identifier)) }
        for (name, value) in overrides.values {
            if let value { items.append(.init(name: name, value: value)) }
        }
        items.append(.init(name: "sig", value: key.signature(of: stringToSign(account: account))))
        return HTTPQuery(items)
    }
}
