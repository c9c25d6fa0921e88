// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Curl

/// Sends mails to an SMTP server, over connections that are kept for the next.
public final class SMTPMailer: MailTransport {
    private let configuration: SMTPConfiguration
    private let session: CurlSession

    /// A mailer that has not connected yet.
    ///
    /// - Throws: ``MailError`` with `invalidConfiguration`.
    public init(_ configuration: SMTPConfiguration) throws {
        try configuration.validate()
        self.configuration = configuration
        var limits = CurlSession.Limits()
        limits.connectionsPerHost = 4
        limits.idleConnections = 4
        session = CurlSession(limits: limits)
    }

    /// Sends a mail; all its recipients get it, or the server refused it.
    public func send(_ message: MailMessage) async throws {
        let transfer = session.start(request(for: message))
        do {
            try await transfer.write(message.bytes)
            transfer.finishWriting()
            try await transfer.completion()
        } catch let error as CurlError {
            throw failure(error, dialogue: transfer.received.lines)
        }
    }

    private func request(for message: MailMessage) -> CurlRequest {
        var envelope = CurlEnvelope(from: message.sender.address, to: message.recipients.map(\.address))
        envelope.encryption =
            switch configuration.encryption {
            case .startTLS, .implicitTLS: .required
            case .startTLSIfOffered: .preferred
            case .none: .none
            }
        envelope.login = configuration.login.map { (name: $0.name, password: $0.password) }
        var request = CurlRequest(url: configuration.url, exchange: .mail(envelope))
        request.body = .untilFinished
        request.timeouts.connect = configuration.connectTimeout
        request.timeouts.total = configuration.totalTimeout
        request.authorityFile = configuration.authorityFile
        return request
    }

    private func failure(_ error: CurlError, dialogue: [String]) -> MailError {
        let server = "\(configuration.host):\(configuration.port)"
        // The server's own words explain a refusal best; a farewell may follow them.
        let refusal = error.status >= 400 ? dialogue.last { $0.hasPrefix("\(error.status)") } : nil
        let reason = refusal.map(printable) ?? error.description
        return MailError(code(of: error), "the mail server \(server) did not take the mail: \(reason)")
    }

    private func code(of error: CurlError) -> MailError.Code {
        switch error.kind {
        case .unreachable: .unreachable
        case .timedOut: .timedOut
        case .untrusted: .untrusted
        case .refused: .loginRefused
        case .invalid: .invalidConfiguration
        case .cancelled, .interrupted:
            switch error.status {
            case 400..<500: .deferred
            case 500..<600: .rejected
            default: .interrupted
            }
        }
    }
}
