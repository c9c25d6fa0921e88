// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Curl

/// A request got no whole answer.
///
/// An answer of any status is no error here.
public struct HTTPClientError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What went wrong.
    public enum Code: String, Sendable {
        /// The request cannot be sent as it is.
        case invalidRequest
        /// The name was not found, or nobody listens there.
        case unreachable
        /// It took longer than the timeouts allow.
        case timedOut
        /// The server's certificate is not trusted.
        case untrusted
        /// The connection broke, or what came over it is not HTTP.
        case interrupted
        /// The pool was closed.
        case closed
        /// The answer's body is longer than its reader allows.
        case bodyTooLarge
    }

    /// What went wrong.
    public let code: Code
    /// What failed and why: method and origin, never path, query, header or body.
    public let message: String

    /// Whether the same request may succeed later, if it may be sent twice at all.
    public var isRetriable: Bool { code == .unreachable || code == .timedOut || code == .interrupted }

    /// The same as ``message``.
    public var description: String { message }

    init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    init(_ error: CurlError, _ exchange: String) {
        self.init(Code(error.kind), "\(exchange) failed: \(error)")
    }
}

extension HTTPClientError.Code {
    fileprivate init(_ kind: CurlError.Kind) {
        self =
            switch kind {
            case .unreachable: .unreachable
            case .timedOut: .timedOut
            case .untrusted: .untrusted
            case .interrupted, .refused: .interrupted
            case .cancelled: .closed
            case .invalid: .invalidRequest
            }
    }
}
