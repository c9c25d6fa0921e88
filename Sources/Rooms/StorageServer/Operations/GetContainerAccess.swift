// Darkroom
// SPDX-License-Identifier: Apache-2.0

import AzureStorage
import HTTP

/// Get Container ACL: who may read the container without a signature.
struct GetContainerAccess: StorageOperation {
    private let address: ContainerAddress

    init(_ request: StorageRequest) throws { address = try request.container() }

    var access: RequiredAccess { .ownerOnly }

    func run(_ context: OperationContext) async throws -> HTTPResponse {
        let properties = try await context.store.properties(of: address)
        var fields = HTTPFields.written(properties.etag, properties.lastModified)
        fields["Content-Type"] = "application/xml"
        if properties.access != .none { fields["x-ms-blob-public-access"] = properties.access.rawValue }
        var xml = XMLWriter()
        xml.empty("SignedIdentifiers")
        return HTTPResponse(status: 200, fields: fields, body: .bytes(xml.bytes))
    }
}
