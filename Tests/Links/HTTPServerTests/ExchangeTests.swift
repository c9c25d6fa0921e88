// Darkroom
// SPDX-License-Identifier: Apache-2.0

import HTTP
import HTTPServer
import Testing

/// Requests and answers on one connection.
@Suite(.timeLimit(.minutes(5)))
struct ExchangeTests {
    @Test func anAnswerHasItsBytesAndItsLength() async throws {
        let answer = try await Server.running(answer: hello) { server in
            await server.answer(to: "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", finishing: false)
        }
        #expect(answer.statuses == [200])
        #expect(answer.text.contains("\r\nContent-Length: 5\r\n"))
        #expect(answer.text.hasSuffix("\r\n\r\nhello"))
        #expect(answer.isClosed && !answer.wasReset)
    }

    @Test func pitfallsAreAnsweredAndTheConnectionClosed() async throws {
        let chunked = "PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
        let messages =
            Pitfall.heads.map { ($0, $0.message) } + Pitfall.chunks.map { ($0, chunked + $0.message) }
        try await Server.running(answer: echo) { server in
            for (pitfall, message) in messages {
                let answer = await server.answer(to: message, finishing: pitfall.status == 200)
                #expect(answer.statuses.first == pitfall.status, "\(pitfall.name)")
                #expect(answer.isClosed && !answer.wasReset, "\(pitfall.name)")
            }
        }
    }

    @Test func requestsMayFollowEachOtherWithoutWaiting() async throws {
        let get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
        let put = "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello"
        let chunked = "PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
        let answer = try await Server.running(answer: echo) { server in
            await server.answer(to: put + get + chunked + get + put)
        }
        #expect(answer.statuses == [200, 200, 200, 200, 200])
        #expect(answer.text.components(after: "hello").count == 3)
    }

    @Test func manyRequestsFollowEachOther() async throws {
        let answer = try await Server.running(answer: hello) { server in
            await server.answer(to: String(repeating: "GET / HTTP/1.1\r\nHost: a\r\n\r\n", count: 5000))
        }
        #expect(answer.statuses.count == 5000)
    }

    @Test(arguments: [
        HTTPResponseBody.bytes(Array("hello".utf8)),
        .stream(length: 5) { _ in Issue.record("a stream does not run for HEAD") },
    ])
    func headHasTheLengthButNotTheBytes(body: HTTPResponseBody) async throws {
        let request = "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n"
        let answer = try await Server.running { _, _ in
            HTTPResponse(status: 200, body: body)
        } _: { server in
            await server.answer(to: request + request)
        }
        #expect(answer.statuses == [200, 200])
        #expect(answer.text.components(after: "Content-Length: 5").count == 2)
        #expect(!answer.text.contains("hello"))
    }

    @Test(arguments: [204, 304])
    func statusesWithoutABodyNeverHaveOne(status: Int) async throws {
        let request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
        let answer = try await Server.running { _, _ in
            HTTPResponse(status: HTTPStatus(status), body: .bytes(Array("hello".utf8)))
        } _: { server in
            await server.answer(to: request + request)
        }
        #expect(answer.statuses == [status, status])
        #expect(!answer.text.contains("hello") && !answer.text.contains("Content-Length"))
    }

    @Test func theRequestSaysWhereItCameFrom() async throws {
        let answer = try await Server.running { request, _ in
            HTTPResponse(status: 200, body: .bytes(Array("\(request.remoteAddress) \(request.isSecure)".utf8)))
        } _: { server in
            await server.answer(to: "GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        }
        #expect(answer.text.hasSuffix("127.0.0.1 false"))
    }

    @Test func oldClientsGetAnOldConnection() async throws {
        try await Server.running(answer: hello) { server in
            let once = await server.answer(to: "GET / HTTP/1.0\r\n\r\n", finishing: false)
            #expect(once.isClosed && once.text.contains("Connection: close"))
            let twice = await server.answer(
                to: "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET / HTTP/1.0\r\n\r\n", finishing: false)
            #expect(twice.statuses == [200, 200] && twice.text.contains("Connection: keep-alive"))
        }
    }

    @Test func aResponderThatFailsIsAnErrorWithoutDetails() async throws {
        struct Failure: Error {}
        let log = LogRecorder()
        let answer = try await Server.running(.init(log: log.log)) { _, _ in
            throw Failure()
        } _: { server in
            await server.answer(to: "GET /a?secret HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n")
        }
        #expect(answer.statuses == [500, 500])
        #expect(!answer.text.contains("Failure"))
        #expect(log.text.contains("Failure") && log.text.contains("/a") && !log.text.contains("secret"))
    }

    private var hello: Responder.Answer {
        { _, _ in HTTPResponse(status: 200, body: .bytes(Array("hello".utf8))) }
    }

    private var echo: Responder.Answer {
        { _, body in HTTPResponse(status: 200, body: .bytes(try await body.collect(upTo: 1 << 20))) }
    }
}
