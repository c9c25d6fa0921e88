// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// A mail was not written or not sent.
public struct MailError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What went wrong.
    public enum Code: String, Sendable {
        /// An address, a subject, a text or an identifier cannot go into a mail.
        case invalidMessage
        /// The settings contradict each other or would betray a password.
        case invalidConfiguration
        /// The server's name was not found, or nobody listens there.
        case unreachable
        /// The server took too long; whether it accepted the mail is unknown.
        case timedOut
        /// The server's certificate is not trusted, or it offers no encryption where it is required.
        case untrusted
        /// The connection broke; whether the server accepted the mail is unknown.
        case interrupted
        /// The server did not accept name and password.
        case loginRefused
        /// The server said no for now (4xx).
        case deferred
        /// The server said no for good (5xx).
        case rejected
        /// The outbox could not be written.
        case storage
    }

    /// What went wrong.
    public let code: Code
    /// What failed, why and what to do; never a password, never the text.
    public let message: String

    /// Whether the same mail may go through later.
    public var isRetriable: Bool {
        switch code {
        case .unreachable, .timedOut, .interrupted, .deferred, .storage: true
        case .invalidMessage, .invalidConfiguration, .untrusted, .loginRefused, .rejected: false
        }
    }

    /// The same as ``message``.
    public var description: String { message }

    init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }
}
