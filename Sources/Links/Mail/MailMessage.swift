// Darkroom
// SPDX-License-Identifier: Apache-2.0

public import FoundationEssentials

/// A mail in plain text, written by a program.
public struct MailMessage: Sendable, Equatable {
    /// What tells it from all others.
    public let id: MailID
    /// When it was written.
    public let date: Date
    /// Who writes.
    public let sender: MailAddress
    /// Who reads; at least one.
    public let recipients: [MailAddress]
    /// What they read.
    public let text: MailText

    /// The most recipients of one mail.
    public static let maximumRecipients = 100

    /// A mail of these parts.
    ///
    /// - Throws: ``MailError`` with `invalidMessage` without recipients or with too many of them.
    public init(id: MailID, date: Date, from sender: MailAddress, to recipients: [MailAddress], text: MailText) throws {
        guard (1...MailMessage.maximumRecipients).contains(recipients.count) else {
            throw MailError(
                .invalidMessage,
                "a mail has 1 to \(MailMessage.maximumRecipients) recipients, this one has \(recipients.count)")
        }
        self.id = id
        self.date = date
        self.sender = sender
        self.recipients = recipients
        self.text = text
    }
}

/// A subject and a text.
public struct MailText: Sendable, Equatable {
    /// One line.
    public let subject: String
    /// Lines of text, in whatever way they are broken.
    public let body: String

    /// The longest subject in bytes of UTF-8.
    public static let maximumSubjectBytes = 500
    /// The longest body in bytes of UTF-8.
    public static let maximumBodyBytes = 1 << 20

    /// A subject and a text.
    ///
    /// - Throws: ``MailError`` with `invalidMessage` when one is too long, or the subject has a control character: a
    ///   line break in it would begin another header field.
    public init(subject: String, body: String) throws {
        guard isHeaderText(subject) else { throw MailError(.invalidMessage, "the subject has a control character") }
        guard subject.utf8.count <= MailText.maximumSubjectBytes else {
            throw MailError(.invalidMessage, "the subject is longer than \(MailText.maximumSubjectBytes) bytes")
        }
        guard body.utf8.count <= MailText.maximumBodyBytes else {
            throw MailError(.invalidMessage, "the text is longer than \(MailText.maximumBodyBytes) bytes")
        }
        self.subject = subject
        self.body = body
    }
}
