// Darkroom
// SPDX-License-Identifier: Apache-2.0

import AzureStorage
import HTTP

/// Set Blob Metadata.
struct SetBlobMetadata: StorageOperation {
    private let address: BlobAddress
    private let metadata: BlobMetadata
    private let conditions: BlobConditions

    init(_ request: StorageRequest) throws {
        address = try request.blob()
        try request.refuseUnsupportedFields()
        metadata = try BlobMetadata(fields: request.fields)
        conditions = try .writing(request.fields)
    }

    var access: RequiredAccess { .blob(.write) }

    func run(_ context: OperationContext) async throws -> HTTPResponse {
        let properties = try await context.store.setMetadata(of: address, to: metadata, conditions: conditions)
        return HTTPResponse(status: 200, fields: .written(properties))
    }
}
