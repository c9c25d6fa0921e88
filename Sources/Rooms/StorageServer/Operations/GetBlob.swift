// Darkroom
// SPDX-License-Identifier: Apache-2.0

import AzureStorage
import Crypto
import HTTP

/// Get Blob: the bytes, or a range of them.
struct GetBlob: StorageOperation {
    /// The longest range whose checksum is computed on demand, in bytes.
    private static let longestCheckedRange = 4 << 20

    private let address: BlobAddress
    private let range: ByteRange?
    private let wantsMD5: Bool
    private let wantsCRC64: Bool
    private let conditions: BlobConditions

    init(_ request: StorageRequest) throws {
        address = try request.blob()
        try request.refuseUnsupportedFields()
        range = ByteRange(fields: request.fields)
        wantsMD5 = request.fields["x-ms-range-get-content-md5"]?.lowercased() == "true"
        wantsCRC64 = request.fields["x-ms-range-get-content-crc64"]?.lowercased() == "true"
        conditions = try .reading(request.fields)
        guard wantsMD5 || wantsCRC64 else { return }
        guard range != nil else { throw StorageError(.missingRequiredHeader, details: ["HeaderName": "x-ms-range"]) }
        if wantsMD5, wantsCRC64 {
            throw StorageError(.invalidInput, "One checksum of a range can be asked for, not both.")
        }
    }

    var access: RequiredAccess { .readBlob }

    func run(_ context: OperationContext) async throws -> HTTPResponse {
        switch try await read(context) {
        case .notModified(let properties):
            return HTTPResponse(status: 304, fields: .written(properties.etag, properties.lastModified))
        case .found(let content):
            return try await answer(content, context)
        }
    }

    private func read(_ context: OperationContext) async throws -> BlobReading<BlobContent> {
        do {
            return try await context.store.read(address, range: range, conditions: conditions)
        } catch let error as StorageError where error.code == .invalidRange {
            let length = try await context.store.properties(of: address).length
            throw RangeBehindEnd(length: length)
        }
    }

    private func answer(_ content: BlobContent, _ context: OperationContext) async throws -> HTTPResponse {
        let properties = content.properties
        var fields = try HTTPFields(properties, overrides: context.caller.overrides)
        let md5 = properties.headers.md5.map(base64)
        guard range != nil else {
            fields["Content-MD5"] = md5
            return HTTPResponse(status: 200, fields: fields, body: content.body)
        }
        fields["x-ms-blob-content-md5"] = md5
        let last = content.range.upperBound - 1
        fields["Content-Range"] = "bytes \(content.range.lowerBound)-\(last)/\(properties.length)"
        guard wantsMD5 || wantsCRC64 else { return HTTPResponse(status: 206, fields: fields, body: content.body) }
        let bytes = try await checkedBytes(content, context)
        if wantsMD5 { fields["Content-MD5"] = base64(Digest.md5.of(bytes)) }
        if wantsCRC64 { fields["x-ms-content-crc64"] = base64(CRC64.of(bytes)) }
        return HTTPResponse(status: 206, fields: fields, body: .bytes(bytes))
    }

    private func checkedBytes(_ content: BlobContent, _ context: OperationContext) async throws -> [UInt8] {
        guard content.range.count <= Self.longestCheckedRange else {
            throw StorageError(.outOfRangeInput, "The checksum of a range is computed up to 4 MiB.")
        }
        switch content.bytes {
        case .memory(let bytes): return bytes
        case .file(let region): return try await context.store.bytes(of: region)
        }
    }
}

extension BlobContent {
    /// The bytes as the body of an answer.
    fileprivate var body: HTTPResponseBody {
        switch bytes {
        case .memory(let bytes): .bytes(bytes)
        case .file(let region): .file(region)
        }
    }
}

extension CRC64 {
    /// The checksum of bytes as it goes into the header field, before base64.
    static func of(_ bytes: [UInt8]) -> [UInt8] {
        var check = CRC64()
        check.update(bytes)
        return check.bytes
    }
}
