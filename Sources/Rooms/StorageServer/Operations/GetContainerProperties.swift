// Darkroom
// SPDX-License-Identifier: Apache-2.0

import AzureStorage
import HTTP

/// Get Container Properties and Get Container Metadata.
struct GetContainerProperties: StorageOperation {
    private let address: ContainerAddress

    init(_ request: StorageRequest) throws {
        address = try request.container()
        if request.fields["x-ms-lease-id"] != nil { throw StorageError(.leaseNotPresentWithContainerOperation) }
    }

    var access: RequiredAccess {
        RequiredAccess(
            resourceType: .container, permissions: [.read], isInServiceSignatures: false, openness: .container)
    }

    func run(_ context: OperationContext) async throws -> HTTPResponse {
        HTTPResponse(status: 200, fields: HTTPFields(try await context.store.properties(of: address)))
    }
}
