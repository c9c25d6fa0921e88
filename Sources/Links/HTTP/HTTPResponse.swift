// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// A status code (RFC 9110, section 15).
public struct HTTPStatus: Sendable, Hashable, ExpressibleByIntegerLiteral {
    /// Three digits.
    public let code: Int

    /// A status of this code.
    public init(_ code: Int) { self.code = code }

    /// A status of this code.
    public init(integerLiteral code: Int) { self.code = code }

    /// The customary phrase for the code; empty for codes without one.
    public var reason: String { reasons[code] ?? "" }
}

private let reasons: [Int: String] = [
    100: "Continue", 101: "Switching Protocols",
    200: "OK", 201: "Created", 202: "Accepted", 204: "No Content", 206: "Partial Content",
    301: "Moved Permanently", 302: "Found", 303: "See Other", 304: "Not Modified", 307: "Temporary Redirect",
    308: "Permanent Redirect",
    400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed",
    406: "Not Acceptable", 408: "Request Timeout", 409: "Conflict", 410: "Gone", 411: "Length Required",
    412: "Precondition Failed", 413: "Content Too Large", 414: "URI Too Long", 415: "Unsupported Media Type",
    416: "Range Not Satisfiable", 417: "Expectation Failed", 422: "Unprocessable Content", 426: "Upgrade Required",
    429: "Too Many Requests", 431: "Request Header Fields Too Large",
    500: "Internal Server Error", 501: "Not Implemented", 502: "Bad Gateway", 503: "Service Unavailable",
    504: "Gateway Timeout", 505: "HTTP Version Not Supported", 507: "Insufficient Storage",
]

/// An answer.
public struct HTTPResponse: Sendable {
    /// The status.
    public var status: HTTPStatus
    /// The header fields.
    ///
    /// The server adds `Content-Length` or `Transfer-Encoding`, `Date` (unless given) and `Connection`, and owns the
    /// framing: a `Content-Length` given here counts only where no body may follow (HEAD, 304) and ``body`` is empty.
    /// `Connection: close` asks to close after the answer. Control characters in values are left out.
    public var fields: HTTPFields
    /// The body.
    ///
    /// For HEAD the server sends its length but not its bytes.
    public var body: HTTPResponseBody

    /// An answer of these parts.
    public init(status: HTTPStatus, fields: HTTPFields = [:], body: HTTPResponseBody = .empty) {
        self.status = status
        self.fields = fields
        self.body = body
    }
}

/// What an answer carries.
public enum HTTPResponseBody: Sendable {
    /// Nothing.
    case empty
    /// Bytes from memory.
    case bytes([UInt8])
    /// A stretch of a file, sent by the kernel.
    case file(HTTPFileRegion)
    /// Bytes as they come; `length` is announced when it is known.
    ///
    /// When the closure throws, or writes fewer bytes than announced, the connection is cut, so that the peer cannot
    /// take half an answer for a whole one. The request's body may still be read while the closure runs. The closure's
    /// task is cancelled when the peer goes away. It does not run for HEAD.
    case stream(length: Int64?, @Sendable (any HTTPBodyWriter) async throws -> Void)
}

/// Where a streamed answer is written to.
public protocol HTTPBodyWriter: AnyObject, Sendable {
    /// Sends bytes and returns when the connection has room for more.
    ///
    /// - Throws: when the peer went away or does not read within the server's limits, or when more is written than was
    ///   announced.
    func write(_ bytes: [UInt8]) async throws
}

/// A stretch of an open file.
///
/// The descriptor closes with the last reference.
public final class HTTPFileRegion: Sendable {
    /// The open file.
    public let descriptor: Int32
    /// The first byte's place in the file.
    public let offset: Int64
    /// How many bytes.
    public let length: Int64

    /// Takes ownership of an open descriptor.
    public init(owning descriptor: Int32, offset: Int64, length: Int64) {
        precondition(descriptor >= 0 && offset >= 0 && length >= 0, "a file region lies inside an open file")
        self.descriptor = descriptor
        self.offset = offset
        self.length = length
    }

    deinit { close(descriptor) }
}

/// Whoever answers requests.
public protocol HTTPResponder: Sendable {
    /// Answers one request.
    ///
    /// A body that is left unread is discarded or the connection closed, as its size demands. The task is cancelled
    /// when the peer goes away.
    ///
    /// - Throws: what the server turns into an answer without details: ``HTTPBodyTooLarge`` into 413, ``HTTPBodyError``
    ///   into what fits, anything else into 500.
    func respond(to request: HTTPRequest, body: any HTTPRequestBody) async throws -> HTTPResponse
}
