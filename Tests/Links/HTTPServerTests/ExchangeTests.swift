// Darkroom
// SPDX-License-Identifier: Apache-2.0

import HTTP
import HTTPServer
import Testing

@Suite(.timeLimit(.minutes(1)))
struct ExchangeTests {
    @Test func anAnswerHasItsBytesAndItsLength() async throws {
        let answer = try await Server.running { _, _ in
            HTTPResponse(status: 200, body: .bytes(Array("hello".utf8)))
        } _: { server in
            await server.answer(to: "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        }
        #expect(answer.statuses == [200])
        #expect(answer.text.contains("\r\nContent-Length: 5\r\n"))
        #expect(answer.text.hasSuffix("\r\n\r\nhello"))
        #expect(answer.isClosed && !answer.wasReset)
    }
}
