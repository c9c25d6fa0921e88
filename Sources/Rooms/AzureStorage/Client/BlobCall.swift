// Darkroom
// SPDX-License-Identifier: Apache-2.0

import HTTP
import HTTPClient

/// One request to a blob service, before it is signed.
struct BlobCall: Sendable, CustomStringConvertible {
    var method: HTTPMethod
    var container: ContainerName
    var blob: BlobName?
    var query: HTTPQuery
    var fields: HTTPFields = [:]
    var body = HTTPUpload.empty

    init(_ method: HTTPMethod, _ container: ContainerName, _ blob: BlobName? = nil, _ query: HTTPQuery = [:]) {
        self.method = method
        self.container = container
        self.blob = blob
        self.query = query
    }

    /// Method and address, for errors.
    var description: String { "\(method.rawValue) \(container)" + (blob.map { "/\($0)" } ?? "") }

    /// How many bytes go with it.
    private var bodyLength: Int64 {
        switch body {
        case .bytes(let bytes): Int64(bytes.count)
        case .file(let region): region.length
        case .empty, .stream: 0
        }
    }

    /// The request, signed for this moment.
    ///
    /// - Parameters:
    ///   - basePath: The path of the account, without a slash at the end.
    ///   - connection: Who signs.
    ///   - time: The moment.
    ///   - id: Names the call in the service's log.
    func request(
        below basePath: String, for connection: ConnectionString, at time: StorageTime, id: String
    ) throws -> HTTPRequest {
        var path = "\(basePath)/\(container.text)"
        if let blob { path += "/" + blob.urlPath }
        var request = HTTPRequest(method: method, path: path, query: query.items.isEmpty ? nil : query.encoded)
        request.fields = fields
        request.fields["Content-Length"] = String(bodyLength)
        request.fields["x-ms-date"] = time.httpDate.description
        request.fields["x-ms-version"] = "2025-11-05"
        request.fields["x-ms-client-request-id"] = id
        switch connection.credential {
        case .key(let key): try SharedKey.sign(&request, as: connection.account, with: key)
        case .signature(let signature):
            request.query = [request.query, signature].compactMap { $0 }.joined(separator: "&")
        case .anonymous: break
        }
        return request
    }
}
