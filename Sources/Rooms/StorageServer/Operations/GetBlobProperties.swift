// Darkroom
// SPDX-License-Identifier: Apache-2.0

import AzureStorage
import HTTP

/// Get Blob Properties and Get Blob Metadata: everything but the bytes.
struct GetBlobProperties: StorageOperation {
    private let address: BlobAddress
    private let conditions: BlobConditions
    private let isMetadataOnly: Bool

    init(_ request: StorageRequest) throws {
        address = try request.blob()
        try request.refuseUnsupportedFields()
        conditions = try .reading(request.fields)
        isMetadataOnly = request[parameter: "comp"] == "metadata"
    }

    var access: RequiredAccess { .readBlob }

    func run(_ context: OperationContext) async throws -> HTTPResponse {
        switch try await context.store.properties(of: address, conditions: conditions) {
        case .notModified(let properties):
            return HTTPResponse(status: 304, fields: .written(properties.etag, properties.lastModified))
        case .found(let properties) where isMetadataOnly:
            var fields = HTTPFields.written(properties.etag, properties.lastModified)
            properties.metadata.write(to: &fields)
            return HTTPResponse(status: 200, fields: fields)
        case .found(let properties):
            var fields = try HTTPFields(properties, overrides: context.caller.overrides)
            fields["Content-MD5"] = properties.headers.md5.map(base64)
            // The length of what GET would send; a server sends none of it for HEAD.
            return HTTPResponse(status: 200, fields: fields, body: .stream(length: properties.length) { _ in })
        }
    }
}
