// Darkroom
// SPDX-License-Identifier: Apache-2.0

import AzureStorage
import HTTP

/// Put Blob: a block blob in one request.
struct PutBlob: StorageOperation {
    /// 5,000 MiB.
    static let largestBody: Int64 = 5_000 << 20

    private let request: StorageRequest
    private let address: BlobAddress
    private let checks: BodyChecks
    private var write: BlobWrite

    init(_ request: StorageRequest) throws {
        self.request = request
        address = try request.blob()
        try Self.checkType(request.fields["x-ms-blob-type"])
        try request.refuseUnsupportedFields()
        let headers = try request.contentHeaders(standardToo: true)
        checks = BodyChecks(md5: try headers.md5 ?? request.md5("Content-MD5"), crc64: try request.crc64())
        write = BlobWrite(
            headers: headers, metadata: try BlobMetadata(fields: request.fields),
            conditions: try .writing(request.fields), api: "PutBlob")
    }

    var access: RequiredAccess { .blob(.create, .write) }

    func run(_ context: OperationContext) async throws -> HTTPResponse {
        let length = try request.contentLength(of: context.body, limit: Self.largestBody)
        // Known troubles are told before a long body is taken.
        if length > context.store.configuration.inlineLimitBytes { try await checkDestination(context) }
        let result = try await context.store.receive(context.body, length: length, checks, alwaysMD5: true)
        var write = write
        write.mayOnlyCreate = !context.caller.mayOverwrite
        let properties = try await context.store.commit(result.content, as: address, write)
        var fields = HTTPFields.written(properties)
        fields["Content-MD5"] = result.content.md5.map(base64)
        fields["x-ms-content-crc64"] = result.crc64.map(base64)
        return HTTPResponse(status: 201, fields: fields)
    }

    private func checkDestination(_ context: OperationContext) async throws {
        do {
            let existing = try await context.store.properties(of: address)
            try write.conditions.checkCreate(over: (existing.etag, existing.lastModified))
        } catch let error as StorageError where error.code == .blobNotFound {
            try write.conditions.checkCreate(over: nil)
        }
    }

    private static func checkType(_ type: String?) throws {
        switch type {
        case "BlockBlob": return
        case "PageBlob", "AppendBlob": throw StorageError.notImplemented("The blob type \(type ?? "")")
        case let type?: throw StorageError.invalidHeader("x-ms-blob-type", type)
        case nil: throw StorageError(.missingRequiredHeader, details: ["HeaderName": "x-ms-blob-type"])
        }
    }
}
