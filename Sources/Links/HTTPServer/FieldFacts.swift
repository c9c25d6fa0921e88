// Darkroom
// SPDX-License-Identifier: Apache-2.0

import HTTP

/// What a request's fields say to the server itself.
struct FieldFacts: Equatable {
    private(set) var framing: BodyFraming
    private(set) var isPersistent: Bool
    private(set) var expectsContinue: Bool

    /// - Throws: ``Rejection`` when the fields leave any doubt about where the body ends or whom the request is for.
    init(_ fields: HTTPFields, version: HTTPVersion) throws {
        try Self.checkHost(fields.values(of: "Host"), version: version)
        framing = try Self.framing(fields, version: version)
        isPersistent = Self.isPersistent(fields.values(of: "Connection"), version: version)
        expectsContinue = try Self.expectsContinue(fields, version: version) && framing != .none
    }

    private static func checkHost(_ hosts: [String], version: HTTPVersion) throws {
        guard hosts.count == 1 || (hosts.isEmpty && version == .http10) else {
            throw Rejection(400, "the request names \(hosts.isEmpty ? "no host" : "more than one host")")
        }
        guard hosts.allSatisfy(isHost) else { throw Rejection(400, "the request's host is malformed") }
    }

    /// Whether a text may stand for host and port: only characters that no other part of a URL begins with.
    static func isHost(_ text: String) -> Bool {
        text.utf8.allSatisfy { Grammar.isTarget($0) && !Grammar.endsHost($0) }
    }

    private static func framing(_ fields: HTTPFields, version: HTTPVersion) throws -> BodyFraming {
        let lengths = fields.values(of: "Content-Length")
        let codings = fields.values(of: "Transfer-Encoding")
        guard let coding = codings.first else { return try framing(lengths: lengths) }
        guard lengths.isEmpty else { throw Rejection(400, "the body has both a length and a transfer coding") }
        guard version == .http11 else { throw Rejection(400, "HTTP/1.0 has no transfer codings") }
        guard codings.count == 1 else { throw Rejection(400, "the body has more than one transfer coding") }
        guard coding.lowercased() == "chunked" else {
            throw Rejection(501, "chunked is the only transfer coding understood here")
        }
        return .chunked
    }

    private static func framing(lengths: [String]) throws -> BodyFraming {
        guard let text = lengths.first else { return .none }
        guard lengths.count == 1 else { throw Rejection(400, "the body has more than one length") }
        guard text.utf8.allSatisfy(Grammar.isDigit), let length = Int64(text) else {
            throw Rejection(400, "the body's length is not a number")
        }
        return length == 0 ? .none : .length(length)
    }

    private static func isPersistent(_ connection: [String], version: HTTPVersion) -> Bool {
        if connection.isEmpty { return version == .http11 }
        let options = connection.flatMap { $0.split(separator: ",") }.map { option in
            String(option.drop { $0 == " " || $0 == "\t" }.prefix { $0 != " " && $0 != "\t" }).lowercased()
        }
        return !options.contains("close") && (version == .http11 || options.contains("keep-alive"))
    }

    private static func expectsContinue(_ fields: HTTPFields, version: HTTPVersion) throws -> Bool {
        let expectations = fields.values(of: "Expect")
        guard expectations.allSatisfy({ $0.lowercased() == "100-continue" }) else {
            throw Rejection(417, "100-continue is the only expectation understood here")
        }
        return !expectations.isEmpty && version == .http11
    }
}
