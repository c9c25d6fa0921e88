// Darkroom
// SPDX-License-Identifier: Apache-2.0

import AzureStorage
import Crypto
import HTTP

/// Put Block List: a blob out of its blocks.
struct PutBlockList: StorageOperation {
    /// Enough for 50,000 of the longest ids.
    private static let largestBody = 16 << 20

    private let request: StorageRequest
    private let address: BlobAddress
    private let md5: [UInt8]?
    private let write: BlobWrite

    init(_ request: StorageRequest) throws {
        self.request = request
        address = try request.blob()
        try request.refuseUnsupportedFields()
        md5 = try request.md5("Content-MD5")
        write = BlobWrite(
            headers: try request.contentHeaders(standardToo: false),
            metadata: try BlobMetadata(fields: request.fields), conditions: try .writing(request.fields),
            api: "PutBlockList")
    }

    var access: RequiredAccess { .blob(.create, .write) }

    func run(_ context: OperationContext) async throws -> HTTPResponse {
        let body = try await context.body.collect(upTo: Self.largestBody)
        if let md5, Digest.md5.of(body) != md5 { throw StorageError(.md5Mismatch) }
        let references = try [BlockReference](xml: body)
        var write = write
        write.mayOnlyCreate = !context.caller.mayOverwrite
        let properties = try await context.store.commit(blocks: references, as: address, write)
        return HTTPResponse(status: 201, fields: .written(properties))
    }
}
