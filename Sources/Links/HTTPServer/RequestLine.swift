// Darkroom
// SPDX-License-Identifier: Apache-2.0

import HTTP

/// A request's first line: method, target, version (RFC 9112, section 3).
struct RequestLine {
    let method: HTTPMethod
    let path: String
    let query: String?
    /// The host that the target itself names, which then counts instead of the `Host` field.
    let authority: String?
    let version: HTTPVersion

    /// - Throws: ``Rejection``.
    init(_ line: Span<UInt8>) throws {
        var index = 0
        while index < line.count, Grammar.isToken(line[index]) { index += 1 }
        guard (1...32).contains(index), index < line.count, line[index] == Grammar.space else {
            throw Rejection(400, "the request line does not begin with a method and one space")
        }
        method = HTTPMethod(rawValue: text(line, 0..<index))
        let target = index + 1
        index = target
        while index < line.count, Grammar.isTarget(line[index]) { index += 1 }
        guard index > target, index < line.count, line[index] == Grammar.space else {
            throw Rejection(400, "the request line holds no target between single spaces")
        }
        version = try Self.version(text(line, index + 1..<line.count))
        let parts = try Self.split(text(line, target..<index), method: method)
        authority = parts.authority
        path = parts.path
        query = parts.query
    }

    private static func version(_ text: String) throws -> HTTPVersion {
        switch text {
        case "HTTP/1.1": return .http11
        case "HTTP/1.0": return .http10
        default:
            let bytes = Array(text.utf8)
            let isVersion =
                text.hasPrefix("HTTP/") && bytes.count == 8 && bytes[6] == UInt8(ascii: ".")
                && Grammar.isDigit(bytes[5]) && Grammar.isDigit(bytes[7])
            throw isVersion
                ? Rejection(505, "HTTP/1.1 is spoken here")
                : Rejection(400, "the request line does not end in a version")
        }
    }

    private static func split(
        _ target: String, method: HTTPMethod
    ) throws -> (authority: String?, path: String, query: String?) {
        if target == "*" && method == .options { return (nil, target, nil) }
        var rest = target[...]
        var authority: String?
        if !target.hasPrefix("/") {
            guard let scheme = ["http://", "https://"].first(where: { target.lowercased().hasPrefix($0) }) else {
                throw Rejection(400, "the target is neither a path nor a URL")
            }
            let afterScheme = rest.dropFirst(scheme.count)
            let end = afterScheme.firstIndex { $0 == "/" || $0 == "?" } ?? afterScheme.endIndex
            authority = String(afterScheme[..<end])
            rest = afterScheme[end...]
        }
        let mark = rest.utf8.firstIndex(of: UInt8(ascii: "?"))
        let path = String(rest[..<(mark ?? rest.endIndex)])
        let query = mark.map { String(rest[rest.index(after: $0)...]) }
        return (authority, path.isEmpty ? "/" : path, query)
    }

    /// The head of this line and its fields.
    ///
    /// - Throws: ``Rejection`` when the fields contradict each other.
    func head(with received: HTTPFields) throws -> RequestHead {
        let facts = try FieldFacts(received, version: version)
        var fields = received
        if let authority {
            guard FieldFacts.isHost(authority) else { throw Rejection(400, "the target's host is malformed") }
            fields["Host"] = authority
        }
        return RequestHead(
            request: HTTPRequest(method: method, path: path, query: query, fields: fields), version: version,
            framing: facts.framing, isPersistent: facts.isPersistent, expectsContinue: facts.expectsContinue)
    }
}
