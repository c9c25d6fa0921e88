// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Crypto
import FoundationEssentials
public import HTTP
import ImageStores

/// The operator's questions over HTTP, for programs that can read the server's note.
public struct ControlResponder: HTTPResponder {
    private let operators: any Operator
    private let token: String

    /// A responder that asks `operators` whenever the token is right.
    public init(_ operators: any Operator, token: String) {
        self.operators = operators
        self.token = token
    }

    /// Answers one question.
    public func respond(to request: HTTPRequest, body: any HTTPRequestBody) async throws -> HTTPResponse {
        let given = Array((request.fields["authorization"] ?? "").utf8)
        guard equalInConstantTime(given, Array("Bearer \(token)".utf8)) else {
            return try answer(401, OperatorError(.refused, "the token of server.json is missing or wrong"))
        }
        do {
            return try await route(request)
        } catch let error as OperatorError {
            return try answer(status(of: error.code), error)
        }
    }

    private func route(_ request: HTTPRequest) async throws -> HTTPResponse {
        guard let query = request.decodedQuery() else { throw OperatorError(.invalid, "the query is not valid") }
        switch (request.method, request.path) {
        case (.get, "/api/images"): return try answer(200, try await operators.images(try ImageQuery(query)))
        case (.get, "/api/image"): return try answer(200, try await operators.image(named: try query.required("name")))
        case (.get, "/api/runs"): return try answer(200, try await operators.runs(RunQuery(query)))
        case (.get, "/api/run"): return try answer(200, try await operators.run(try query.required("id")))
        case (.post, "/api/run/retry"):
            try await operators.retry(try query.required("id"))
            return HTTPResponse(status: 202)
        default: throw OperatorError(.notFound, "there is no \(request.method.rawValue) \(request.path) here")
        }
    }

    private func status(of code: OperatorError.Code) -> HTTPStatus {
        switch code {
        case .notFound: 404
        case .invalid: 400
        case .refused: 409
        case .unavailable: 503
        }
    }

    private func answer(_ status: HTTPStatus, _ value: some Encodable) throws -> HTTPResponse {
        let fields: HTTPFields = ["Content-Type": "application/json", "Cache-Control": "no-store"]
        return HTTPResponse(
            status: status, fields: fields, body: .bytes(Array(try JSONEncoder.ofThisProgram().encode(value))))
    }
}

extension HTTPQuery {
    fileprivate func required(_ name: String) throws -> String {
        guard let value = self[name], !value.isEmpty else {
            throw OperatorError(.invalid, "the query must have \(name)=…")
        }
        return value
    }
}

extension ImageQuery {
    /// A query as ``RemoteOperator`` writes it.
    init(_ query: HTTPQuery) throws {
        self.init(limit: query["limit"].flatMap { Int($0) } ?? 100)
        filter.text = query["text"]
        filter.container = query["container"]
        filter.user = query["user"]
        cursor = query["cursor"]
        if let text = query["order"] {
            guard let order = Order(rawValue: text) else { throw OperatorError(.invalid, "order is newest or name") }
            self.order = order
        }
        if let text = query["status"] {
            guard let status = ImageRecord.Status(rawValue: text) else {
                throw OperatorError(.invalid, "status is processed, failed or gone")
            }
            filter.status = status
        }
    }
}

extension RunQuery {
    /// A query as ``RemoteOperator`` writes it.
    init(_ query: HTTPQuery) {
        status = query["status"]
        after = query["after"]
        if let limit = query["limit"].flatMap({ Int($0) }) { self.limit = min(max(limit, 1), 1000) }
    }
}
