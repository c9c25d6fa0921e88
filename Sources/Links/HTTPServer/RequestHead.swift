// Darkroom
// SPDX-License-Identifier: Apache-2.0

import HTTP

/// What stands before a request's body, and what follows from it for the connection.
struct RequestHead {
    var request: HTTPRequest
    var version: HTTPVersion
    var framing: BodyFraming
    /// Whether the client wants to send further requests on the connection.
    var isPersistent: Bool
    /// Whether the client waits for `100 Continue` before it sends the body.
    var expectsContinue: Bool
}

/// The versions that are spoken here.
enum HTTPVersion {
    case http10
    case http11
}

/// How a request's body ends.
enum BodyFraming: Equatable {
    case none
    case length(Int64)
    case chunked
}

/// A request that is refused before anybody handles it.
///
/// Where its body begins is doubtful, so the connection closes after the answer.
struct Rejection: Error, Equatable {
    let status: HTTPStatus
    let reason: String

    init(_ status: HTTPStatus, _ reason: String) {
        self.status = status
        self.reason = reason
    }
}
