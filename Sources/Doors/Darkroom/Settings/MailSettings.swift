// Darkroom
// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
public import Mail
import Notifications

/// How mail goes out.
public struct MailSettings: Sendable {
    /// Who mails are from.
    public var sender: MailAddress
    /// Where mails are written to while there is no SMTP server.
    public var outbox: String
    /// The SMTP server; nil writes into the outbox.
    public var smtp: SMTPConfiguration?

    init(_ reader: SettingsReader, data: DataFolder) throws {
        let from = try reader.text("mail.from", "who notices are from", default: "Darkroom <darkroom@localhost>")
        do {
            sender = try MailAddress(from)
        } catch {
            throw reader.wrong("mail.from", "is no mail address: \(error)", "who notices are from")
        }
        outbox = try reader.text(
            "mail.outbox", "the folder for mails while mail.smtp.host is not set", default: data.outbox)
        smtp = try readSMTP(reader)
    }

    /// What carries the mails.
    func transport() throws -> any MailTransport {
        if let smtp { return try SMTPMailer(smtp) }
        do {
            try FileManager.default.createDirectory(atPath: outbox, withIntermediateDirectories: true)
        } catch {
            throw SettingsError("mail.outbox: the folder \(outbox) cannot be created: \(error)")
        }
        return MailOutbox(folder: outbox)
    }
}

private func readSMTP(_ reader: SettingsReader) throws -> SMTPConfiguration? {
    let host = try reader.optionalText("mail.smtp.host", "the SMTP server's name")
    let port = try reader.int("mail.smtp.port", "the SMTP server's port", default: 587, in: 1...65_535)
    let encryption = try reader.word(
        "mail.smtp.encryption", "how the connection is encrypted", default: SMTPConfiguration.Encryption.startTLS)
    let user = try reader.optionalText("mail.smtp.user", "the name to log in with")
    let password = try reader.optionalText("mail.smtp.password", "the password to log in with")
    let authorities = try reader.optionalText("mail.smtp.authorities", "a PEM file of authorities to trust")
    guard let host else { return nil }
    var configuration = SMTPConfiguration(host: host, port: port)
    configuration.encryption = encryption
    configuration.authorityFile = authorities
    switch (user, password) {
    case (let user?, let password?): configuration.login = MailLogin(name: user, password: password)
    case (nil, nil): break
    default: throw SettingsError("mail.smtp needs both user and password, or neither")
    }
    do {
        try configuration.validate()
    } catch {
        throw SettingsError("mail.smtp: \(error)")
    }
    return configuration
}
