// Darkroom
// SPDX-License-Identifier: Apache-2.0

public import HTTP

/// A shared access signature as it arrives with a request.
public enum SharedAccessSignature: Sendable, Equatable {
    /// For the services of an account.
    case account(AccountSAS)
    /// For one container or blob.
    case service(ServiceSAS)

    /// Whether a query carries a signature.
    public static func isPresent(in query: HTTPQuery) -> Bool { SASQuery(query: query)["sig"] != nil }

    /// Reads the signature of a query and checks that one of the account's keys made it.
    ///
    /// Its time, protocol and addresses are ``SASTerms/check(_:now:)``'s business, what it allows the caller's.
    ///
    /// - Throws: ``StorageError`` `AuthenticationFailed`.
    public static func verified(
        _ query: HTTPQuery, of account: StorageAccount, container: ContainerName?, blob: BlobName?
    ) throws -> SharedAccessSignature {
        let query = SASQuery(query: query)
        guard query["skoid"] == nil else {
            throw sasFailure("User delegation signatures are not supported by this server; sign with an account key.")
        }
        let signature: SharedAccessSignature =
            query["ss"] != nil || query["srt"] != nil
            ? .account(try AccountSAS(query)) : .service(try ServiceSAS(query, container: container, blob: blob))
        let text = signature.stringToSign(account: account.name)
        guard let given = query["sig"], account.keys.contains(where: { $0.verifies(given, of: text) }) else {
            throw sasFailure("Signature did not match. String to sign used was '\(text)'.")
        }
        if case .service(let service) = signature, service.identifier != nil {
            throw sasFailure("Stored access policies (si) are not supported by this server; state the terms instead.")
        }
        return signature
    }

    /// What is allowed, when and from where.
    public var terms: SASTerms {
        switch self {
        case .account(let signature): signature.terms
        case .service(let signature): signature.terms
        }
    }

    /// The text that is signed.
    public func stringToSign(account: String) -> String {
        switch self {
        case .account(let signature): signature.stringToSign(account: account)
        case .service(let signature): signature.stringToSign(account: account)
        }
    }
}
