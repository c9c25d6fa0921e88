// Darkroom
// SPDX-License-Identifier: Apache-2.0

import CCurl

/// A transfer failed.
public struct CurlError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What kind of failure it is.
    public enum Kind: Sendable, Equatable {
        /// The name was not found, or nobody listens there.
        case unreachable
        /// It took longer than its timeouts allow.
        case timedOut
        /// The peer's certificate is not trusted, or the authority file cannot be read.
        case untrusted
        /// The connection broke or what came over it made no sense.
        case interrupted
        /// The server did not accept the login.
        case refused
        /// ``CurlTransfer/cancel()`` was called, or the session closed.
        case cancelled
        /// The request cannot be sent as it is.
        case invalid
    }

    /// What kind of failure it is.
    public let kind: Kind
    /// libcurl's result code; 0 when the failure is not libcurl's.
    public let code: Int
    /// The last status that the peer sent; 0 when none came.
    public let status: Int
    /// What failed, in libcurl's words.
    ///
    /// Never the body, the header or the password.
    public let message: String

    /// Whether the same transfer may succeed later.
    public var isRetriable: Bool { kind == .unreachable || kind == .timedOut || kind == .interrupted }

    /// What failed.
    public var description: String { code == 0 ? message : "\(message) (curl \(code))" }

    /// A failure of this kind.
    init(_ kind: Kind, code: Int = 0, status: Int = 0, message: String) {
        self.kind = kind
        self.code = code
        self.status = status
        self.message = message
    }

    /// A failure that libcurl reported.
    init(result: CURLcode, status: Int = 0, detail: String = "") {
        let message = detail.isEmpty ? unsafe String(cString: curl_easy_strerror(result)) : detail
        self.init(Kind(result), code: Int(result.rawValue), status: status, message: message)
    }

    static let cancelled = CurlError(.cancelled, message: "the transfer was cancelled")
    static let closed = CurlError(.cancelled, message: "the session is closed")
}

extension CurlError.Kind {
    fileprivate init(_ result: CURLcode) {
        switch result {
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY, CURLE_COULDNT_CONNECT: self = .unreachable
        case CURLE_OPERATION_TIMEDOUT: self = .timedOut
        case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_CERTPROBLEM, CURLE_SSL_ISSUER_ERROR,
            CURLE_SSL_INVALIDCERTSTATUS, CURLE_SSL_CIPHER, CURLE_USE_SSL_FAILED:
            self = .untrusted
        case CURLE_LOGIN_DENIED: self = .refused
        case CURLE_UNSUPPORTED_PROTOCOL, CURLE_URL_MALFORMAT, CURLE_BAD_FUNCTION_ARGUMENT, CURLE_UNKNOWN_OPTION,
            CURLE_NOT_BUILT_IN:
            self = .invalid
        default: self = .interrupted
        }
    }
}
