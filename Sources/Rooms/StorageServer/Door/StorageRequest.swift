// Darkroom
// SPDX-License-Identifier: Apache-2.0

import AzureStorage
import FoundationEssentials
import HTTP

/// A request as the blob service understands it: what it is about, and its parameters.
struct StorageRequest: Sendable {
    /// What a request is about.
    enum Resource: Sendable, Equatable {
        case service
        case container(ContainerAddress)
        case blob(BlobAddress)
    }

    let http: HTTPRequest
    let account: String
    let resource: Resource
    private let query: HTTPQuery

    /// - Throws: ``StorageError`` `InvalidUri`, or what is wrong with a name.
    init(_ http: HTTPRequest) throws {
        // The service takes "+" for a space, and the clients in Go and Rust write one so.
        guard http.path.hasPrefix("/"), let query = HTTPQuery(parsing: http.query, plusIsSpace: true) else {
            throw StorageError(.invalidUri)
        }
        self.http = http
        self.query = query
        let parts = http.path.dropFirst().split(separator: "/", maxSplits: 2, omittingEmptySubsequences: false)
        let texts = parts.compactMap { percentDecoded($0) }
        guard texts.count == parts.count else { throw StorageError(.invalidUri) }
        account = texts[0]
        let isAboutContainer = query.items.contains { sameFieldName($0.name, "restype") && $0.value == "container" }
        resource = try Self.resource(texts, isAboutContainer: isAboutContainer)
    }

    private static func resource(_ texts: [String], isAboutContainer: Bool) throws -> Resource {
        let account = texts[0]
        if texts.count == 1 || texts[1].isEmpty { return .service }
        if texts.count == 3, !texts[2].isEmpty {
            return .blob(try BlobAddress(account: account, container: texts[1], name: texts[2]))
        }
        if isAboutContainer { return .container(try ContainerAddress(account: account, container: texts[1])) }
        // A name alone is a blob of the root container.
        return .blob(try BlobAddress(account: account, container: "$root", name: texts[1]))
    }

    /// A query parameter's value; names are compared without regard to case.
    subscript(parameter name: String) -> String? { query.items.first { sameFieldName($0.name, name) }?.value }

    /// The query's items, decoded.
    var decodedQuery: HTTPQuery { query }

    var fields: HTTPFields { http.fields }

    /// The blob that the request is about.
    func blob() throws -> BlobAddress {
        guard case .blob(let address) = resource else { throw StorageError(.invalidUri) }
        return address
    }

    /// The container that the request is about.
    func container() throws -> ContainerAddress {
        guard case .container(let address) = resource else { throw StorageError(.invalidUri) }
        return address
    }

    /// The API version that the client speaks.
    ///
    /// Any date will do: what is newer than this program is answered as far as it knows.
    ///
    /// - Throws: ``StorageError`` `InvalidHeaderValue` for what is no date.
    func version() throws -> String? {
        guard let version = fields["x-ms-version"] ?? self[parameter: "api-version"] ?? self[parameter: "sv"] else {
            return nil
        }
        guard Self.isVersion(version) else { throw StorageError.invalidHeader("x-ms-version", version) }
        return version
    }

    static func isVersion(_ text: String) -> Bool { text.utf8.count == 10 && StorageTime(iso8601: text) != nil }
}

// What operations read from it.
extension StorageRequest {
    /// The body's announced length.
    ///
    /// - Throws: ``StorageError`` `MissingContentLengthHeader`, `RequestBodyTooLarge`.
    func contentLength(of body: any HTTPRequestBody, limit: Int64) throws -> Int64 {
        guard let length = body.length else { throw StorageError(.missingContentLengthHeader) }
        guard length <= limit else {
            throw StorageError(.requestBodyTooLarge, details: ["MaxLimit": String(limit)])
        }
        return length
    }

