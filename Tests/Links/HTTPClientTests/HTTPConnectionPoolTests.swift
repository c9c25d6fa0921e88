// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Crypto
import FoundationEssentials
import Glibc
import HTTP
import HTTPClient
import Peers
import Testing

/// Against the HTTP server of Python's standard library.
@Suite(.timeLimit(.minutes(5)))
struct HTTPConnectionPoolTests {
    @Test func sendsTheRequestByteForByte() async throws {
        try await HTTPPeer.with { peer in
            let echo = try await peer.echo(
                .get, "/echo/a%2Fb%20c/../%41/./x//", query: "q=%26+z&comp=list",
                fields: ["x-MS-Meta-FooBar": "One", "X-Empty": "", "Host": "other.example", "x-dup": "1", "x-dup": "2"])
            #expect(echo.line == "GET /echo/a%2Fb%20c/../%41/./x//?q=%26+z&comp=list HTTP/1.1")
            #expect(Set(echo.headers.map { $0[0] }) == ["Host", "x-MS-Meta-FooBar", "X-Empty", "x-dup"])
            #expect(echo["x-MS-Meta-FooBar"] == ["One"])
            #expect(echo["X-Empty"] == [""])
            #expect(echo["x-dup"] == ["1", "2"])
            #expect(echo["Host"] == ["other.example"])
        }
    }

    @Test(arguments: ["GET", "PUT", "POST", "DELETE", "PATCH"])
    func announcesAnEmptyBodyOnlyWhereOneIsUsual(method: String) async throws {
        try await HTTPPeer.with { peer in
            let echo = try await peer.echo(HTTPMethod(rawValue: method))
            #expect(echo.line == "\(method) /echo HTTP/1.1")
            #expect(echo["Content-Length"] == (["PUT", "POST"].contains(method) ? ["0"] : []))
            #expect(echo["Transfer-Encoding"] == [])
        }
    }

    @Test func answersHeadWithoutABody() async throws {
        try await HTTPPeer.with { peer in
            let reply = try await peer.send(.head, "/bytes/512")
            #expect(reply.fields["content-length"] == "512")
            #expect(try await reply.body.collect(upTo: 0) == [])
        }
    }

    @Test(arguments: [1, 100_000, 3_000_000])
    func sendsBytesFilesAndStreamsAlike(size: Int) async throws {
        let bytes = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        try await withTemporaryFolder { folder in
            let path = folder + "/body"
            try Data([0, 0, 0] + bytes + [9]).write(to: URL(filePath: path))
            let region = HTTPFileRegion(owning: unsafe open(path, O_RDONLY), offset: 3, length: Int64(size))
            let stream: @Sendable (any HTTPBodyWriter) async throws -> Void = { writer in
                for start in stride(from: 0, to: size, by: 70_001) {
                    try await writer.write(Array(bytes[start..<min(start + 70_001, size)]))
                }
            }
            try await HTTPPeer.with { peer in
                let uploads: [(HTTPUpload, length: String?)] = [
                    (.bytes(bytes), "\(size)"), (.file(region), "\(size)"),
                    (.stream(length: Int64(size), stream), "\(size)"), (.stream(length: nil, stream), nil),
                ]
                for (upload, length) in uploads {
                    let echo = try await peer.echo(.put, fields: ["Content-Length": "7"], body: upload)
                    #expect(echo.length == size)
                    #expect(echo.sha256 == hexadecimal(Digest.sha256.of(bytes)))
                    #expect(echo["Content-Length"] == [length].compactMap { $0 })
                    #expect(echo["Transfer-Encoding"] == (length == nil ? ["chunked"] : []))
                }
            }
        }
    }

    @Test func keepsTheCaseAndOrderOfWhatComesBack() async throws {
        try await HTTPPeer.with { peer in
            let reply = try await peer.send(.get, "/echo")
            #expect(reply.status == 200)
            #expect(reply.fields.all.first == .init(name: "X-ms-Meta-CaSe", value: "a"))
            #expect(reply.fields.values(of: "X-Twice") == ["1", "2"])
        }
    }

    @Test func readsChunkedBodies() async throws {
        try await HTTPPeer.with { peer in
            let reply = try await peer.send(.get, "/chunked")
            #expect(try await reply.body.collect(upTo: 100) == Array("hello world".utf8))
        }
    }

    @Test func skipsInterimAnswers() async throws {
        try await HTTPPeer.with { peer in
            let reply = try await peer.send(.get, "/interim")
            #expect(reply.status == 200)
            #expect(reply.fields["X-Final"] == "yes")
            #expect(reply.fields["Link"] == nil)
        }
    }

    @Test func followsNoRedirectAndUnpacksNothing() async throws {
        try await HTTPPeer.with { peer in
            #expect(try await peer.send(.get, "/redirect").status == 302)
            let packed = try await peer.send(.get, "/gzip")
            #expect(packed.fields["Content-Encoding"] == "gzip")
            #expect(try await packed.body.collect(upTo: 100).prefix(2) == [0x1f, 0x8b])
        }
    }

    @Test func reusesItsConnection() async throws {
        try await HTTPPeer.with { peer in
            let ports = [
                try await peer.echo(.get).port, try await peer.echo(.put, body: .bytes([1])).port,
                try await peer.echo(.delete).port,
            ]
            #expect(Set(ports).count == 1)
        }
    }

    @Test func holdsBackAServerWhoseAnswerNobodyReads() async throws {
        try await HTTPPeer.with { peer in
            let flood = try await peer.send(.get, "/flood")
            var sent = [-1, 0]
            // The server writes until every buffer on the way is full.
            while sent[0] != sent[1] || sent[1] == 0 {
                let reply = try await peer.send(.get, "/flooded")
                let text = try await String(decoding: reply.body.collect(upTo: 100), as: UTF8.self)
                sent = [sent[1], try #require(Int(text))]
            }
            #expect(sent[1] < 64 << 20)
            #expect(try await !flood.body.read().isEmpty)
        }
    }

    @Test func readsTheAnswerOfAServerThatRefusesTheBody() async throws {
        try await HTTPPeer.with { peer in
            let endless = HTTPUpload.stream(length: nil) { writer in
                while true { try await writer.write([UInt8](repeating: 0, count: 1 << 16)) }
            }
            let reply = try await peer.send(.put, "/refuse", body: endless)
            #expect(reply.status == 413)
            #expect(try await reply.body.collect(upTo: 2 << 20).count == 1 << 20)
        }
    }

    @Test func doesNotCountTheWaitForAConnectionAsConnecting() async throws {
        let narrow = options {
            $0.connectionsPerOrigin = 1
            $0.connectTimeout = .milliseconds(300)
        }
        try await HTTPPeer.with(narrow) { peer in
            async let first = peer.send(.get, "/late").body.collect(upTo: 100)
            async let second = peer.send(.get, "/late").body.collect(upTo: 100)
            let bodies = try await [first, second]
            #expect(bodies == [Array("late".utf8), Array("late".utf8)])
        }
    }

    @Test func sendsManyRequestsAtOnce() async throws {
        try await HTTPPeer.with(options { $0.connectionsPerOrigin = 8 }) { peer in
            try await withThrowingTaskGroup(of: Bool.self) { group in
                for number in 0..<200 {
                    group.addTask {
                        try await peer.echo(.put, "/echo/\(number)").line == "PUT /echo/\(number) HTTP/1.1"
                    }
                }
                for try await isRight in group { #expect(isRight) }
            }
        }
    }
}

private func hexadecimal(_ bytes: [UInt8]) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}
