// Darkroom
// SPDX-License-Identifier: Apache-2.0

import AzureStorage
import HTTP

/// Put Block: a part of a blob to come.
struct PutBlock: StorageOperation {
    /// 4,000 MiB.
    static let largestBody: Int64 = 4_000 << 20

    private let request: StorageRequest
    private let address: BlobAddress
    private let id: BlockID
    private let checks: BodyChecks

    init(_ request: StorageRequest) throws {
        self.request = request
        address = try request.blob()
        try request.refuseUnsupportedFields()
        guard let id = request[parameter: "blockid"] else {
            throw StorageError(.missingRequiredQueryParameter, details: ["QueryParameterName": "blockid"])
        }
        self.id = try BlockID(id)
        checks = BodyChecks(md5: try request.md5("Content-MD5"), crc64: try request.crc64())
    }

    var access: RequiredAccess { .blob(.create, .write) }

    func run(_ context: OperationContext) async throws -> HTTPResponse {
        let length = try request.contentLength(of: context.body, limit: Self.largestBody)
        let result = try await context.store.receive(context.body, length: length, checks, alwaysMD5: false)
        try await context.store.putBlock(id, result.content, of: address)
        var fields: HTTPFields = ["x-ms-request-server-encrypted": "false"]
        fields["Content-MD5"] = result.content.md5.map(base64)
        fields["x-ms-content-crc64"] = result.crc64.map(base64)
        return HTTPResponse(status: 201, fields: fields)
    }
}
