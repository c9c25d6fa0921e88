// Darkroom
// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import HTTP
import HTTPClient
public import ImageStores

/// Asks a running server on behalf of an operator.
public struct RemoteOperator: Operator {
    /// More than any answer that pages bound.
    private static let largestAnswer = 64 << 20

    private let origin: HTTPOrigin
    private let token: String
    private let connections: HTTPConnectionPool

    /// An operator for the server that wrote the note.
    ///
    /// - Throws: when the note names no usable endpoint.
    public init(_ note: ServerNote) throws {
        origin = try HTTPOrigin(note.controlEndpoint)
        token = note.token
        connections = HTTPConnectionPool()
    }

    /// One page of the records that match.
    public func images(_ query: ImageQuery) async throws -> ImageListing {
        var items = [HTTPQuery.Item(name: "limit", value: "\(query.limit)")]
        items.add("text", query.filter.text)
        items.add("container", query.filter.container)
        items.add("user", query.filter.user)
        items.add("status", query.filter.status?.rawValue)
        items.add("order", query.order.rawValue)
        items.add("cursor", query.cursor)
        return try await ask("/api/images", items)
    }

    /// The record of a picture.
    public func image(named name: String) async throws -> ImageRecord {
        try await ask("/api/image", [HTTPQuery.Item(name: "name", value: name)])
    }

    /// Runs that match, newest first.
    public func runs(_ query: RunQuery) async throws -> RunListing {
        var items = [HTTPQuery.Item(name: "limit", value: "\(query.limit)")]
        items.add("status", query.status)
        items.add("after", query.after)
        return try await ask("/api/runs", items)
    }

    /// One run with its history.
    public func run(_ id: String) async throws -> RunDetail {
        try await ask("/api/run", [HTTPQuery.Item(name: "id", value: id)])
    }

    /// Runs an ended run again.
    public func retry(_ id: String) async throws {
        _ = try await send(.post, "/api/run/retry", [HTTPQuery.Item(name: "id", value: id)])
    }

    private func ask<Answer: Decodable>(_ path: String, _ items: [HTTPQuery.Item]) async throws -> Answer {
        try JSONDecoder.ofThisProgram().decode(Answer.self, from: Data(try await send(.get, path, items)))
    }

    private func send(_ method: HTTPMethod, _ path: String, _ items: [HTTPQuery.Item]) async throws -> [UInt8] {
        let request = HTTPRequest(
            method: method, path: path, query: HTTPQuery(items).encoded, fields: ["Authorization": "Bearer \(token)"])
        do {
            let reply = try await connections.send(request, to: origin)
            let body = try await reply.body.collect(upTo: Self.largestAnswer)
            if reply.status.code < 300 { return body }
            if let error = try? JSONDecoder.ofThisProgram().decode(OperatorError.self, from: Data(body)) { throw error }
            throw OperatorError(.unavailable, "the server answered \(reply.status.code)")
        } catch let error as HTTPClientError {
            throw OperatorError(.unavailable, "the server at \(origin) does not answer: \(error.message)")
        }
    }
}

extension [HTTPQuery.Item] {
    fileprivate mutating func add(_ name: String, _ value: String?) {
        if let value { append(HTTPQuery.Item(name: name, value: value)) }
    }
}
