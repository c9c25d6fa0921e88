// Darkroom
// SPDX-License-Identifier: Apache-2.0

import AzureStorage
import HTTP
import Testing

@testable import StorageServer

@Suite(.timeLimit(.minutes(5)))
struct HostileRequestTests {
    @Test(arguments: [5, 100_000])
    func aBodyThatEndsEarlyLeavesNothing(sent: Int) async throws {
        let door = try await Door.withContainer()
        for body in [
            BytesBody(pattern(sent), announcing: 200_000),
            BytesBody(pattern(sent), announcing: 200_000, failsAtEnd: true),
            BytesBody(pattern(sent), announcing: 3),
        ] {
            await #expect(throws: (any Error).self) { try await respond(door, "PUT", "/pictures/a", body) }
        }
        #expect(try await door.send("GET /pictures/a").status == 404)
        #expect(try await door.fixture.store.events(after: 0, limit: 1).isEmpty)
    }

    @Test func aBodyOfUnknownLengthIsRefused() async throws {
        let door = try await Door.withContainer()
        let response = try await respond(door, "PUT", "/pictures/a", BytesBody([1], isChunked: true))
        #expect(response.status == 411)
        #expect(response.errorCode == "MissingContentLengthHeader")
    }

    @Test func aBodyBeyondTheLimitIsRefusedUnread() async throws {
        let door = try await Door.withContainer()
        let response = try await respond(
            door, "PUT", "/pictures/a", BytesBody([], announcing: PutBlob.largestBody + 1, failsAtEnd: true))
        #expect(response.errorCode == "RequestBodyTooLarge")
    }

    @Test func aFailedChecksumLeavesNothing() async throws {
        var configuration = BlobStoreConfiguration()
        configuration.inlineLimitBytes = 10
        let door = try await Door.withContainer(configuration)
        let fields: HTTPFields = ["x-ms-blob-type": "BlockBlob", "Content-MD5": "AAAAAAAAAAAAAAAAAAAAAA=="]
        #expect(try await door.send("PUT /pictures/a", fields, pattern(1_000)).errorCode == "Md5Mismatch")
        let checked: HTTPFields = ["x-ms-content-crc64": "AAAAAAAAAAA="]
        let block = try await door.send("PUT /pictures/a?comp=block&blockid=QUFB", checked, pattern(1_000))
        #expect(block.errorCode == "Crc64Mismatch")
        #expect(try await door.send("GET /pictures/a?comp=blocklist&blocklisttype=all").status == 404)
        // Removing a file that was let go is a matter of the disk's threads.
        while try !door.fixture.files().isEmpty { await Task.yield() }
    }

    @Test(arguments: ["../../../etc/passwd", "..%2f..%2fx", "%2e%2e/x", "a//b/./..", "%00", "con", "a%5cb"])
    func aNameNeverLeavesTheContainer(name: String) async throws {
        var configuration = BlobStoreConfiguration()
        configuration.inlineLimitBytes = 0
        let door = try await Door.withContainer(configuration)
        let fields: HTTPFields = ["x-ms-blob-type": "BlockBlob"]
        let response = try await door.send("PUT /pictures/\(name)", fields, pattern(10))
        guard response.status == 201 else {
            #expect(response.status == 400)
            return
        }
        #expect(try await door.send("GET /pictures/\(name)").bytes() == pattern(10))
        #expect(try door.fixture.files().count == 1)
    }

    @Test func whatAClientSaysIsNotReflectedRaw() async throws {
        let door = try await Door.withContainer()
        let evil = "<x>&\"'"
        let response = try await door.send(
            "GET /pictures?restype=container&comp=list&prefix=\(percentEncoded(evil))", ["Host": "x"])
        #expect(try XMLElement(parsing: response.bytes())["Prefix"]?.text == evil)
        for id in ["ok-1", "a b", "a\u{1}", String(repeating: "x", count: 1_025), "é"] {
            let echoed = try await door.send("GET /pictures/a", ["x-ms-client-request-id": id])
            #expect(echoed.fields["x-ms-client-request-id"] == (id == "ok-1" ? id : nil))
        }
    }

    @Test func aFailureOfTheServerSaysNothingOfItself() async throws {
        let door = try await Door.withContainer()
        try await door.put("a", [1])
        door.fixture.close()
        let response = try await door.send("GET /pictures/a")
        #expect([500, 503].contains(response.status.code))
        #expect(try !response.text().contains("SELECT"))
    }

    @Test func anyPathAndQueryIsAnswered() async throws {
        let door = try await Door.withContainer()
        var generator = SystemRandomNumberGenerator()
        let alphabet = Array("/?&=%.+ac0$-_~*()[]{}<>\"'\\;:@,é\u{7f}")
        for _ in 0..<1_000 {
            let length = Int.random(in: 0...40, using: &generator)
            let text = String((0..<length).map { _ in alphabet.randomElement(using: &generator) ?? "/" })
            let parts = text.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
            let request = HTTPRequest(
                method: [.get, .put, .head, .delete, .post].randomElement(using: &generator) ?? .get,
                path: "/\(account)/" + (parts.first ?? ""), query: parts.count > 1 ? String(parts[1]) : nil)
            let response = try await door.service.respond(to: request, body: BytesBody([]))
            #expect((400..<500).contains(response.status.code) || response.status == 501, "\(request.path)")
        }
    }

    private func respond(
        _ door: Door, _ method: String, _ path: String, _ body: BytesBody
    ) async throws -> HTTPResponse {
        var request = HTTPRequest(
            method: HTTPMethod(rawValue: method), path: "/\(account)\(path)",
            fields: [
                "x-ms-blob-type": "BlockBlob", "x-ms-version": "2024-11-04",
                "x-ms-date": door.fixture.now.httpDate.description,
            ])
        if let length = body.length { request.fields["Content-Length"] = String(length) }
        try SharedKey.sign(&request, as: account, with: StorageAccount.development.keys[0])
        return try await door.service.respond(to: request, body: body)
    }
}
