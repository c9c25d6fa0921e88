// Darkroom
// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import HTTP
import Testing

@testable import AzureStorage

struct ValueTests {
    @Test(arguments: ["abc", "a-b", "0aa", "images-input", String(repeating: "a", count: 63), "$root", "$web"])
    func acceptsContainerNames(text: String) throws { #expect(try ContainerName(text).text == text) }

    @Test(arguments: [
        "", "ab", "A-b", "-ab", "ab-", "a--b", "a_b", "a.b", "a b", "äbc", "../x", "$other",
        String(repeating: "a", count: 64),
    ])
    func refusesOtherContainerNames(text: String) {
        #expect(throws: StorageError.self) { try ContainerName(text) }
        #expect(throws: (any Error).self) {
            try JSONDecoder().decode([ContainerName].self, from: JSONEncoder().encode([text]))
        }
    }

    @Test(arguments: ["a", "..", "a//b", "/", "%2F", " ", "é", "🙂", "a\u{1}", String(repeating: "a", count: 1_024)])
    func acceptsBlobNames(text: String) throws { #expect(try BlobName(text).text == text) }

    @Test(arguments: ["", "a\u{0}b", String(repeating: "a", count: 1_025), String(repeating: "🙂", count: 513)])
    func refusesOtherBlobNames(text: String) { #expect(throws: StorageError.self) { try BlobName(text) } }

    @Test func aBackslashIsASlashAndSpellingsAreDifferent() throws {
        #expect(try BlobName("a\\b") == BlobName("a/b"))
        #expect(try BlobName("\u{e9}") != BlobName("e\u{301}"))
        #expect(try Set([BlobName("\u{e9}"), BlobName("e\u{301}")]).count == 2)
    }

    @Test(
        arguments: [
            ("1994-11-06", 784_080_000, 0), ("1994-11-06T08:49Z", 784_111_740, 0),
            ("1994-11-06T08:49:37Z", 784_111_777, 0),
            ("1994-11-06T08:49:37.5Z", 784_111_777, 5_000_000),
            ("1994-11-06T08:49:37.1234567Z", 784_111_777, 1_234_567),
            ("1970-01-01", 0, 0), ("9999-12-31", 253_402_214_400, 0),
        ] as [(String, Int64, Int64)])
    func readsMoments(text: String, seconds: Int64, fraction: Int64) throws {
        let time = try #require(StorageTime(iso8601: text))
        #expect(time.unixSeconds == seconds)
        #expect(time.fraction == fraction)
        #expect(StorageTime(iso8601: time.preciseISO8601) == time)
        #expect(StorageTime(iso8601: time.iso8601) == time.wholeSecond)
    }

    @Test(arguments: [
        "", "1994", "1994-11", "1994-13-01", "1994-02-30", "1994-11-06T", "1994-11-06T08:49:37", "1994-11-06T25:00Z",
        "1994-11-06T08:49:37.Z", "1994-11-06T08:49:37.12345678Z", "1994-11-06T08:49:37.-1Z", "1994-11-06 08:49Z",
        "+994-11-06", "1994-11-0x", "0000-01-01", "1994-11-06T08:49:37+01:00",
    ])
    func refusesOtherMoments(text: String) { #expect(StorageTime(iso8601: text) == nil) }

    @Test func marksLookLikeTheServices() {
        let time = StorageTime(unixSeconds: 1_790_000_000)
        #expect(ETag(stamp: time).rawValue.hasPrefix("0x8D"))
        #expect(ETag("\"0x1\"") == ETag("0x1"))
        #expect(ETag("0x1").quoted == "\"0x1\"")
    }

    @Test func metadataKeepsItsCaseAndRefusesWhatHeadersCannotCarry() throws {
        let metadata = try BlobMetadata(fields: ["x-ms-meta-Owner": "me", "X-MS-META-b_2": "", "Other": "x"])
        #expect(metadata.entries.map(\.name) == ["Owner", "b_2"])
        #expect(metadata["OWNER"] == "me")
        for (pairs, expected) in [
            ([("", "x")], .emptyMetadataKey), ([("1a", "x")], .invalidMetadata), ([("a-b", "x")], .invalidMetadata),
            ([("a", "x\r\ny")], .invalidMetadata), ([("a", "1"), ("A", "2")], .invalidMetadata),
            ([("a", String(repeating: "x", count: 8_192))], .metadataTooLarge),
        ] as [([(String, String)], StorageErrorCode)] {
            #expect(code { _ = try BlobMetadata(pairs) } == expected)
        }
        #expect(try JSONDecoder().decode(BlobMetadata.self, from: JSONEncoder().encode(metadata)) == metadata)
    }

    @Test func theChecksumIsThatOfTheService() {
        var whole = CRC64()
        whole.update(Array("123456789".utf8))
        #expect(whole.value == 0xAE8B_1486_0A79_9888)
        #expect(whole.bytes == [0x88, 0x98, 0x79, 0x0A, 0x86, 0x14, 0x8B, 0xAE])
        let bytes = (0..<1_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        var once = CRC64()
        once.update(bytes)
        for cut in [0, 1, 7, 8, 9, 500, 999, 1_000] {
            var parts = CRC64()
            parts.update(Array(bytes[..<cut]))
            parts.update(Array(bytes[cut...]))
            #expect(parts.value == once.value)
        }
    }
}

struct AccountTests {
    @Test func theWellKnownKeyIsForLoopbackOnly() throws {
        let own = try StorageAccount(name: "pictures", keys: [.random()])
        for host in ["127.0.0.1", "127.8.9.1", "::1", "[::1]", "localhost"] {
            try [own, .development].checkListening(on: host)
        }
        for host in ["0.0.0.0", "::", "192.168.1.5", "10.0.0.1", "example.com", "127.0.0.1.example.com", ""] {
            try [own].checkListening(on: host)
            #expect(throws: InvalidAccount.self) { try [own, .development].checkListening(on: host) }
        }
        let disguised = try StorageAccount(name: "other", keys: [.random()] + StorageAccount.development.keys)
        #expect(throws: InvalidAccount.self) { try [disguised].checkListening(on: "0.0.0.0") }
    }

    @Test func aKeyNeverShowsItself() throws {
        let key = AccountKey.random()
        #expect(!"\(key)".contains(key.secret))
        #expect(try AccountKey(base64: key.secret) == key)
        #expect(throws: InvalidAccount.self) { try AccountKey(base64: "not base64!") }
        #expect(throws: InvalidAccount.self) { try AccountKey(base64: "AAAA") }
        #expect(throws: InvalidAccount.self) { try StorageAccount(name: "Bad_Name", keys: [key]) }
        #expect(throws: InvalidAccount.self) { try StorageAccount(name: "nokeys", keys: []) }
    }
}

struct ConnectionStringTests {
    private let key = StorageAccount.development.keys[0]

    @Test func readsItsForms() throws {
        #expect(try ConnectionString("UseDevelopmentStorage=true") == .development)
        #expect(try ConnectionString("usedevelopmentstorage=True;") == .development)
        let plain = try ConnectionString(
            "DefaultEndpointsProtocol=https;AccountName=mine;AccountKey=\(key.secret);EndpointSuffix=core.windows.net")
        #expect(plain.blobEndpoint == "https://mine.blob.core.windows.net")
        #expect(plain.credential == .key(key))
        let local = try ConnectionString(
            " AccountName = mine ; AccountKey = \(key.secret) ;BlobEndpoint=http://127.0.0.1:10000/mine/")
        #expect(local.blobEndpoint == "http://127.0.0.1:10000/mine")
        let signed = try ConnectionString(
            "BlobEndpoint=http://127.0.0.1:1/acct;SharedAccessSignature=?sv=2024-11-04&sig=a%3D")
        #expect(signed.account == "acct")
        #expect(signed.credential == .signature("sv=2024-11-04&sig=a%3D"))
        let open = try ConnectionString("BlobEndpoint=https://acct.blob.core.windows.net")
        #expect(open.account == "acct")
        #expect(open.credential == .anonymous)
    }

    @Test func writesWhatItReads() throws {
        for connection in [
            .development,
            ConnectionString(account: "a", credential: .signature("sv=1&sig=x"), blobEndpoint: "https://h/a"),
            ConnectionString(account: "a", credential: .anonymous, blobEndpoint: "http://h:1/a"),
        ] as [ConnectionString] {
            #expect(try ConnectionString(connection.text) == connection)
        }
        #expect(!"\(ConnectionString.development)".contains(key.secret))
    }

    @Test(arguments: [
        "", ";", "nonsense", "AccountKey=AAAA", "AccountName=a;AccountKey=!!", "=x", "BlobEndpoint=ftp://x/a",
        "UseDevelopmentStorage=false",
    ])
    func refusesWhatCannotBeUsed(text: String) {
        #expect(throws: InvalidConnectionString.self) { try ConnectionString(text) }
    }
}
