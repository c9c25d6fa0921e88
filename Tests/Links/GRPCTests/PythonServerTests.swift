// Darkroom
// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Peers
import Sockets
import Testing

@testable import GRPC

/// Our client at Python's server.
@Suite(.timeLimit(.minutes(5))) struct PythonServerTests {
    private struct Facts: Decodable {
        let metadata: [[String]]
        let remaining: Double?
    }

    /// Lends a channel to Python's server.
    private func withPeer(
        _ change: (inout GRPCChannelLimits) -> Void = { _ in }, _ body: (GRPCChannel) async throws -> Void
    ) async throws {
        try await PeerProcess.with("grpc_peer.py", ["0"], on: .environment) { peer in
            try await body(makeChannel(port: UInt16(peer.port), on: EventLoops(count: 1), change))
        }
    }

    @Test func answersComeWhole() async throws {
        try await withPeer { limits in
            limits.messageBytes = 16 << 20
        } _: { channel in
            try await #expect(channel.unary("/peer.Peer/Echo", [1, 2, 3]).message == [1, 2, 3])
            try await #expect(channel.unary("/peer.Peer/Echo", []).message == [])
            let big = (0..<6_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
            try await #expect(channel.unary("/peer.Peer/Echo", big).message == big)
            let error = await #expect(throws: GRPCStatus.self) {
                try await channel.unary("/peer.Peer/Size", Array("\((16 << 20) + 1)".utf8))
            }
            #expect(error?.code == .resourceExhausted)
            try await #expect(channel.unary("/peer.Peer/Echo", [4]).message == [4])
        }
    }

    @Test func streamsComeInOrder() async throws {
        try await withPeer { channel in
            let numbers = try await channel.streaming("/peer.Peer/Count", Array("5000 100".utf8)) { messages in
                try await messages.reduce(into: [Int]()) { $0.append(Int($1[2]) << 8 | Int($1[3])) }
            }
            #expect(numbers == Array(0..<5000))
        }
    }

    @Test func errorsKeepTheirWords() async throws {
        try await withPeer { channel in
            for code in GRPCStatus.Code.allCases where code != .ok {
                let error = await #expect(throws: GRPCStatus.self) {
                    try await channel.unary("/peer.Peer/Fail", Array("\(code.rawValue)".utf8))
                }
                #expect(error?.code == code)
                #expect(error?.message == "Größe 100 % – 日本 🙂\n")
                #expect(error?.trailers["x-reason"] == "test")
                #expect(error?.trailers.allBytes("x-detail-bin") == [[0, 255]])
            }
            var messages: [[UInt8]] = []
            let late = await #expect(throws: GRPCStatus.self) {
                try await channel.streaming("/peer.Peer/FailLate", []) { stream in
                    for try await message in stream { messages.append(message) }
                }
            }
            #expect(late?.code == .dataLoss)
            #expect(messages == [Array("first".utf8)])
            let missing = await #expect(throws: GRPCStatus.self) { try await channel.unary("/peer.Peer/None", []) }
            #expect(missing?.code == .unimplemented)
        }
    }

    @Test func metadataAndDeadlinesGoBothWays() async throws {
        try await withPeer { channel in
            var metadata: GRPCMetadata = ["x-text": "some text", "x-twice": "1", "x-twice": "2"]
            metadata.add("x-data-bin", bytes: [0, 1, 254])
            let options = GRPCCallOptions(timeout: .seconds(30), metadata: metadata)
            let reply = try await channel.unary("/peer.Peer/Facts", [], options: options)
            let facts = try JSONDecoder().decode(Facts.self, from: Data(reply.message))
            for pair in [["x-text", "some text"], ["x-twice", "1"], ["x-twice", "2"], ["x-data-bin", "0001fe"]] {
                #expect(facts.metadata.contains(pair))
            }
            #expect((20...30).contains(facts.remaining ?? 0))
            #expect(reply.metadata["x-head"] == "h")
            #expect(reply.metadata.allBytes("x-head-bin") == [[1, 2]])
            #expect(reply.trailers["x-tail"] == "t")
        }
    }

    @Test func aDeadlineEndsACall() async throws {
        try await withPeer { channel in
            let options = GRPCCallOptions(timeout: .milliseconds(200))
            let time = await ContinuousClock().measure {
                let error = await #expect(throws: GRPCStatus.self) {
                    try await channel.unary("/peer.Peer/WaitLong", [], options: options)
                }
                #expect(error?.code == .deadlineExceeded)
            }
            #expect(time < .seconds(15))
        }
    }

    @Test func leavingAStreamCancelsIt() async throws {
        try await withPeer { channel in
            try await channel.streaming("/peer.Peer/Wait", []) { messages in
                var iterator = messages.makeAsyncIterator()
                try await #expect(iterator.next() == Array("begun".utf8))
            }
            while try await channel.unary("/peer.Peer/Cancellations", []).message != Array("1".utf8) {
                await Task.yield()
            }
        }
    }

    @Test func aServerThatLeavesIsFoundAgain() async throws {
        let loops = try EventLoops(count: 1)
        var port = 0
        var channel: GRPCChannel?
        try await PeerProcess.with("grpc_peer.py", ["0"], on: .environment) { peer in
            port = peer.port
            channel = try makeChannel(port: UInt16(port), on: loops)
            try await #expect(channel?.unary("/peer.Peer/Echo", [1]).message == [1])
        }
        let gone = await #expect(throws: GRPCStatus.self) {
            while true { _ = try await channel?.unary("/peer.Peer/Echo", [2]) }
        }
        #expect(gone?.code == .unavailable)
        try await PeerProcess.with("grpc_peer.py", ["\(port)"], on: .environment) { _ in
            try await #expect(channel?.unary("/peer.Peer/Echo", [3]).message == [3])
        }
    }

    @Test func aGoodbyeLetsRunningCallsEnd() async throws {
        try await withPeer { channel in
            try await channel.streaming("/peer.Peer/Count", Array("300 20000".utf8)) { messages in
                var iterator = messages.makeAsyncIterator()
                try await #expect(iterator.next() != nil)
                _ = try await channel.unary("/peer.Peer/Leave", [])
                var rest = 0
                while try await iterator.next() != nil { rest += 1 }
                #expect(rest == 299)
            }
        }
    }

    @Test func certificatesAreChecked() async throws {
        try await withTemporaryFolder { folder in
            try makeCertificate(in: folder)
            try await PeerProcess.with("grpc_peer.py", ["0", folder], on: .environment) { peer in
                let loops = try EventLoops(count: 1)
                let trust = TLSTrust.file("\(folder)/certificate.pem")
                let channel = try makeChannel(port: UInt16(peer.port), trust: trust, on: loops)
                let big = [UInt8](repeating: 5, count: 3_000_000)
                try await #expect(channel.unary("/peer.Peer/Echo", big).message == big)
                let stranger = try makeChannel(port: UInt16(peer.port), trust: .system, on: loops)
                let error = await #expect(throws: GRPCStatus.self) { try await stranger.unary("/peer.Peer/Echo", []) }
                #expect(error?.code == .unavailable)
                #expect(error?.message.contains("self-signed certificate") == true)
            }
        }
    }
}
