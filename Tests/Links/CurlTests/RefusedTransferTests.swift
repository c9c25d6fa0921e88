// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Curl
import Peers
import Testing

/// Transfers whose answer comes before their body is sent.
@Suite(.timeLimit(.minutes(5)))
struct RefusedTransferTests {
    private func put(_ path: String, to peer: PeerProcess) -> CurlRequest {
        var request = CurlRequest(
            url: "http://127.0.0.1:\(peer.port)\(path)", exchange: .http(method: "PUT", header: ["Expect:"]))
        request.body = .length(1 << 20)
        return request
    }

    @Test func endsThoughNothingOfItsBodyWasSent() async throws {
        try await PeerProcess.with("http_peer.py") { peer in
            let session = CurlSession()
            defer { session.close() }
            let transfer = session.start(put("/refuse", to: peer))
            #expect(try await transfer.head().status == 413)
            let accepted = try await transfer.write([1])
            #expect(!accepted)
            #expect(try await transfer.completion().status == 413)
        }
    }

    @Test func endsWhenItsBodyBreaksOff() async throws {
        try await PeerProcess.with("http_peer.py") { peer in
            let session = CurlSession()
            defer { session.close() }
            let transfer = session.start(put("/refuse", to: peer))
            let first = try await transfer.write([1])
            #expect(first)
            #expect(try await transfer.head().status == 413)
            let second = try await transfer.write([2])
            #expect(!second)
            #expect(try await transfer.completion().status == 413)
        }
    }
}
