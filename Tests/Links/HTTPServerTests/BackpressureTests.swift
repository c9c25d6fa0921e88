// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import Glibc
import HTTP
import HTTPServer
import Testing

/// What happens while one side is slower than the other.
@Suite(.timeLimit(.minutes(5)), .serialized)
struct BackpressureTests {
    @Test func anUploadThatNobodyReadsStops() async throws {
        let gate = Signal()
        let sent = try await Server.running { _, body in
            await gate.wait()
            return HTTPResponse(status: 200, body: .bytes(try await body.collect(upTo: 10)))
        } _: { server in
            let client = Client(port: server.port)
            client.send("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 4000000000\r\n\r\n")
            let sent = await blocking { client.sendUntilStuck() }
            gate.happen()
            return sent
        }
        // What the kernel's buffers hold, on both sides.
        #expect(sent < 64 << 20)
    }

    @Test func aDownloadThatNobodyReadsStops() async throws {
        let started = Signal()
        let written = Lock<[String: Int]>([:])
        try await Server.running { request, _ in
            HTTPResponse(
                status: 200,
                body: .stream(length: 4 << 30) { writer in
                    let piece = [UInt8](repeating: 65, count: 256 << 10)
                    started.happen()
                    while true {
                        try await writer.write(piece)
                        written.withLock { $0[request.path, default: 0] += piece.count }
                    }
                })
        } _: { server in
            let clients = (0..<20).map { _ in Client(port: server.port) }
            for (number, client) in clients.enumerated() { client.send("GET /\(number) HTTP/1.1\r\nHost: a\r\n\r\n") }
            await started.wait(for: clients.count)
            // A client that reads gets its bytes while the others do not.
            let read = await blocking {
                var count = 0
                while count < 64 << 20, case .success(let bytes)? = clients[0].receive(upTo: 1 << 20) {
                    count += bytes.count
                }
                return count
            }
            #expect(read >= 64 << 20)
        }
        // What the kernel's buffers hold, on both sides.
        for number in 1..<20 { #expect(written.withLock { $0["/\(number)"] ?? 0 } < 32 << 20) }
    }

    @Test func aBusyUploadDoesNotStarveItsNeighbours() async throws {
        let stop = Lock(false)
        let slowest = try await Server.running(.init(loops: 1)) { request, body in
            var buffer = [UInt8](repeating: 0, count: 256 << 10)
            while try await body.read(into: &buffer) > 0 {}
            return HTTPResponse(status: 200)
        } _: { server in
            let uploader = startThread {
                let client = Client(port: server.port)
                client.send("PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
                let piece = Array("100000\r\n".utf8) + [UInt8](repeating: 0, count: 1 << 20) + Array("\r\n".utf8)
                while !stop.withLock({ $0 }) { client.send(piece) }
            }
            let slowest = await blocking {
                let client = Client(port: server.port)
                return (0..<50).map { _ in
                    let start = ContinuousClock.now
                    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                    _ = client.answer { $0.text.hasSuffix("\r\n\r\n") }
                    return start.duration(to: .now)
                }.max() ?? .zero
            }
            stop.withLock { $0 = true }
            pthread_join(uploader, nil)
            return slowest
        }
        #expect(slowest < .seconds(1))
    }
}

extension Client {
    /// Sends until nothing is taken for a while.
    ///
    /// - Returns: How many bytes were taken.
    func sendUntilStuck() -> Int {
        var time = timeval(tv_sec: 0, tv_usec: 300_000)
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
        let piece = [UInt8](repeating: 0, count: 1 << 16)
        var sent = 0
        while sent < 1 << 30 {
            let count = unsafe Glibc.send(descriptor, piece, piece.count, Int32(MSG_NOSIGNAL))
            if count <= 0 { return sent }
            sent += count
        }
        return sent
    }
}
