// Darkroom
// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Mail
import Testing

/// How a mail is written, judged by Python's own parser.
@Suite(.timeLimit(.minutes(5)))
struct MailMessageTests {
    private static let texts = [
        "Plain words", "", " blanks  around ", "żółta łódź 𝒳 日本", "=?utf-8?B?ZmFrZQ==?=", "a=b \"c\" <d> e@f",
        String(repeating: "word ", count: 40) + "end", String(repeating: "x", count: 300),
        String(repeating: "日", count: 120), "👩‍👩‍👧‍👦 family",
    ]
    private static let bodies = [
        "Hello.\n", "no final break", "", "\n\n", "a\r\nb\nc\rd\n", ".leading dot\n..two\n.\n", "From me\n",
        "trailing blank \ntab\t\n", "=3D and ==\n", String(repeating: "y", count: 998) + "\n",
        String(repeating: "z", count: 5000) + "\n", "żółć " + String(repeating: "日", count: 400) + "\n",
        "null \u{0} escape \u{1b}\n", "https://example.com/" + String(repeating: "abc%2F", count: 60) + "\n",
    ]

    @Test func arrivesAsItWasMeant() async throws {
        try await SMTPPeer.with(["starttls"]) { peer in
            let mailer = try SMTPMailer(peer.configuration(.startTLS))
            let cases = Self.texts.map { ($0, "Hello.\n") } + Self.bodies.map { ("Hello", $0) }
            for (index, (subject, body)) in cases.enumerated() {
                try await mailer.send(mail(subject, body: body, from: "\(subject.prefix(80)) <a@example.com>"))
                let delivery = try peer.delivery(index + 1)
                #expect(delivery.subject == subject)
                #expect(lines(delivery.text) == lines(body))
                #expect(delivery.defects == [])
                #expect(delivery.date == "2026-11-20T08:03:03+00:00")
            }
        }
    }

    /// Lines whatever their breaks, without the last line's own.
    private func lines(_ text: String) -> [Substring] {
        var lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        if lines.last?.isEmpty == true { lines.removeLast() }
        return lines
    }

    @Test(arguments: [
        "Ann <ann@example.com>", "Ann O'Neill-Smith <ann@example.com>", "Smith, Ann <ann@example.com>",
        "Ann \"the\" \\ <ann@example.com>", "Żaneta Łoś <ann@example.com>", "a@b (c); d <ann@example.com>",
        "ann@example.com", "a+b=c_d.e@ex-ample.co.uk",
    ])
    func keepsNamesAndAddresses(text: String) async throws {
        try await SMTPPeer.with(["starttls"]) { peer in
            let address = try MailAddress(text)
            #expect(address.description == text)
            try await SMTPMailer(peer.configuration(.startTLS)).send(mail(from: text))
            let delivery = try peer.delivery(1)
            #expect(delivery.from == address.address)
            #expect(delivery.defects == [])
            let bare = delivery.sender.replacing("\"", with: "").replacing("\\", with: "")
            #expect(bare == text.replacing("\"", with: "").replacing("\\", with: ""))
        }
    }

    @Test(arguments: texts + bodies)
    func staysWithinASCIILinesOfBearableLength(text: String) throws {
        let subject = Self.texts.contains(text) ? text : "Hello"
        let bytes = try mail(subject, body: text, to: (1...40).map { "recipient-\($0)@example.com" }).bytes
        #expect(bytes.allSatisfy { $0 == 0x0d || $0 == 0x0a || $0 == 0x09 || (0x20...0x7e).contains($0) })
        let whole = String(decoding: bytes, as: UTF8.self)
        #expect(whole.hasSuffix("\r\n"))
        let parts = whole.split(separator: "\r\n\r\n", maxSplits: 1, omittingEmptySubsequences: false)
        #expect(parts[0].split(separator: "\r\n").allSatisfy { $0.utf8.count <= 78 })
        #expect(whole.split(separator: "\r\n").allSatisfy { $0.utf8.count <= 998 })
    }

    @Test(arguments: [
        "a\nBcc: x@example.com", "a\rb", "a\r\nb", "a\u{0}b", "a\u{85}b", "a\u{2028}b", "a\u{7f}b", "a\tb",
    ])
    func refusesToOpenAnotherHeaderField(text: String) {
        #expect(throws: MailError.self) { try MailText(subject: text, body: "") }
        #expect(throws: MailError.self) { try MailAddress(name: text, address: "a@example.com") }
        #expect(throws: MailError.self) { try MailAddress("\(text) <a@example.com>") }
        #expect(throws: MailError.self) { try MailAddress(address: "\(text)@example.com") }
        #expect(throws: MailError.self) { try MailAddress(address: "a@\(text)") }
    }

    @Test(arguments: [
        "", "a", "@", "a@", "@b", "a@b@c", "a b@c", "a@b c", ".a@b", "a.@b", "a..b@c", "a@b..c", "a@b>", "<a@b",
        "a,b@c", "ä@b", "a@ä", "a@b_c", "\"a\"@b", "a@[127.0.0.1]",
    ])
    func refusesWhatIsNoAddress(text: String) {
        let error = #expect(throws: MailError.self) { try MailAddress(address: text) }
        #expect(error?.code == .invalidMessage)
    }

    @Test func boundsWhatItCarries() throws {
        #expect(throws: MailError.self) { try MailText(subject: String(repeating: "x", count: 501), body: "") }
        #expect(throws: MailError.self) { try MailText(subject: "", body: String(repeating: "x", count: 1 << 20 + 1)) }
        #expect(throws: MailError.self) { try mail(to: []) }
        #expect(throws: MailError.self) { try mail(to: (0...100).map { "a\($0)@example.com" }) }
    }

    @Test func namesTheSameMailTheSame() throws {
        let sender = try MailAddress("Darkroom <darkroom@example.com>")
        let id = MailID(key: "run-1/notify", sender: sender)
        #expect(id == MailID(key: "run-1/notify", sender: sender))
        #expect(id != MailID(key: "run-2/notify", sender: sender))
        #expect(id.description.hasSuffix("@example.com>"))
        #expect(try mail().bytes == mail().bytes)
    }
}
