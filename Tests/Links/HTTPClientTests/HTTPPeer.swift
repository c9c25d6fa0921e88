// Darkroom
// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import HTTP
import HTTPClient
import Peers

/// Python's HTTP server and a pool to talk to it.
struct HTTPPeer: Sendable {
    let origin: HTTPOrigin
    let pool: HTTPConnectionPool

    /// What the server saw of a request to `/echo`.
    struct Echo: Decodable {
        /// The request line as it came.
        let line: String
        /// Names and values as they came.
        let headers: [[String]]
        let length: Int
        let sha256: String
        /// The client's port, which tells connections apart.
        let port: Int

        /// The values of a header name, whose case counts.
        subscript(name: String) -> [String] { headers.filter { $0[0] == name }.map { $0[1] } }
    }

    static func with(
        _ options: HTTPConnectionPool.Options = .init(), _ body: (HTTPPeer) async throws -> Void
    ) async throws {
        try await PeerProcess.with("http_peer.py") { peer in
            let pool = HTTPConnectionPool(options: options)
            defer { pool.close() }
            try await body(
                HTTPPeer(origin: HTTPOrigin(host: "127.0.0.1", port: peer.port, isSecure: false), pool: pool))
        }
    }

    func send(
        _ method: HTTPMethod, _ path: String, query: String? = nil, fields: HTTPFields = [:], body: HTTPUpload = .empty
    ) async throws -> HTTPReply {
        try await pool.send(
            HTTPRequest(method: method, path: path, query: query, fields: fields), to: origin, body: body)
    }

    func echo(
        _ method: HTTPMethod, _ path: String = "/echo", query: String? = nil, fields: HTTPFields = [:],
        body: HTTPUpload = .empty
    ) async throws -> Echo {
        let reply = try await send(method, path, query: query, fields: fields, body: body)
        let body = try await reply.body.collect(upTo: 1 << 20)
        return try JSONDecoder().decode(Echo.self, from: Data(body))
    }
}

/// The defaults with a change.
func options(_ change: (inout HTTPConnectionPool.Options) -> Void) -> HTTPConnectionPool.Options {
    var options = HTTPConnectionPool.Options()
    change(&options)
    return options
}
