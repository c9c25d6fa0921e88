// Darkroom
// SPDX-License-Identifier: Apache-2.0

import HTTP
import Testing

@testable import HTTPServer

@Suite(.timeLimit(.minutes(5)))
struct FuzzTests {
    @Test func wherePiecesEndDoesNotChangeWhatTheyMean() {
        let seed = UInt64.random(in: 0 ... .max)
        print("FuzzTests seed \(seed)")
        var random = SeededGenerator(seed: seed)
        for round in 0..<500 {
            let bytes = Mutation.message(&random)
            let whole = Message(bytes, pieceSize: .max)
            #expect(whole == Message(bytes, pieceSize: 1), "seed \(seed), round \(round)")
            let pieceSize = Int.random(in: 2...40, using: &random)
            #expect(whole == Message(bytes, pieceSize: pieceSize), "seed \(seed), round \(round)")
        }
    }

    @Test func aRequestMayBeSplitAnywhere() {
        for request in Mutation.requests {
            let bytes = Array(request.utf8)
            let whole = Message(bytes, pieceSize: .max)
            #expect(whole.heads.count == 1 && !whole.isUnfinished)
            for pieceSize in 1..<bytes.count { #expect(whole == Message(bytes, pieceSize: pieceSize)) }
        }
    }

    @Test func theServerOutlivesWhateverItIsSent() async throws {
        let seed = UInt64.random(in: 0 ... .max)
        print("FuzzTests seed \(seed)")
        try await Server.running { _, body in
            HTTPResponse(status: 200, body: .bytes(try await body.collect(upTo: 1 << 20)))
        } _: { server in
            await withTaskGroup { group in
                for worker in 0..<4 {
                    group.addTask { await attack(server, seed: seed &+ UInt64(worker), rounds: 100) }
                }
            }
            #expect(await server.answer(to: "GET / HTTP/1.1\r\nHost: a\r\n\r\n").statuses == [200])
        }
    }

    /// Every message must be answered or its connection closed, promptly.
    private func attack(_ server: Server, seed: UInt64, rounds: Int) async {
        var random = SeededGenerator(seed: seed)
        for round in 0..<rounds {
            let answer = await server.answer(to: Mutation.message(&random))
            #expect(answer.isClosed, "seed \(seed), round \(round)")
        }
    }
}