    /// A field that holds an MD5.
    ///
    /// - Throws: ``StorageError`` `InvalidMd5`.
    func md5(_ name: String) throws -> [UInt8]? {
        guard let text = fields[name], !text.isEmpty else { return nil }
        guard let bytes = Data(base64Encoded: text), bytes.count == 16 else { throw StorageError(.invalidMd5) }
        return Array(bytes)
    }

    /// The field that holds a CRC-64.
    ///
    /// - Throws: ``StorageError`` `InvalidHeaderValue`; `InvalidInput` beside an MD5.
    func crc64() throws -> [UInt8]? {
        let name = "x-ms-content-crc64"
        guard let text = fields[name], !text.isEmpty else { return nil }
        guard let bytes = Data(base64Encoded: text), bytes.count == 8 else {
            throw StorageError.invalidHeader(name, text)
        }
        guard fields["Content-MD5"] == nil else {
            throw StorageError(.invalidInput, "Content-MD5 and x-ms-content-crc64 cannot be given together.")
        }
        return Array(bytes)
    }

    /// The header fields that a blob shall be served with.
    ///
    /// - Parameter standardToo: Whether the standard fields count where the service's own are missing, as for Put Blob.
    func contentHeaders(standardToo: Bool) throws -> ContentHeaders {
        func value(_ name: String, _ standard: String) -> String? {
            let text = fields["x-ms-blob-" + name] ?? (standardToo ? fields[standard] : nil)
            return text.flatMap { $0.isEmpty ? nil : $0 }
        }
        var headers = ContentHeaders(type: value("content-type", "Content-Type"))
        headers.encoding = value("content-encoding", "Content-Encoding")
        headers.language = value("content-language", "Content-Language")
        headers.cacheControl = value("cache-control", "Cache-Control")
        headers.disposition = value("content-disposition", "Content-Disposition")
        headers.md5 = try md5("x-ms-blob-content-md5")
        return headers
    }

    /// The `maxresults` of a listing.
    ///
    /// - Throws: ``StorageError`` `InvalidQueryParameterValue`, `OutOfRangeQueryParameterValue`.
    func pageLimit() throws -> Int {
        guard let text = self[parameter: "maxresults"] else { return BlobListQuery.largestPage }
        guard let limit = Int(text) else { throw StorageError.invalidQuery("maxresults", text) }
        guard limit > 0 else {
            throw StorageError(
                .outOfRangeQueryParameterValue,
                details: [
                    "QueryParameterName": "maxresults", "QueryParameterValue": text, "MinimumAllowed": "1",
                    "MaximumAllowed": String(BlobListQuery.largestPage),
                ])
        }
        return min(limit, BlobListQuery.largestPage)
    }

    /// The `include` of a listing.
    ///
    /// - Throws: ``StorageError`` `InvalidQueryParameterValue` for a part that is not among `known`.
    func includes(known: Set<String>) throws -> Set<String> {
        let parts = (self[parameter: "include"] ?? "").split(separator: ",").map { $0.lowercased() }
        if let unknown = parts.first(where: { !known.contains($0) }) {
            throw StorageError.invalidQuery("include", unknown)
        }
        return Set(parts)
    }

    /// Throws when a field asks for something that would have to be kept, and is not.
    ///
    /// - Throws: ``StorageError`` `UnsupportedHeader`; `LeaseNotPresentWithBlobOperation`, since there are no leases.
    func refuseUnsupportedFields() throws {
        for name in unsupportedFields where fields[name] != nil {
            throw StorageError(.unsupportedHeader, details: ["HeaderName": name])
        }
        if let tier = fields["x-ms-access-tier"], tier != "Hot" {
            throw StorageError(.unsupportedHeader, details: ["HeaderName": "x-ms-access-tier", "HeaderValue": tier])
        }
        if fields["x-ms-lease-id"] != nil { throw StorageError(.leaseNotPresentWithBlobOperation) }
    }
}

private let unsupportedFields = [
    "x-ms-encryption-key", "x-ms-encryption-scope", "x-ms-immutability-policy-until-date", "x-ms-legal-hold",
    "x-ms-tags", "x-ms-if-tags", "x-ms-structured-body",
]
