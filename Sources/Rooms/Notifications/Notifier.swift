// Darkroom
// SPDX-License-Identifier: Apache-2.0

public import Mail

/// Tells people.
public protocol Notifier: Sendable {
    /// Sends a notice and returns once somebody else answers for it.
    ///
    /// After an error or a crash it may be sent again; the notice's key lets the other side see that it is the same.
    ///
    /// - Throws: when it was not sent, or when nobody knows; `CancellationError`.
    func notify(_ notice: Notice) async throws
}

/// Notices as mails: to an SMTP server or into an outbox, as the transport does.
public struct MailNotifier: Notifier {
    private let sender: MailAddress
    private let recipients: [MailAddress]
    private let transport: any MailTransport

    /// A notifier that writes to these people.
    ///
    /// - Throws: ``NotificationError`` without recipients or with too many of them.
    public init(from sender: MailAddress, to recipients: [MailAddress], by transport: any MailTransport) throws {
        guard (1...MailMessage.maximumRecipients).contains(recipients.count) else {
            throw NotificationError(
                "a mail route has 1 to \(MailMessage.maximumRecipients) recipients, this one \(recipients.count)")
        }
        self.sender = sender
        self.recipients = recipients
        self.transport = transport
    }

    /// Sends the notice as one mail, whose identifier follows from the notice's key and the recipients.
    ///
    /// - Throws: ``MailError``; `CancellationError`.
    public func notify(_ notice: Notice) async throws {
        let words = NoticeText(notice)
        let key = ([notice.key] + recipients.map(\.address)).joined(separator: "\n")
        let message = try MailMessage(
            id: MailID(key: key, sender: sender), date: notice.time, from: sender, to: recipients,
            text: MailText(subject: words.subject, body: words.body))
        try await transport.send(message)
    }
}
