// Darkroom
// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Mail
import Peers

/// An SMTP server nobody here wrote, and what it got.
struct SMTPPeer: Sendable {
    /// What Python's mail parser made of a mail.
    struct Delivery: Decodable {
        let raw: Data
        let from: String
        let to: [String]
        let subject: String
        let sender: String
        let recipients: String
        let id: String
        let date: String
        let text: String
        let defects: [String]
        let encrypted: Bool
        let user: String
    }

    let folder: String
    let port: Int

    static let login = MailLogin(name: "vendor", password: "s3cret-Passwort")

    static func with(_ arguments: [String], _ body: (SMTPPeer) async throws -> Void) async throws {
        try await withTemporaryFolder { folder in
            try makeCertificate(in: folder)
            try await PeerProcess.with("smtp_peer.py", [folder] + arguments, on: .environment) { peer in
                try await body(SMTPPeer(folder: folder, port: peer.port))
            }
        }
    }

    /// Settings that reach it.
    func configuration(
        _ encryption: SMTPConfiguration.Encryption, login: MailLogin? = nil
    ) -> SMTPConfiguration {
        var configuration = SMTPConfiguration(host: "127.0.0.1", port: port)
        configuration.encryption = encryption
        configuration.login = login
        configuration.authorityFile = folder + "/certificate.pem"
        return configuration
    }

    /// The mail of a number, counted from 1.
    func delivery(_ number: Int) throws -> Delivery {
        try JSONDecoder().decode(Delivery.self, from: Data(contentsOf: URL(filePath: "\(folder)/\(number).json")))
    }

    /// How many mails came.
    func count() throws -> Int {
        try FileManager.default.contentsOfDirectory(atPath: folder).count { $0.hasSuffix(".json") }
    }
}

/// A mail with these parts and a fixed date.
func mail(
    _ subject: String = "Hello", body: String = "Hello.\n", from sender: String = "Darkroom <darkroom@example.com>",
    to recipients: [String] = ["ops@example.com"]
) throws -> MailMessage {
    let sender = try MailAddress(sender)
    return try MailMessage(
        id: MailID(key: "run-1/notify", sender: sender), date: Date(timeIntervalSince1970: 1_795_161_783),
        from: sender, to: recipients.map { try MailAddress($0) }, text: MailText(subject: subject, body: body))
}
