// Darkroom
// SPDX-License-Identifier: Apache-2.0

import HTTP
import HTTPServer
import Testing

/// Clients that take their time.
@Suite(.timeLimit(.minutes(5)))
struct TimeLimitTests {
    @Test func aSlowHeadIsCutThoughBytesKeepComing() async throws {
        var limits = HTTPServerLimits()
        limits.headTime = .milliseconds(600)
        let (answer, time) = try await Server.running(.init(limits: limits), answer: ok) { server in
            await timed {
                let client = Client(port: server.port)
                client.send("GET / HTTP/1.1\r\nHost: a\r\nX: ")
                return client.answer(dripping: "x", every: 50)
            }
        }
        #expect(answer.statuses == [408] && answer.isClosed)
        #expect(time >= .milliseconds(550) && time < .seconds(25))
    }

    @Test func anIdleConnectionIsClosed() async throws {
        var limits = HTTPServerLimits()
        limits.idleTime = .milliseconds(300)
        let (answer, time) = try await Server.running(.init(limits: limits), answer: ok) { server in
            await timed { Client(port: server.port).answer() }
        }
        #expect(answer.isClosed && answer.bytes.isEmpty && time < .seconds(25))
    }

    @Test func anIdleConnectionKeepsWorkingAfterItGaveItsMemoryBack() async throws {
        let answers = try await Server.running(answer: ok) { server in
            await blocking {
                let client = Client(port: server.port)
                return (0..<2).map { _ in
                    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                    let answer = client.answer { $0.text.hasSuffix("\r\n\r\n") }
                    _ = client.receive(within: 1600)
                    return answer.statuses
                }
            }
        }
        #expect(answers == [[200], [200]])
    }

    @Test func aBodyThatStopsIsGivenUp() async throws {
        var limits = HTTPServerLimits()
        limits.progressTime = .milliseconds(300)
        let answer = try await Server.running(.init(limits: limits), answer: collect) { server in
            await server.answer(to: "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc", finishing: false)
        }
        #expect(answer.statuses == [408] && answer.isClosed)
    }

    @Test func aBodyThatCrawlsIsGivenUp() async throws {
        var limits = HTTPServerLimits()
        limits.rateGrace = .milliseconds(300)
        limits.minimumRate = 1000
        let answer = try await Server.running(.init(limits: limits), answer: collect) { server in
            await blocking {
                let client = Client(port: server.port)
                client.send("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 900\r\n\r\n")
                return client.answer(dripping: "x", every: 20)
            }
        }
        #expect(answer.statuses == [408] && answer.isClosed)
    }

    @Test func aHandlerThatTakesItsTimeDoesNotCostTheClient() async throws {
        var limits = HTTPServerLimits()
        limits.rateGrace = .milliseconds(100)
        limits.progressTime = .milliseconds(100)
        limits.minimumRate = 1 << 30
        let answer = try await Server.running(.init(limits: limits)) { _, body in
            try await Task.sleep(for: .milliseconds(700))
            return HTTPResponse(status: 200, body: .bytes(try await body.collect(upTo: 100)))
        } _: { server in
            await server.answer(to: "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc")
        }
        #expect(answer.statuses == [200])
    }

    @Test func aClientThatDoesNotReadIsGivenUp() async throws {
        var limits = HTTPServerLimits()
        limits.progressTime = .milliseconds(300)
        let failed = Signal()
        try await Server.running(.init(limits: limits)) { _, _ in
            HTTPResponse(
                status: 200,
                body: .stream(length: nil) { writer in
                    let piece = [UInt8](repeating: 0, count: 1 << 20)
                    do {
                        while true { try await writer.write(piece) }
                    } catch HTTPBodyError.stalled {
                        failed.happen()
                        throw HTTPBodyError.stalled
                    }
                })
        } _: { server in
            let client = Client(port: server.port)
            client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            await failed.wait()
        }
    }

    private var ok: Responder.Answer { { _, _ in HTTPResponse(status: 200) } }

    private var collect: Responder.Answer {
        { _, body in HTTPResponse(status: 200, body: .bytes(try await body.collect(upTo: 1 << 20))) }
    }

    private func timed<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> (Value, Duration) {
        let start = ContinuousClock.now
        let value = await blocking(body)
        return (value, start.duration(to: .now))
    }
}

extension Client {
    /// Sends `text` again and again until an answer comes.
    func answer(dripping text: String, every milliseconds: Int) -> Answer {
        while true {
            send(text)
            switch receive(within: milliseconds) {
            case nil: continue
            case .success(let first)?:
                var rest = answer()
                rest.bytes = first + rest.bytes
                return rest
            case .failure?: return Answer(isClosed: true, wasReset: true)
            }
        }
    }
}
