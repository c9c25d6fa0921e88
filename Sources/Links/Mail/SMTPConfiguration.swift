// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// How mails reach an SMTP server.
public struct SMTPConfiguration: Sendable {
    /// How the connection is encrypted.
    public enum Encryption: String, Sendable, CaseIterable {
        /// STARTTLS, or no mail; usually port 587.
        case startTLS
        /// STARTTLS where the server offers it: anybody on the way can prevent it.
        case startTLSIfOffered
        /// TLS from the first byte; usually port 465.
        case implicitTLS
        /// None.
        case none
    }

    /// The server's name or address.
    public var host: String
    /// The server's port.
    public var port: Int
    /// How the connection is encrypted.
    public var encryption = Encryption.startTLS
    /// Name and password; nil sends none.
    public var login: MailLogin?
    /// A PEM file of the authorities to trust instead of the system's.
    public var authorityFile: String?
    /// Until the connection stands, TLS included.
    public var connectTimeout: Duration = .seconds(10)
    /// From the start to the server's last word.
    public var totalTimeout: Duration = .seconds(60)

    /// A server and its port.
    public init(host: String, port: Int = 587) {
        self.host = host
        self.port = port
    }

    /// Refuses what cannot work and what would betray the password.
    ///
    /// - Throws: ``MailError`` with `invalidConfiguration`.
    public func validate() throws {
        guard !host.isEmpty, host.utf8.allSatisfy({ isLetterOrDigit($0) || ".-_:".utf8.contains($0) }) else {
            throw MailError(.invalidConfiguration, "\"\(printable(host))\" is no mail server's name or address")
        }
        guard (1...65_535).contains(port) else {
            throw MailError(.invalidConfiguration, "\(port) is no port of a mail server; use 1 to 65535")
        }
        let isEncrypted = encryption == .startTLS || encryption == .implicitTLS
        let isLocal = ["localhost", "127.0.0.1", "::1"].contains(host)
        guard login == nil || isEncrypted || isLocal else {
            throw MailError(
                .invalidConfiguration,
                "a password would go to \(host) unencrypted; choose startTLS or implicitTLS, or send without a login")
        }
    }

    /// The URL that libcurl knows the server by.
    var url: String {
        "\(encryption == .implicitTLS ? "smtps" : "smtp")://\(host.contains(":") ? "[\(host)]" : host):\(port)"
    }
}

/// A name and a password, which no description shows.
public struct MailLogin: Sendable, CustomStringConvertible, CustomReflectable {
    /// Who logs in.
    public let name: String
    /// The secret itself, never for logs.
    package let password: String

    /// A name and its password.
    public init(name: String, password: String) {
        self.name = name
        self.password = password
    }

    /// The name only.
    public var description: String { "\(name), password hidden" }

    /// The name only.
    public var customMirror: Mirror { Mirror(self, children: ["name": name]) }
}
