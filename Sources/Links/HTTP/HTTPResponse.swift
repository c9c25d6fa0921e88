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
}

/// An answer.
public struct HTTPResponse: Sendable {
    /// The status.
    public var status: HTTPStatus
    /// The header fields.
    ///
    /// The server adds `Content-Length` or `Transfer-Encoding`, `Date` and `Connection`.
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
    /// Bytes as they come; `length` is announced when it is known. When the closure throws, the connection is cut, so
    /// that the peer cannot take half an answer for a whole one.
    case stream(length: Int64?, @Sendable (any HTTPBodyWriter) async throws -> Void)
}

/// Where a streamed answer is written to.
public protocol HTTPBodyWriter: AnyObject, Sendable {
    /// Sends bytes and returns when the connection has room for more.
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
    /// Answers one request. A body that is left unread is discarded or the connection closed, as its size demands.
    func respond(to request: HTTPRequest, body: any HTTPRequestBody) async throws -> HTTPResponse
}
