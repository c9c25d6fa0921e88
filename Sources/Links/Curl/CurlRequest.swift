// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// One transfer, as libcurl is asked for it.
///
/// The texts go to the wire as they are: whoever builds a request has refused line breaks in them.
public struct CurlRequest: Sendable {
    /// The protocol spoken and what it needs.
    public enum Exchange: Sendable {
        /// HTTP/1.1 with a method and header lines (`Name: value`), all kept byte for byte. Redirects are not
        /// followed and bodies not decompressed.
        case http(method: String, header: [String])
        /// One mail by SMTP; the body is the message.
        case mail(CurlEnvelope)
    }

    /// What is sent after the header.
    public enum Body: Sendable, Equatable {
        /// Nothing, and nothing is announced.
        case none
        /// So many bytes.
        case length(Int64)
        /// As many as come: chunked in HTTP, up to the end of the message in mail.
        case untilFinished
    }

    /// An absolute URL, whose path is taken as written.
    public var url: String
    /// The protocol spoken.
    public var exchange: Exchange
    /// What is sent after the header.
    public var body = Body.none
    /// How long it may take.
    public var timeouts = CurlTimeouts()
    /// A PEM file of the authorities to trust instead of the system's.
    public var authorityFile: String?

    /// A request without a body.
    public init(url: String, exchange: Exchange) {
        self.url = url
        self.exchange = exchange
    }
}

/// How a mail travels.
public struct CurlEnvelope: Sendable {
    /// Whether an `smtp:` connection is encrypted; `smtps:` always is.
    public enum Encryption: Sendable {
        /// STARTTLS, or no mail.
        case required
        /// STARTTLS where the server offers it.
        case preferred
        /// Never.
        case none
    }

    /// The sender's address, without brackets.
    public var sender: String
    /// The recipients' addresses, without brackets.
    public var recipients: [String]
    /// Whether the connection is encrypted.
    public var encryption = Encryption.required
    /// Name and password for AUTH; nil sends none.
    public var login: (name: String, password: String)?

    /// An envelope over an encrypted connection, without a login.
    public init(from sender: String, to recipients: [String]) {
        self.sender = sender
        self.recipients = recipients
    }
}

/// How long a transfer may take.
public struct CurlTimeouts: Sendable, Equatable {
    /// Until the connection stands, name lookup and TLS included.
    public var connect: Duration = .seconds(10)
    /// Without a byte in either direction.
    ///
    /// Rounded up to seconds. Waiting for a slow reader here does not count.
    public var stall: Duration = .seconds(60)
    /// From start to end; nil for no limit.
    public var total: Duration?

    /// The defaults.
    public init() {}
}
