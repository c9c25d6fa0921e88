// Darkroom
// SPDX-License-Identifier: Apache-2.0

import AzureStorage
import HTTP

/// Delete Container, with everything in it.
struct DeleteContainer: StorageOperation {
    private let address: ContainerAddress
    private let conditions: BlobConditions

    init(_ request: StorageRequest) throws {
        address = try request.container()
        conditions = try .writing(request.fields)
        if request.fields["x-ms-lease-id"] != nil { throw StorageError(.leaseNotPresentWithContainerOperation) }
    }

    var access: RequiredAccess { .account(.container, .delete) }

    func run(_ context: OperationContext) async throws -> HTTPResponse {
        try await context.store.deleteContainer(address, conditions: conditions)
        return HTTPResponse(status: 202)
    }
}
