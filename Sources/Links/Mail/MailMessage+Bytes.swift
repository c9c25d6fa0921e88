// Darkroom
// SPDX-License-Identifier: Apache-2.0

extension MailMessage {
    /// The mail as it travels and as it is filed (RFC 5322): ASCII, each line with CRLF.
    ///
    /// The same message gives the same bytes.
    public var bytes: [UInt8] {
        let body = MailBody(text.body)
        let header = [
            MailHeader.field("Date", MailHeader.date(date)),
            MailHeader.field("From", MailHeader.address(sender)),
            MailHeader.field("To", recipients.map(MailHeader.address).joined(separator: ", ")),
            MailHeader.field("Message-ID", id.description),
            MailHeader.field("Subject", MailHeader.text(text.subject)),
            // Vacation notices do not answer a program (RFC 3834).
            MailHeader.field("Auto-Submitted", "auto-generated"),
            MailHeader.field("MIME-Version", "1.0"),
            MailHeader.field("Content-Type", "text/plain; charset=utf-8"),
            MailHeader.field("Content-Transfer-Encoding", body.encoding),
        ]
        return Array("\(header.joined())\r\n\(body.lines)".utf8)
    }
}
