// Darkroom
// SPDX-License-Identifier: Apache-2.0

import AzureStorage
import Basics
import HTTP
import Testing

@testable import StorageServer

/// The blob service over a store of its own, called without a socket.
struct Door {
    let fixture: StoreFixture
    let service: BlobService

    init(configuration: BlobStoreConfiguration = BlobStoreConfiguration()) async throws {
        let fixture = try await StoreFixture(configuration: configuration)
        self.fixture = fixture
        service = BlobService(
            store: fixture.store, accounts: [.development], now: { [weak fixture] in fixture?.now ?? .now() })
    }

    /// What is sent, and by whom.
    enum Signer {
        case owner
        case nobody
        case signature(HTTPQuery)
    }

    /// Sends a request to `path` below the account, as the owner unless said otherwise.
    @discardableResult
    func send(
        _ line: String, _ fields: HTTPFields = [:], _ body: [UInt8] = [], by signer: Signer = .owner
    ) async throws -> HTTPResponse {
        let words = line.split(separator: " ", maxSplits: 1)
        let target = words[1].split(separator: "?", maxSplits: 1)
        var request = HTTPRequest(
            method: HTTPMethod(rawValue: String(words[0])), path: "/\(account)\(target[0])",
            query: target.count > 1 ? String(target[1]) : nil, fields: fields, remoteAddress: "127.0.0.1")
        request.fields["Host"] = "127.0.0.1:10000"
        if !body.isEmpty || request.method == .put { request.fields["Content-Length"] = String(body.count) }
        switch signer {
        case .nobody: break
        case .signature(let query):
            request.query = [request.query, query.encoded].compactMap(\.self).joined(separator: "&")
        case .owner:
            request.fields["x-ms-date"] = fixture.now.httpDate.description
            request.fields["x-ms-version"] = fields["x-ms-version"] ?? "2024-11-04"
            try SharedKey.sign(&request, as: account, with: StorageAccount.development.keys[0])
        }
        return try await service.respond(to: request, body: BytesBody(body))
    }

    /// Puts a blob and expects that to work.
    @discardableResult
    func put(_ name: String, _ bytes: [UInt8], _ fields: HTTPFields = [:]) async throws -> HTTPResponse {
        var all = fields
        all["x-ms-blob-type"] = "BlockBlob"
        let response = try await send("PUT /pictures/\(name)", all, bytes)
        #expect(response.status == 201, "\(response.fields)")
        return response
    }

    /// A door with an empty container `pictures`.
    static func withContainer(_ configuration: BlobStoreConfiguration = BlobStoreConfiguration()) async throws -> Door {
        let door = try await Door(configuration: configuration)
        #expect(try await door.send("PUT /pictures?restype=container").status == 201)
        return door
    }
}

/// A body from memory; it may announce another length than it has, or fail.
final class BytesBody: HTTPRequestBody {
    struct Gone: Error {}

    let length: Int64?
    private let rest: Lock<ArraySlice<UInt8>>
    private let failsAtEnd: Bool

    init(_ bytes: [UInt8], announcing length: Int64? = nil, isChunked: Bool = false, failsAtEnd: Bool = false) {
        rest = Lock(bytes[...])
        self.length = isChunked ? nil : length ?? Int64(bytes.count)
        self.failsAtEnd = failsAtEnd
    }

    func read(upTo limit: Int) async throws -> [UInt8] {
        let piece = rest.withLock { rest in
            let piece = Array(rest.prefix(limit))
            rest = rest.dropFirst(limit)
            return piece
        }
        if piece.isEmpty, failsAtEnd { throw Gone() }
        return piece
    }
}

extension HTTPResponse {
    /// The body, wherever it is.
    func bytes() throws -> [UInt8] {
        switch body {
        case .bytes(let bytes): return bytes
        case .file(let region): return try ContentFile.read(region)
        case .empty, .stream: return []
        }
    }

    func text() throws -> String { String(decoding: try bytes(), as: UTF8.self) }

    /// The service's word for what failed.
    var errorCode: String? { fields["x-ms-error-code"] }
}
