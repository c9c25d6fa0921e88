// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Glibc
import HTTP
import HTTPServer
import Testing

/// Many clients at once.
@Suite(.timeLimit(.minutes(5)), .serialized)
struct CrowdTests {
    private static let get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"

    @Test func aThousandConnectionsStayOpen() async throws {
        try await Server.running(answer: hello) { server in
            let answered = await blocking {
                let clients = (0..<1000).map { _ in Client(port: server.port) }
                return (0..<3).map { _ in
                    for client in clients { client.send(Self.get) }
                    return clients.count { $0.answer(until: \.isHello).isHello }
                }
            }
            #expect(answered == [1000, 1000, 1000])
        }
    }

    @Test func beyondTheLimitClientsWaitForTheirTurn() async throws {
        var limits = HTTPServerLimits()
        limits.connections = 3
        try await Server.running(.init(limits: limits), answer: hello) { server in
            var first = (0..<3).map { _ in Client(port: server.port) }
            for client in first {
                client.send(Self.get)
                #expect(await blocking { client.answer(until: \.isHello) }.isHello)
            }
            let next = (0..<3).map { _ in Client(port: server.port) }
            for client in next { client.send(Self.get) }
            #expect(await blocking { next[0].receive(within: 200) } == nil)
            #expect(server.listener.connectionCount == 3)
            first = []
            for client in next { #expect(await blocking { client.answer(until: \.isHello) }.isHello) }
        }
    }

    @Test func waitingForATurnCostsNothing() async throws {
        var limits = HTTPServerLimits()
        limits.connections = 1
        try await Server.running(.init(limits: limits, loops: 1), answer: threadTime) { server in
            let only = Client(port: server.port)
            let start = try #require(await blocking { only.threadTime() })
            let others = (0..<50).map { _ in Client(port: server.port) }
            for client in others { client.send(Self.get) }
            #expect(await blocking { others[0].receive(within: 1000) } == nil)
            let spent = try #require(await blocking { only.threadTime() }) - start
            #expect(spent < 200_000)
        }
    }

    private var hello: Responder.Answer {
        { _, _ in HTTPResponse(status: 200, body: .bytes(Array("hello".utf8))) }
    }

    /// Answers with the processor time that the loop's thread has used, in microseconds.
    private var threadTime: Responder.Answer {
        { _, _ in
            var time = timespec()
            unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
            return HTTPResponse(
                status: 200, body: .bytes(Array("<\(time.tv_sec * 1_000_000 + time.tv_nsec / 1000)>".utf8)))
        }
    }
}

extension Client.Answer {
    fileprivate var isHello: Bool { text.hasSuffix("hello") }
}

extension Client {
    fileprivate func threadTime() -> Int? {
        send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        let answer = answer { $0.text.hasSuffix(">") }
        return answer.text.components(after: "<").first.flatMap { Int($0.dropLast()) }
    }
}
