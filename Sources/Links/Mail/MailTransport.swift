// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// Takes mails away.
public protocol MailTransport: Sendable {
    /// Hands a mail over and returns once somebody else answers for it: a server or a disk.
    ///
    /// Sending a mail again, after an error or a crash, may deliver it twice, with the same identifier.
    ///
    /// - Throws: ``MailError``; `CancellationError`.
    func send(_ message: MailMessage) async throws
}
