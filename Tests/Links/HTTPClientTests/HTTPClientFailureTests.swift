// Darkroom
// SPDX-License-Identifier: Apache-2.0

import HTTP
import HTTPClient
import Peers
import Testing

/// What a request that gets no whole answer says.
@Suite(.timeLimit(.minutes(5)))
struct HTTPClientFailureTests {
    private struct Refusal: Error, Equatable {}

    private func failure(of body: () async throws -> Void) async throws -> HTTPClientError {
        try #require(await #expect(throws: HTTPClientError.self) { try await body() })
    }

    @Test func timesOutWithoutAByte() async throws {
        try await HTTPPeer.with(options { $0.stallTimeout = .milliseconds(200) }) { peer in
            let error = try await failure { _ = try await peer.send(.get, "/silent") }
            #expect(error.code == .timedOut)
            #expect(error.isRetriable)
        }
    }

    @Test func timesOutInTotal() async throws {
        try await HTTPPeer.with(options { $0.totalTimeout = .milliseconds(200) }) { peer in
            let start = ContinuousClock.now
            let error = try await failure { _ = try await peer.send(.get, "/silent", query: "sig=secret") }
            #expect(error.code == .timedOut)
            #expect(ContinuousClock.now - start < .seconds(5))
            #expect(error.message.contains("GET http://127.0.0.1:"))
            #expect(!error.message.contains("secret"))
        }
    }

    @Test func endsAtOnceWhenItsTaskIsCancelled() async throws {
        try await HTTPPeer.with { peer in
            let start = ContinuousClock.now
            await withTaskGroup(of: Bool.self) { group in
                group.addTask {
                    do {
                        _ = try await peer.send(.get, "/silent")
                        return false
                    } catch {
                        return error is CancellationError
                    }
                }
                _ = try? await peer.echo(.get)
                group.cancelAll()
                for await isCancelled in group { #expect(isCancelled) }
            }
            #expect(ContinuousClock.now - start < .seconds(10))
        }
    }

    @Test(arguments: ["/garbage", "/hugehead"])
    func reportsAnAnswerThatIsNone(path: String) async throws {
        try await HTTPPeer.with { peer in
            let error = try await failure { _ = try await peer.send(.get, path) }
            #expect(error.code == .interrupted || error.code == .invalidRequest)
        }
    }

    @Test func doesNotTakeHalfABodyForAWholeOne() async throws {
        try await HTTPPeer.with { peer in
            let reply = try await peer.send(.get, "/half")
            let error = try await failure { _ = try await reply.body.collect(upTo: 2000) }
            #expect(error.code == .interrupted)
        }
    }

    @Test func boundsWhatACallerCollects() async throws {
        try await HTTPPeer.with { peer in
            let reply = try await peer.send(.get, "/bytes/1024")
            let error = try await failure { _ = try await reply.body.collect(upTo: 1023) }
            #expect(error.code == .bodyTooLarge)
        }
    }

    @Test func passesOnWhatAStreamThrows() async throws {
        try await HTTPPeer.with { peer in
            await #expect(throws: Refusal()) {
                _ = try await peer.send(
                    .put, "/echo",
                    body: .stream(length: nil) { writer in
                        try await writer.write([1, 2, 3])
                        throw Refusal()
                    })
            }
            let echo = try await peer.echo(.get)
            #expect(echo.length == 0)
        }
    }

    @Test(arguments: [1, 3])
    func holdsAStreamToItsLength(length: Int64) async throws {
        try await HTTPPeer.with { peer in
            let error = try await failure {
                _ = try await peer.send(.put, "/echo", body: .stream(length: length) { try await $0.write([1, 2]) })
            }
            #expect(error.code == .invalidRequest)
        }
    }

