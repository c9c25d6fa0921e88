// Darkroom
// SPDX-License-Identifier: Apache-2.0

import AzureStorage
import HTTP

/// One operation of the service: parsed from a request, authorised by what it needs, then run.
protocol StorageOperation: Sendable {
    /// Takes all it needs from the request's header.
    ///
    /// - Throws: ``StorageError`` for what cannot be.
    init(_ request: StorageRequest) throws

    /// What its caller must be allowed.
    var access: RequiredAccess { get }

    /// Does it and says so.
    func run(_ context: OperationContext) async throws -> HTTPResponse
}

/// What an operation works with.
struct OperationContext: Sendable {
    let store: BlobStore
    let caller: Caller
    let body: any HTTPRequestBody
    /// Throws unless the caller may read the blob of another address.
    let checkSource: @Sendable (StorageRequest) async throws -> Void
}

/// What a caller must be allowed.
struct RequiredAccess: Sendable, Equatable {
    /// The kind of resource that an account signature must cover.
    let resourceType: AccountSAS.ResourceType
    /// Any of these permissions will do; none means that only the account's key will.
    let permissions: Set<SASPermission>
    /// Whether a signature for one container or blob can allow it.
    var isInServiceSignatures = true
    /// How far the container must be open for a caller without a signature; nil asks for a signature always.
    var openness: PublicAccess?

    static func blob(_ permissions: SASPermission...) -> RequiredAccess {
        RequiredAccess(resourceType: .object, permissions: Set(permissions))
    }

    static let readBlob = RequiredAccess(resourceType: .object, permissions: [.read], openness: .blob)

    /// For the account's key, and signatures for the account.
    static func account(_ resourceType: AccountSAS.ResourceType, _ permissions: SASPermission...) -> RequiredAccess {
        RequiredAccess(
            resourceType: resourceType, permissions: Set(permissions), isInServiceSignatures: false)
    }

    /// For the account's key alone.
    static let ownerOnly = RequiredAccess(resourceType: .container, permissions: [], isInServiceSignatures: false)
}
