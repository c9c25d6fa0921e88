// Darkroom
// SPDX-License-Identifier: Apache-2.0

import AzureStorage
import HTTP

/// Who sent a request.
enum Caller: Sendable, Equatable {
    /// Somebody with the account's key.
    case owner
    /// Somebody with a signature.
    case bearer(SharedAccessSignature)
    /// Somebody.
    case anonymous

    /// Whether the caller may write over what is there.
    var mayOverwrite: Bool {
        guard case .bearer(let signature) = self else { return true }
        return signature.terms.permissions.allowsAny(of: [.write])
    }

    /// Header fields of the answer that the caller's signature sets.
    var overrides: ServiceSAS.Overrides {
        if case .bearer(.service(let signature)) = self { signature.overrides } else { ServiceSAS.Overrides() }
    }

    /// Throws unless a signature allows what is needed; whoever is anonymous has none.
    ///
    /// - Throws: ``StorageError`` of the `Authorization…` kinds.
    func check(_ access: RequiredAccess) throws {
        guard case .bearer(let signature) = self else { return }
        guard !access.permissions.isEmpty else { throw StorageError(.authorizationFailure) }
        switch signature {
        case .account(let signature):
            guard signature.services.contains("b") else { throw StorageError(.authorizationServiceMismatch) }
            guard signature.resourceTypes.contains(access.resourceType.rawValue) else {
                throw StorageError(.authorizationResourceTypeMismatch)
            }
        case .service:
            guard access.isInServiceSignatures else { throw StorageError(.authorizationFailure) }
        }
        guard signature.terms.permissions.allowsAny(of: access.permissions) else {
            throw StorageError(.authorizationPermissionMismatch)
        }
    }
}

/// Finds out who sent a request.
struct Authenticator: Sendable {
    private let accounts: [String: StorageAccount]
    private let now: @Sendable () -> StorageTime

    init(accounts: [StorageAccount], now: @escaping @Sendable () -> StorageTime) {
        self.accounts = Dictionary(accounts.map { ($0.name, $0) }) { first, _ in first }
        self.now = now
    }

    /// - Throws: ``StorageError`` `AuthenticationFailed` and what a signature's terms demand; `ResourceNotFound` for an
    ///   account that is not here.
    func caller(of request: StorageRequest) throws -> Caller {
        guard let account = accounts[request.account] else {
            throw StorageError(
                .resourceNotFound,
                "This server has no account of that name. An address is http://host:port/account/container/blob.")
        }
        if let field = request.fields["Authorization"] {
            guard let credential = SharedKeyCredential(field) else {
                throw StorageError(
                    .authenticationFailed,
                    details: ["AuthenticationErrorDetail": "The scheme is not SharedKey or SharedKeyLite."])
            }
            try SharedKey.check(request.http, credential, of: account, now: now())
            return .owner
        }
        guard SharedAccessSignature.isPresent(in: request.decodedQuery) else { return .anonymous }
        let signature = try verified(request, of: account)
        try signature.terms.check(request.http, now: now())
        return .bearer(signature)
    }

    private func verified(_ request: StorageRequest, of account: StorageAccount) throws -> SharedAccessSignature {
        let (container, blob): (ContainerName?, BlobName?) =
            switch request.resource {
            case .service: (nil, nil)
            case .container(let address): (address.container, nil)
            case .blob(let address): (address.container.container, address.name)
            }
        return try SharedAccessSignature.verified(request.decodedQuery, of: account, container: container, blob: blob)
    }
}
