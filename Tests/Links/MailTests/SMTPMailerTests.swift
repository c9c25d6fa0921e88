// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Mail
import Testing

/// Against aiosmtpd and the mail parser of Python's standard library.
@Suite(.timeLimit(.minutes(5)))
struct SMTPMailerTests {
    @Test(arguments: [
        ("starttls", SMTPConfiguration.Encryption.startTLS), ("starttls", .startTLSIfOffered), ("tls", .implicitTLS),
        ("plain", .startTLSIfOffered), ("plain", .none),
    ])
    func deliversOverEveryKindOfConnection(server: String, encryption: SMTPConfiguration.Encryption) async throws {
        try await SMTPPeer.with([server]) { peer in
            let message = try mail(to: ["ops@example.com", "Second <two@example.com>"])
            try await SMTPMailer(peer.configuration(encryption)).send(message)
            let delivery = try peer.delivery(1)
            #expect(delivery.from == "darkroom@example.com")
            #expect(delivery.to == ["ops@example.com", "two@example.com"])
            #expect(Array(delivery.raw) == message.bytes)
            #expect(delivery.encrypted == (server != "plain"))
        }
    }

    @Test(arguments: [("starttls", SMTPConfiguration.Encryption.startTLS), ("tls", .implicitTLS), ("plain", .none)])
    func logsIn(server: String, encryption: SMTPConfiguration.Encryption) async throws {
        try await SMTPPeer.with([server, "login"]) { peer in
            try await SMTPMailer(peer.configuration(encryption, login: SMTPPeer.login)).send(mail())
            #expect(try peer.delivery(1).user == "vendor")
        }
    }

    @Test func sendsManyMailsOverFewConnections() async throws {
        try await SMTPPeer.with(["starttls", "login"]) { peer in
            let mailer = try SMTPMailer(peer.configuration(.startTLS, login: SMTPPeer.login))
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<20 { group.addTask { try await mailer.send(mail("mail \(number)")) } }
                try await group.waitForAll()
            }
            let subjects = try Set((1...20).map { try peer.delivery($0).subject })
            #expect(subjects == Set((0..<20).map { "mail \($0)" }))
        }
    }

    private func failure(_ body: () async throws -> Void) async throws -> MailError {
        try #require(await #expect(throws: MailError.self) { try await body() })
    }

    @Test(arguments: [
        ("nobody@example.com", MailError.Code.rejected, "550 5.1.1 no such mailbox"),
        ("later@example.com", .deferred, "451 4.7.1 try again later"),
        ("full@example.com", .rejected, "552 5.2.2 mailbox full"),
    ])
    func passesOnWhyTheServerRefused(recipient: String, code: MailError.Code, words: String) async throws {
        try await SMTPPeer.with(["starttls"]) { peer in
            let mailer = try SMTPMailer(peer.configuration(.startTLS))
            let error = try await failure { try await mailer.send(mail(to: [recipient])) }
            #expect(error.code == code)
            #expect(error.isRetriable == (code == .deferred))
            #expect(error.message.contains(words))
            // The connection serves the next mail.
            try await mailer.send(mail())
            #expect(try peer.count() == 1)
        }
    }

    @Test func sendsToNobodyWhenOneRecipientIsRefused() async throws {
        try await SMTPPeer.with(["starttls"]) { peer in
            let message = try mail(to: ["ops@example.com", "nobody@example.com"])
            let error = try await failure { try await SMTPMailer(peer.configuration(.startTLS)).send(message) }
            #expect(error.code == .rejected)
            #expect(try peer.count() == 0)
        }
    }

    @Test func hidesThePasswordOfARefusedLogin() async throws {
        try await SMTPPeer.with(["starttls", "login"]) { peer in
            let login = MailLogin(name: "vendor", password: "not-the-p4ssword")
            let configuration = peer.configuration(.startTLS, login: login)
            let error = try await failure { try await SMTPMailer(configuration).send(mail()) }
            #expect(error.code == .loginRefused)
            #expect(!error.isRetriable)
            var dumped = ""
            dump(configuration, to: &dumped)
            for text in ["\(error)", "\(configuration)", "\(login)", String(reflecting: login), dumped] {
                #expect(!text.contains("p4ssword"))
            }
        }
    }

    @Test func sendsNothingWithoutTheEncryptionItRequires() async throws {
        try await SMTPPeer.with(["plain"]) { peer in
            let error = try await failure { try await SMTPMailer(peer.configuration(.startTLS)).send(mail()) }
            #expect(error.code == .untrusted)
            #expect(try peer.count() == 0)
        }
    }

    @Test func sendsNothingToAStranger() async throws {
        try await SMTPPeer.with(["starttls"]) { peer in
            var configuration = peer.configuration(.startTLS)
            configuration.authorityFile = nil
            let error = try await failure { try await SMTPMailer(configuration).send(mail()) }
            #expect(error.code == .untrusted)
            #expect(try peer.count() == 0)
        }
    }

    @Test func givesUpOnASilentServer() async throws {
        try await SMTPPeer.with(["starttls"]) { peer in
            var configuration = peer.configuration(.startTLS)
            configuration.totalTimeout = .milliseconds(500)
            let error = try await failure {
                try await SMTPMailer(configuration).send(mail(to: ["silent@example.com"]))
            }
            #expect(error.code == .timedOut)
            #expect(error.isRetriable)
        }
    }

    @Test func saysThatNobodyListens() async throws {
        // Port 1 is reserved, and nothing listens there.
        let mailer = try SMTPMailer(SMTPConfiguration(host: "127.0.0.1", port: 1))
        let error = try await failure { try await mailer.send(mail()) }
        #expect(error.code == .unreachable)
        #expect(error.message.contains("127.0.0.1:1"))
    }

    @Test(arguments: [
        ("mail.example.com", 0, SMTPConfiguration.Encryption.startTLS, false),
        ("mail.example.com", 70_000, .startTLS, false), ("", 25, .startTLS, false), ("a b", 25, .startTLS, false),
        ("a\r\nb", 25, .startTLS, false), ("a/b", 25, .startTLS, false), ("mail.example.com", 25, .none, true),
        ("mail.example.com", 25, .startTLSIfOffered, true),
    ])
    func refusesSettingsThatCannotBe(
        host: String, port: Int, encryption: SMTPConfiguration.Encryption, hasLogin: Bool
    ) {
        var configuration = SMTPConfiguration(host: host, port: port)
        configuration.encryption = encryption
        configuration.login = hasLogin ? SMTPPeer.login : nil
        let error = #expect(throws: MailError.self) { try SMTPMailer(configuration) }
        #expect(error?.code == .invalidConfiguration)
    }
}
