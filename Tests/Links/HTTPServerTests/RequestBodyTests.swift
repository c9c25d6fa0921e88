// Darkroom
// SPDX-License-Identifier: Apache-2.0

import HTTP
import HTTPServer
import Testing

@Suite(.timeLimit(.minutes(5)))
struct RequestBodyTests {
    private static let chunked =
        "PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n4;x\r\ndefg\r\n0\r\nT: v\r\n\r\n"
    private static let counted = "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 7\r\n\r\nabcdefg"

    @Test(arguments: [chunked, counted], [1, 2, 7, 100])
    func aBodyIsReadInPieces(message: String, limit: Int) async throws {
        let answer = try await Server.running { _, body in
            var buffer = [UInt8](repeating: 0, count: limit)
            var bytes: [UInt8] = []
            while true {
                let count = try await body.read(into: &buffer)
                if count == 0 { break }
                bytes += buffer[..<count]
                bytes += try await body.read(upTo: limit)
            }
            #expect(try await body.read(upTo: 1).isEmpty)
            return HTTPResponse(status: 200, body: .bytes(bytes))
        } _: { server in
            await server.answer(to: message)
        }
        #expect(answer.text.hasSuffix("abcdefg"))
    }

    @Test func theAnnouncedLengthIsKnown() async throws {
        let answer = try await Server.running { _, body in
            HTTPResponse(status: 200, body: .bytes(Array("<\(body.length.map(String.init) ?? "unknown")>".utf8)))
        } _: { server in
            await server.answer(to: Self.counted + Self.chunked + "GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        }
        #expect(answer.text.components(after: "<").map { $0.prefix { $0 != ">" } } == ["7", "unknown", "0"])
    }

    @Test func aBodyMayBeReadFromAnyTask() async throws {
        let answer = try await Server.running { _, body in
            // Unstructured: the test wants a task that does not prefer the connection's loop.
            let bytes = try await Task.detached { try await body.collect(upTo: 100) }.value
            return HTTPResponse(
                status: 200,
                body: .stream(length: nil) { writer in
                    // Unstructured: as above.
                    try await Task.detached { try await writer.write(bytes) }.value
                })
        } _: { server in
            await server.answer(to: Self.chunked)
        }
        #expect(answer.text.contains("\r\n7\r\nabcdefg\r\n0\r\n\r\n"))
    }

    @Test func aBodyIsGoneOnceItsAnswerIsSent() async throws {
        let kept = Signal()
        let keeper = Keeper()
        let answer = try await Server.running { _, body in
            if let earlier = await keeper.replace(with: body) {
                await #expect(throws: HTTPBodyError.self) { try await earlier.read(upTo: 100) }
                kept.happen()
            }
            return HTTPResponse(status: 200)
        } _: { server in
            await server.answer(to: Self.counted + Self.counted)
        }
        #expect(answer.statuses == [200, 200])
        #expect(kept.count == 1)
    }

    @Test func aClientThatLeavesInTheMiddleIsNoticed() async throws {
        let noticed = Signal()
        try await Server.running { _, body in
            do {
                _ = try await body.collect(upTo: 100)
            } catch HTTPBodyError.disconnected {
                noticed.happen()
                throw HTTPBodyError.disconnected
            }
            return HTTPResponse(status: 200)
        } _: { server in
            let answer = await server.answer(to: "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc")
            #expect(answer.isClosed && answer.bytes.isEmpty)
        }
        #expect(noticed.count == 1)
    }

    @Test func aBodyThatIsTooLargeIsRefused() async throws {
        let answer = try await Server.running { _, body in
            HTTPResponse(status: 200, body: .bytes(try await body.collect(upTo: 6)))
        } _: { server in
            await server.answer(to: Self.counted + Self.chunked)
        }
        #expect(answer.statuses == [413, 413])
    }

    @Test(arguments: [100, 200_000])
    func aSmallUnreadBodyIsSkipped(size: Int) async throws {
        let put = "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: \(size)\r\n\r\n" + String(repeating: "x", count: size)
        let answer = try await Server.running { _, _ in
            HTTPResponse(status: 403)
        } _: { server in
            await server.answer(to: put + "GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        }
        #expect(answer.statuses == [403, 403])
    }

    @Test func aLargeUnreadBodyEndsTheConnectionAfterTheAnswer() async throws {
        let head = "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 3000000\r\n\r\n"
        let answer = try await Server.running { _, _ in
            HTTPResponse(status: 403)
        } _: { server in
            await server.answer(
                to: head + String(repeating: "x", count: 3_000_000) + "GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        }
        #expect(answer.statuses == [403])
        #expect(answer.isClosed && !answer.wasReset && answer.text.contains("Connection: close"))
    }
}

/// Keeps a body beyond its request.
private actor Keeper {
    private var body: (any HTTPRequestBody)?

    func replace(with next: any HTTPRequestBody) -> (any HTTPRequestBody)? {
        defer { body = next }
        return body
    }
}

@Suite(.timeLimit(.minutes(5)))
struct ContinueTests {
    private let head = "PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n"

    @Test func aClientThatWaitsIsToldWhenTheBodyIsRead() async throws {
        let answer = try await Server.running { _, body in
            HTTPResponse(status: 200, body: .bytes(try await body.collect(upTo: 100)))
        } _: { [head] server in
            await blocking {
                let client = Client(port: server.port)
                client.send(head)
                let interim = client.answer { $0.statuses == [100] }
                client.send("hello" + head)
                let final = client.answer { $0.statuses.count == 2 }
                return interim.text + final.text
            }
        }
        #expect(answer.hasPrefix("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n"))
        #expect(answer.hasSuffix("helloHTTP/1.1 100 Continue\r\n\r\n"))
    }

    @Test func aClientThatDoesNotWaitIsNotTold() async throws {
        let answer = try await Server.running { _, body in
            HTTPResponse(status: 200, body: .bytes(try await body.collect(upTo: 100)))
        } _: { [head] server in
            await server.answer(to: head + "hello")
        }
        #expect(answer.statuses == [200])
    }

    @Test func anEarlyAnswerTakesThePlaceOfTheInvitation() async throws {
        let answer = try await Server.running { _, _ in
            HTTPResponse(status: 413)
        } _: { [head] server in
            await server.answer(to: head, finishing: false)
        }
        #expect(answer.statuses == [413])
        #expect(answer.isClosed && answer.text.contains("Connection: close"))
    }

    @Test func aStreamedAnswerCannotInviteTheBodyAnyMore() async throws {
        let refused = Signal()
        let answer = try await Server.running { _, body in
            HTTPResponse(
                status: 200,
                body: .stream(length: nil) { writer in
                    await #expect(throws: HTTPBodyError.self) { try await body.read(upTo: 5) }
                    refused.happen()
                    try await writer.write(Array("done".utf8))
                })
        } _: { [head] server in
            await server.answer(to: head, finishing: false)
        }
        #expect(refused.count == 1)
        #expect(answer.statuses == [200] && answer.text.hasSuffix("4\r\ndone\r\n0\r\n\r\n") && answer.isClosed)
    }
}
