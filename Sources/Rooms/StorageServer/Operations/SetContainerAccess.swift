// Darkroom
// SPDX-License-Identifier: Apache-2.0

import AzureStorage
import HTTP

/// Set Container ACL: opens a container to readers without a signature, or closes it.
struct SetContainerAccess: StorageOperation {
    private static let largestBody = 64 << 10

    private let address: ContainerAddress
    private let openness: PublicAccess
    private let conditions: BlobConditions

    init(_ request: StorageRequest) throws {
        address = try request.container()
        openness = try PublicAccess(request)
        conditions = try .writing(request.fields)
        if request.fields["x-ms-lease-id"] != nil { throw StorageError(.leaseNotPresentWithContainerOperation) }
    }

    var access: RequiredAccess { .ownerOnly }

    func run(_ context: OperationContext) async throws -> HTTPResponse {
        let body = try await context.body.collect(upTo: Self.largestBody)
        if !body.isEmpty { try Self.refusePolicies(body) }
        let properties = try await context.store.setAccess(of: address, to: openness, conditions: conditions)
        return HTTPResponse(status: 200, fields: .written(properties.etag, properties.lastModified))
    }

    /// A policy that is not kept would let its owner believe that signatures can be revoked.
    private static func refusePolicies(_ body: [UInt8]) throws {
        let root = try XMLElement(parsing: body)
        guard root.name == "SignedIdentifiers", root.children.allSatisfy({ $0.name == "SignedIdentifier" }) else {
            throw StorageError(.invalidXmlDocument)
        }
        guard root.children.count <= 5 else {
            throw StorageError(.invalidXmlDocument, "A container has at most five stored access policies.")
        }
        guard root.children.isEmpty else { throw StorageError.notImplemented("A stored access policy") }
    }
}
