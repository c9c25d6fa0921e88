// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Glibc
import HTTP
import HTTPServer
import Testing

@Suite(.timeLimit(.minutes(5)))
struct ResponseBodyTests {
    private static let get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
    private static let oldGet = "GET / HTTP/1.0\r\n\r\n"

    @Test(arguments: [0, 1, 16 << 10, (16 << 10) + 1, 3_000_000])
    func bytesArriveWhateverTheirNumber(size: Int) async throws {
        let bytes = Self.pattern(size)
        let answer = try await Server.running { _, _ in
            HTTPResponse(status: 200, body: .bytes(bytes))
        } _: { server in
            await server.answer(to: Self.get)
        }
        let isWhole = isSame(answer.bytes.suffix(size), bytes[...])
        #expect(isWhole)
        #expect(String(decoding: answer.bytes.prefix(500), as: UTF8.self).contains("Content-Length: \(size)\r\n"))
    }

    @Test(arguments: [(0, 3_000_000), (7, 100), (2_999_999, 1), (5, 0)])
    func aStretchOfAFileArrives(offset: Int, length: Int) async throws {
        let folder = try TemporaryFolder()
        let bytes = Self.pattern(3_000_000)
        let path = try folder.file("data", bytes)
        let answer = try await Server.running { _, _ in
            let region = HTTPFileRegion(
                owning: unsafe open(path, O_RDONLY | O_CLOEXEC), offset: Int64(offset), length: Int64(length))
            return HTTPResponse(status: 206, body: .file(region))
        } _: { server in
            await server.answer(to: Self.get + Self.get)
        }
        #expect(answer.statuses == [206, 206])
        let isWhole = isSame(answer.bytes.suffix(length), bytes[offset..<offset + length])
        #expect(isWhole)
    }

    @Test func aFileThatShrankCutsTheConnection() async throws {
        let folder = try TemporaryFolder()
        let path = try folder.file("data", Self.pattern(100))
        let answer = try await Server.running { _, _ in
            let region = HTTPFileRegion(owning: unsafe open(path, O_RDONLY | O_CLOEXEC), offset: 0, length: 200)
            return HTTPResponse(status: 200, body: .file(region))
        } _: { server in
            await server.answer(to: Self.get + Self.get, finishing: false)
        }
        #expect(answer.isClosed && answer.statuses == [200])
    }

    @Test func aStreamIsFramedAsItsLengthAndTheVersionDemand() async throws {
        try await Server.running { request, _ in
            HTTPResponse(
                status: 200,
                body: .stream(length: request.query == "known" ? 5 : nil) { writer in
                    try await writer.write(Array("he".utf8))
                    try await writer.write([])
                    try await writer.write(Array("llo".utf8))
                })
        } _: { server in
            let chunked = await server.answer(to: Self.get + Self.get)
            #expect(chunked.text.components(after: "\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n").count == 2)
            let known = await server.answer(to: "GET /?known HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(known.text.contains("Content-Length: 5\r\n") && known.text.hasSuffix("\r\n\r\nhello"))
            let old = await server.answer(to: Self.oldGet, finishing: false)
            #expect(old.text.hasSuffix("\r\n\r\nhello") && old.isClosed && !old.wasReset)
        }
    }

    @Test(arguments: [100, 100_000])
    func largeAndSmallPiecesAreChunksAlike(size: Int) async throws {
        let piece = Self.pattern(size)
        let answer = try await Server.running { _, _ in
            HTTPResponse(
                status: 200,
                body: .stream(length: nil) { writer in
                    for _ in 0..<3 { try await writer.write(piece) }
                })
        } _: { server in
            await server.answer(to: Self.get)
        }
        let chunk = Array("\(String(size, radix: 16))\r\n".utf8) + piece + Array("\r\n".utf8)
        let expected = chunk + chunk + chunk + Array("0\r\n\r\n".utf8)
        let isWhole = isSame(answer.bytes.suffix(expected.count), expected[...])
        #expect(isWhole)
    }

    @Test func aStreamThatFailsCutsTheConnection() async throws {
        struct Failure: Error {}
        try await Server.running { _, _ in
            HTTPResponse(
                status: 200,
                body: .stream(length: nil) { writer in
                    try await writer.write(Array("hello".utf8))
                    throw Failure()
                })
        } _: { server in
            let chunked = await server.answer(to: Self.get + Self.get, finishing: false)
            #expect(chunked.isClosed && chunked.statuses == [200] && !chunked.text.contains("\r\n0\r\n"))
            // Without a length and without chunks, an orderly end would look like the whole answer.
            let old = await server.answer(to: Self.oldGet, finishing: false)
            #expect(old.wasReset)
        }
    }

    @Test(arguments: ["he", "hello and more"])
    func aStreamOfAnotherLengthThanAnnouncedCutsTheConnection(text: String) async throws {
        let answer = try await Server.running { _, _ in
            HTTPResponse(status: 200, body: .stream(length: 5) { try await $0.write(Array(text.utf8)) })
        } _: { server in
            await server.answer(to: Self.get + Self.get, finishing: false)
        }
        #expect(answer.isClosed && answer.statuses == [200])
        #expect(!answer.text.contains("more"))
    }

    @Test func aStreamMayAnswerWhileItReads() async throws {
        let answer = try await Server.running { _, body in
            HTTPResponse(
                status: 200,
                body: .stream(length: body.length) { writer in
                    while case let piece = try await body.read(upTo: 1 << 16), !piece.isEmpty {
                        try await writer.write(piece)
                    }
                })
        } _: { server in
            let bytes = Self.pattern(5_000_000)
            let head = Array("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: \(bytes.count)\r\n\r\n".utf8)
            return await blocking {
                let client = Client(port: server.port)
                let sender = Client.Sender(client, head + bytes + Array(Self.get.utf8))
                let answer = client.answer { $0.bytes.count > bytes.count && $0.statuses.count == 2 }
                sender.join()
                let end = find(Array("\r\n\r\n".utf8), in: answer.bytes, from: 0) ?? 0
                return isSame(answer.bytes[(end + 4)...].prefix(bytes.count), bytes[...])
            }
        }
        #expect(answer)
    }

    /// Bytes that do not look the same when they are shifted.
    static func pattern(_ size: Int) -> [UInt8] {
        let block = (0..<1021).map { UInt8(truncatingIfNeeded: $0 * 31 >> 3) }
        var bytes: [UInt8] = []
        while bytes.count < size { bytes += block }
        return Array(bytes.prefix(size))
    }
}
