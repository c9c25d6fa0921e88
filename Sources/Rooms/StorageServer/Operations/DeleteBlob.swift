// Darkroom
// SPDX-License-Identifier: Apache-2.0

import AzureStorage
import HTTP

/// Delete Blob.
struct DeleteBlob: StorageOperation {
    private let address: BlobAddress
    private let conditions: BlobConditions

    init(_ request: StorageRequest) throws {
        address = try request.blob()
        try request.refuseUnsupportedFields()
        conditions = try .writing(request.fields)
        switch request.fields["x-ms-delete-snapshots"] {
        case nil, "include": break
        case "only": throw StorageError.notImplemented("Deleting snapshots alone")
        case let other?: throw StorageError.invalidHeader("x-ms-delete-snapshots", other)
        }
    }

    var access: RequiredAccess { .blob(.delete) }

    func run(_ context: OperationContext) async throws -> HTTPResponse {
        try await context.store.delete(address, conditions: conditions)
        return HTTPResponse(status: 202, fields: ["x-ms-delete-type-permanent": "true"])
    }
}