    @Test func saysThatNobodyListens() async throws {
        let pool = HTTPConnectionPool()
        defer { pool.close() }
        // Port 1 is reserved, and nothing listens there.
        let origin = try HTTPOrigin("http://127.0.0.1:1")
        let error = try await failure { _ = try await pool.send(HTTPRequest(method: .get, path: "/"), to: origin) }
        #expect(error.code == .unreachable)
    }

    @Test func refusesRequestsOnceClosed() async throws {
        let pool = HTTPConnectionPool()
        pool.close()
        pool.close()
        let origin = try HTTPOrigin("http://127.0.0.1:1")
        let error = try await failure { _ = try await pool.send(HTTPRequest(method: .get, path: "/"), to: origin) }
        #expect(error.code == .closed)
    }

    @Test(arguments: [
        HTTPRequest(method: HTTPMethod(rawValue: "GET /"), path: "/"), HTTPRequest(method: .get, path: "x"),
        HTTPRequest(method: .get, path: "/a b"), HTTPRequest(method: .get, path: "/a?b"),
        HTTPRequest(method: .get, path: "/a#b"), HTTPRequest(method: .get, path: "/ä"),
        HTTPRequest(method: .get, path: "/", query: "a\r\nb"), HTTPRequest(method: .get, path: "/", query: "a#b"),
        HTTPRequest(method: .get, path: "/", fields: ["x-a": "b\r\nx-c: d"]),
        HTTPRequest(method: .get, path: "/", fields: ["x-a": "\u{0}"]),
        HTTPRequest(method: .get, path: "/", fields: ["x a": "b"]),
        HTTPRequest(method: .get, path: "/", fields: ["": "b"]),
    ])
    func refusesWhatWouldBreakTheRequestApart(request: HTTPRequest) async throws {
        let pool = HTTPConnectionPool()
        defer { pool.close() }
        let error = try await failure { _ = try await pool.send(request, to: HTTPOrigin("http://127.0.0.1:1")) }
        #expect(error.code == .invalidRequest)
    }

    @Test func trustsWhomItIsTold() async throws {
        try await withTemporaryFolder { folder in
            try makeCertificate(in: folder)
            try await PeerProcess.with("http_peer.py", [folder]) { peer in
                var options = HTTPConnectionPool.Options()
                options.authorityFile = folder + "/certificate.pem"
                for host in ["127.0.0.1", "localhost"] {
                    let pool = HTTPConnectionPool(options: options)
                    let origin = try HTTPOrigin(host: host, port: peer.port, isSecure: true)
                    let reply = try await pool.send(HTTPRequest(method: .get, path: "/bytes/256"), to: origin)
                    #expect(try await reply.body.collect(upTo: 256).count == 256)
                }
                let origin = try HTTPOrigin("https://127.0.0.1:\(peer.port)")
                let stranger = HTTPConnectionPool()
                let error = try await failure {
                    _ = try await stranger.send(HTTPRequest(method: .get, path: "/"), to: origin)
                }
                #expect(error.code == .untrusted)
                #expect(!error.isRetriable)
            }
        }
    }
}

struct HTTPOriginTests {
    @Test(arguments: [
        ("http://a", "http://a:80"), ("https://a.b/", "https://a.b:443"),
        ("http://127.0.0.1:10000", "http://127.0.0.1:10000"),
        ("http://[::1]:8080", "http://[::1]:8080"), ("https://[::1]", "https://[::1]:443"),
    ])
    func readsWhatPeopleWrite(text: String, meaning: String) throws {
        #expect(try HTTPOrigin(text).description == meaning)
    }

    @Test(arguments: [
        "", "a", "ftp://a", "http://", "http://a:", "http://a:0", "http://a:65536", "http://a:b", "http://u@a",
        "http://a/b", "http://::1", "http://[::1", "http://[::1]x", "http://a?b", "http://a b", "http://a:1:2",
    ])
    func refusesWhatIsNoOrigin(text: String) {
        #expect(throws: HTTPClientError.self) { try HTTPOrigin(text) }
    }
}
