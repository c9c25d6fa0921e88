// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// A request method; case matters (RFC 9110, section 9).
public struct HTTPMethod: Sendable, Hashable, RawRepresentable {
    /// As written on the wire.
    public let rawValue: String

    /// A method of this name.
    public init(rawValue: String) { self.rawValue = rawValue }

    /// Reads a resource.
    public static let get = HTTPMethod(rawValue: "GET")
    /// Reads a resource's header only.
    public static let head = HTTPMethod(rawValue: "HEAD")
    /// Writes a resource.
    public static let put = HTTPMethod(rawValue: "PUT")
    /// Hands a resource something to work on.
    public static let post = HTTPMethod(rawValue: "POST")
    /// Removes a resource.
    public static let delete = HTTPMethod(rawValue: "DELETE")
    /// Asks what is allowed.
    public static let options = HTTPMethod(rawValue: "OPTIONS")
}

/// A request's header: everything but the body.
public struct HTTPRequest: Sendable {
    /// The method.
    public var method: HTTPMethod
    /// The path as written, still percent-encoded, beginning with "/"; "*" in an OPTIONS request about the server.
    public var path: String
    /// The query as written, without "?"; nil when there is none.
    public var query: String?
    /// The header fields.
    public var fields: HTTPFields
    /// Whether it came over TLS.
    public var isSecure: Bool
    /// The peer's address as text, without its port; empty when unknown.
    public var remoteAddress: String

    /// A request of these parts.
    public init(
        method: HTTPMethod, path: String, query: String? = nil, fields: HTTPFields = [:], isSecure: Bool = false,
        remoteAddress: String = ""
    ) {
        self.method = method
        self.path = path
        self.query = query
        self.fields = fields
        self.isSecure = isSecure
        self.remoteAddress = remoteAddress
    }
}

/// A request's body, pulled by whoever handles it.
///
/// Not reading is the backpressure.
public protocol HTTPRequestBody: AnyObject, Sendable {
    /// The length in bytes that was announced; nil for a chunked body.
    var length: Int64? { get }

    /// The next bytes, at most `limit` of them; empty at the end.
    ///
    /// - Throws: when the peer goes away, stalls past its limit, or breaks the framing.
    func read(upTo limit: Int) async throws -> [UInt8]

    /// Fills the front of `buffer` with the next bytes, in place: what stores large bodies reuses one buffer and spares
    /// an allocation for each piece.
    ///
    /// One reader at a time.
    ///
    /// - Returns: How many bytes there were, at least one; 0 at the end.
    /// - Throws: as ``read(upTo:)``.
    func read(into buffer: inout [UInt8]) async throws -> Int
}

extension HTTPRequestBody {
    /// Copies from ``read(upTo:)``; a body that can write in place brings its own.
    public func read(into buffer: inout [UInt8]) async throws -> Int {
        precondition(!buffer.isEmpty, "a buffer to read into has room for a byte")
        let piece = try await read(upTo: buffer.count)
        buffer.replaceSubrange(0..<piece.count, with: piece)
        return piece.count
    }

    /// The whole body.
    ///
    /// - Throws: ``HTTPBodyTooLarge`` when it is longer than `limit` bytes; what ``read(upTo:)`` throws.
    public func collect(upTo limit: Int) async throws -> [UInt8] {
        if let length, length > limit { throw HTTPBodyTooLarge(limit: limit) }
        var bytes: [UInt8] = []
        while true {
            let piece = try await read(upTo: 64 << 10)
            if piece.isEmpty { return bytes }
            if bytes.count + piece.count > limit { throw HTTPBodyTooLarge(limit: limit) }
            bytes += piece
        }
    }
}

/// Why a request's body could not be read to its end.
///
/// Let it pass: the server then answers or cuts the connection as the cause demands.
public enum HTTPBodyError: Error, Sendable, CustomStringConvertible {
    /// The peer went away, or the server cut the connection as it stops.
    case disconnected
    /// The peer sent nothing, or too slowly, for longer than the server's limits allow.
    case stalled
    /// The bytes broke the rules of chunked framing; the reason says which.
    case malformed(String)
    /// The exchange is over: the answer was sent and the body is no longer to be had.
    case ended

    /// What happened.
    public var description: String {
        switch self {
        case .disconnected: "the peer closed the connection before its body was complete"
        case .stalled: "the peer sent its body too slowly"
        case .malformed(let reason): "the request body is malformed: \(reason)"
        case .ended: "the request is over; read its body before answering"
        }
    }
}

/// A body was longer than its reader allows.
public struct HTTPBodyTooLarge: Error, Sendable, CustomStringConvertible {
    /// The most bytes allowed.
    public let limit: Int

    /// What was too large.
    public var description: String { "the request body is longer than \(limit) bytes" }
}
