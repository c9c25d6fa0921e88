// Darkroom
// SPDX-License-Identifier: Apache-2.0

import AzureStorage
import FoundationEssentials
import HTTP

/// Copy Blob: from another blob of this server, done when it is answered.
///
/// Nothing is ever fetched: an address that is not this server's is refused.
struct CopyBlob: StorageOperation {
    private let request: StorageRequest
    private let address: BlobAddress
    private let source: StorageRequest
    private let sourceText: String
    private let sourceConditions: BlobConditions
    private let conditions: BlobConditions
    private let metadata: BlobMetadata?

    init(_ request: StorageRequest) throws {
        self.request = request
        address = try request.blob()
        try request.refuseUnsupportedFields()
        guard request.fields["x-ms-blob-type"] == nil else { throw StorageError.notImplemented("Put Blob From URL") }
        let text = request.fields["x-ms-copy-source"] ?? ""
        source = try Self.source(text, of: request)
        sourceText = String(text.prefix { $0 != "?" })
        conditions = try .writing(request.fields)
        sourceConditions = try .writing(request.fields, prefix: "x-ms-source-")
        let given = try BlobMetadata(fields: request.fields)
        metadata = given == .none ? nil : given
    }

    var access: RequiredAccess { .blob(.create, .write) }

    func run(_ context: OperationContext) async throws -> HTTPResponse {
        do {
            try await context.checkSource(source)
        } catch let error as StorageError {
            throw StorageError(.cannotVerifyCopySource, error.message)
        }
        let copy = CopyRequest(
            id: UUID().uuidString.lowercased(), source: try source.blob(), sourceText: sourceText,
            sourceConditions: sourceConditions, metadata: metadata, conditions: conditions,
            mayOnlyCreate: !context.caller.mayOverwrite)
        let properties = try await context.store.copy(copy, to: address)
        var fields = HTTPFields.written(properties.etag, properties.lastModified)
        fields["x-ms-copy-id"] = copy.id
        fields["x-ms-copy-status"] = "success"
        return HTTPResponse(status: 202, fields: fields)
    }

    /// The read that the source's address stands for, when it is an address of this server.
    private static func source(_ text: String, of request: StorageRequest) throws -> StorageRequest {
        let parts = text.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count == 4, ["http:", "https:"].contains(parts[0].lowercased()), parts[1].isEmpty else {
            throw StorageError.invalidHeader("x-ms-copy-source", text)
        }
        guard parts[2].lowercased() == request.fields["Host"]?.lowercased() else {
            throw StorageError(
                .cannotVerifyCopySource, "This server copies its own blobs only; the source has another host.")
        }
        let target = parts[3].split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let query = target.count > 1 ? String(target[1]) : nil
        let read = HTTPRequest(
            method: .get, path: "/" + target[0], query: query, isSecure: request.http.isSecure,
            remoteAddress: request.http.remoteAddress)
        let source = try StorageRequest(read)
        guard case .blob = source.resource, source[parameter: "snapshot"] == nil, source[parameter: "versionid"] == nil
        else { throw StorageError.invalidHeader("x-ms-copy-source", text) }
        return source
    }
}
