// Darkroom
// SPDX-License-Identifier: Apache-2.0

import AzureStorage
import HTTP

/// Set Blob Properties: all six header fields at once; what is not given is cleared.
struct SetBlobProperties: StorageOperation {
    private let address: BlobAddress
    private let headers: ContentHeaders
    private let conditions: BlobConditions

    init(_ request: StorageRequest) throws {
        address = try request.blob()
        try request.refuseUnsupportedFields()
        headers = try request.contentHeaders(standardToo: false)
        conditions = try .writing(request.fields)
    }

    var access: RequiredAccess { .blob(.write) }

    func run(_ context: OperationContext) async throws -> HTTPResponse {
        let properties = try await context.store.setHeaders(of: address, to: headers, conditions: conditions)
        return HTTPResponse(status: 200, fields: .written(properties))
    }
}
