// Darkroom
// SPDX-License-Identifier: Apache-2.0

import HTTP
import Testing

@testable import HTTPServer

struct ParserTests {
    @Test(arguments: Pitfall.heads)
    func aHeadIsReadOrRefused(pitfall: Pitfall) {
        for pieceSize in [Int.max, 1, 7] {
            let message = Message(pitfall.message, pieceSize: pieceSize)
            #expect(message.refusal?.status.code ?? 200 == pitfall.status, "\(message)")
            if pitfall.status == 200 { #expect(message.heads.count == 1 && !message.isUnfinished) }
        }
    }

    @Test(arguments: Pitfall.chunks)
    func aChunkedBodyIsReadOrRefused(pitfall: Pitfall) {
        let head = "PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
        for pieceSize in [Int.max, 1, 7] {
            let message = Message(head + pitfall.message, pieceSize: pieceSize)
            #expect(message.refusal?.status.code ?? 200 == pitfall.status, "\(message)")
            if pitfall.status == 200 { #expect(message.bodies[0].starts(with: Array("hello".utf8))) }
        }
    }

    @Test func theTargetStaysAsItWasWritten() throws {
        let head = try parse("GET /a%2Fb/../c%20%41+d?x=%26&y=a+b?c HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(head.request.path == "/a%2Fb/../c%20%41+d")
        #expect(head.request.query == "x=%26&y=a+b?c")
    }

    @Test(arguments: [
        ("http://x.y:80/a?b", "/a", "b", "x.y:80"), ("HTTP://x.y", "/", nil, "x.y"), ("http://x.y?b", "/", "b", "x.y"),
        ("/a?", "/a", "", "other"), ("//a//b", "//a//b", nil, "other"),
    ])
    func aTargetIsTakenApart(target: String, path: String, query: String?, host: String) throws {
        let head = try parse("GET \(target) HTTP/1.1\r\nHost: other\r\n\r\n")
        #expect(head.request.path == path)
        #expect(head.request.query == query)
        #expect(head.request.fields["host"] == host)
    }

    @Test func fieldsKeepTheirOrderTheirCaseAndTheirDuplicates() throws {
        let head = try parse("GET / HTTP/1.1\r\nHost: a\r\nx-MS-Meta-FooBar: One\r\nX-Dup: 1\r\nx-dup:\t2 3 \r\n\r\n")
        #expect(head.request.fields.all.map(\.name) == ["Host", "x-MS-Meta-FooBar", "X-Dup", "x-dup"])
        #expect(head.request.fields.values(of: "X-DUP") == ["1", "2 3"])
    }

    @Test(arguments: [
        ("HTTP/1.1", nil, true), ("HTTP/1.1", "close", false), ("HTTP/1.1", "Upgrade, Close", false),
        ("HTTP/1.1", "keep-alive", true), ("HTTP/1.0", nil, false), ("HTTP/1.0", "Keep-Alive", true),
        ("HTTP/1.0", "keep-alive, close", false), ("HTTP/1.1", "closed", true), ("HTTP/1.1", " \t close \t", false),
    ])
    func theConnectionLastsAsTheClientWants(version: String, connection: String?, isPersistent: Bool) throws {
        let field = connection.map { "Connection: \($0)\r\n" } ?? ""
        #expect(try parse("GET / \(version)\r\nHost: a\r\n\(field)\r\n").isPersistent == isPersistent)
    }

    @Test(arguments: [
        ("Content-Length: 5\r\n", "HTTP/1.1", true), ("Transfer-Encoding: chunked\r\n", "HTTP/1.1", true),
        ("Content-Length: 5\r\n", "HTTP/1.0", false), ("Content-Length: 0\r\n", "HTTP/1.1", false),
        ("", "HTTP/1.1", false),
    ])
    func aClientWaitsOnlyWithABodyAndInVersionOne(framing: String, version: String, expects: Bool) throws {
        let head = try parse("PUT / \(version)\r\nHost: a\r\nExpect: 100-Continue\r\n\(framing)\r\n")
        #expect(head.expectsContinue == expects)
    }

    @Test func theLimitOfTheHeadIsExact() {
        var limits = HTTPServerLimits()
        let bytes = Array("GET / HTTP/1.1\r\nHost: a\r\nX: yz\r\n\r\n".utf8)
        for (limit, status) in [(bytes.count, 200), (bytes.count - 1, 431), (15, 414)] {
            limits.headBytes = limit
            for pieceSize in [Int.max, 1] {
                #expect(Message(bytes, pieceSize: pieceSize, limits: limits).refusal?.status.code ?? 200 == status)
            }
        }
    }

    private func parse(_ text: String) throws -> RequestHead {
        var parser = RequestParser(limits: HTTPServerLimits())
        return try #require(try parser.parse(Array(text.utf8).span).head)
    }
}
