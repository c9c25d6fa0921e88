// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Sockets
import Testing

@testable import GRPC

/// Peers that do not play by the rules: none may crash the server, hold it up, or stay for ever.
@Suite(.timeLimit(.minutes(5))) struct HostileCallerTests {
    struct Attack: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let bytes: [UInt8]

        init(_ name: String, _ bytes: [UInt8]) {
            testDescription = name
            self.bytes = bytes
        }
    }

    private static func repeated(_ count: Int, _ make: (UInt32) -> [UInt8]) -> [UInt8] {
        (0..<UInt32(count)).flatMap { make(2 * $0 + 1) }
    }

    static let attacks = [
        Attack("HTTP/1.1", Array("GET / HTTP/1.1\r\nHost: a\r\n\r\n".utf8)),
        Attack("half a preface and garbage", Array("PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n".utf8)),
        Attack("zeros", [UInt8](repeating: 0, count: 4096)),
        Attack("no settings", RawFrame.preface + RawFrame.ping),
        Attack("a frame over the size limit", RawFrame.greeting + [0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 1]),
        Attack("data on a stream that was never opened", RawFrame.greeting + RawFrame.frame(0, stream: 1, [0])),
        Attack("a stream with an even number", RawFrame.greeting + RawFrame.echo(2)),
        Attack("a push", RawFrame.greeting + RawFrame.frame(5, flags: 4, stream: 1, [0, 0, 0, 2])),
        Attack("settings that are cut", RawFrame.greeting + RawFrame.frame(4, [0, 1, 0])),
        Attack("a window of 2^31", RawFrame.greeting + RawFrame.frame(4, [0, 4, 0x80, 0, 0, 0])),
        Attack("a window update of 0", RawFrame.greeting + RawFrame.frame(8, [0, 0, 0, 0])),
        Attack(
            "heads that are not HPACK",
            RawFrame.greeting + RawFrame.frame(1, flags: 4, stream: 1, [0xff, 0xff, 0xff, 0xff, 0xff, 0x7f])),
        Attack(
            "continuations without end",
            RawFrame.greeting + RawFrame.frame(1, stream: 1, RawFrame.call("/"))
                + repeated(100) { _ in RawFrame.frame(9, stream: 1, RawFrame.field("x", "y")) }),
        Attack("a flood of pings", RawFrame.greeting + repeated(2000) { _ in RawFrame.ping }),
        Attack("a flood of settings", RawFrame.greeting + repeated(2000) { _ in RawFrame.settings }),
        Attack(
            "a flood of priorities",
            RawFrame.greeting + repeated(2000) { RawFrame.frame(2, stream: $0, [0, 0, 0, 0, 1]) }),
        Attack(
            "a flood of empty data",
            RawFrame.greeting + RawFrame.frame(1, flags: 4, stream: 1, RawFrame.call("/test.Test/Echo"))
                + repeated(2000) { _ in RawFrame.frame(0, stream: 1) }),
        Attack(
            "rapid resets",
            RawFrame.greeting
                + repeated(3000) {
                    RawFrame.frame(1, flags: 4, stream: $0, RawFrame.call("/test.Test/Echo"))
                        + RawFrame.frame(3, stream: $0, [0, 0, 0, 8])
                }),
    ]

    @Test(arguments: attacks)
    func endsTheConnection(_ attack: Attack) async throws {
        try await TestServer.with { server in
            let client = try await RawClient.connect(to: server.address.port, on: server.loops)
            try? await client.send(attack.bytes)
            _ = try await client.receiveAll()
            client.close()
            try await expectHealth(of: server)
        }
    }

    /// Whether the server still answers others, those whom a short limit has hit included, once they try again.
    private func expectHealth(of server: TestServer) async throws {
        let channel = try server.channel()
        var answer: [UInt8]?
        while answer == nil {
            do {
                answer = try await channel.unary("/test.Test/Echo", [9]).message
            } catch let status as GRPCStatus where status.code == .unavailable {}
        }
        #expect(answer == [9])
        channel.close()
    }

    @Test func aBombOfFieldsBreaksItsCallAlone() async throws {
        try await TestServer.with { server in
            let client = try await RawClient.connect(to: server.address.port, on: server.loops)
            // A field of 3,000 bytes goes into the table once; every further byte repeats it.
            let value = [UInt8](repeating: 0x61, count: 3000)
            let stored = [0x40, 1, 0x78, 0x7f, 0xb9, 0x16] + value
            let bomb = RawFrame.call("/test.Test/Echo") + stored + [UInt8](repeating: 0xbe, count: 10_000)
            try await client.send(RawFrame.greeting + RawFrame.frame(1, flags: 5, stream: 1, bomb))
            try await client.send(
                RawFrame.echo(3, Array("still here".utf8)) + RawFrame.frame(7, [UInt8](repeating: 0, count: 8)))
            let answer = try await client.receiveAll()
            #expect(String(decoding: answer, as: UTF8.self).contains("still here"))
            client.close()
            try await expectHealth(of: server)
        }
    }

    @Test func whoeverNeverSpeaksIsCut() async throws {
        var configuration = GRPCServerConfiguration()
        configuration.limits.handshakeTime = .milliseconds(100)
        try await TestServer.with(configuration) { server in
            for bytes in [[], Array(RawFrame.preface.prefix(10)), RawFrame.preface] {
                let client = try await RawClient.connect(to: server.address.port, on: server.loops)
                try await client.send(bytes)
                _ = try await client.receiveAll()
                client.close()
            }
        }
    }

    @Test func aRequestThatTricklesIsEnded() async throws {
        var configuration = GRPCServerConfiguration()
        configuration.limits.requestTime = .milliseconds(200)
        try await TestServer.with(configuration) { server in
            let client = try await RawClient.connect(to: server.address.port, on: server.loops)
            let head = RawFrame.frame(1, flags: 4, stream: 1, RawFrame.call("/test.Test/Echo"))
            let goodbye = RawFrame.frame(7, [UInt8](repeating: 0, count: 8))
            try await client.send(RawFrame.greeting + head + RawFrame.frame(0, stream: 1, [0, 0, 0]) + goodbye)
            let answer = try await client.receiveAll()
            #expect(answer.containsSubsequence(RawFrame.frame(3, stream: 1, [0, 0, 0, 0])))
            client.close()
        }
    }

    @Test func aSilentConnectionIsAskedAndCut() async throws {
        var configuration = GRPCServerConfiguration()
        configuration.limits.keepAliveInterval = .milliseconds(100)
        configuration.limits.keepAliveTimeout = .milliseconds(100)
        try await TestServer.with(configuration) { server in
            let client = try await RawClient.connect(to: server.address.port, on: server.loops)
            let call = RawFrame.frame(1, flags: 4, stream: 1, RawFrame.call("/test.Test/Wait"))
            let message = RawFrame.frame(0, flags: 1, stream: 1, MessageAssembler.frame(Array("silent".utf8)))
            try await client.send(RawFrame.greeting + call + message)
            _ = try await client.receiveAll()
            if server.methods.happenings.has("begun") { await server.methods.happenings.wait(for: "silent") }
            client.close()
        }
    }

    @Test func whoeverDoesNotTakeItsAnswerIsCut() async throws {
        var configuration = GRPCServerConfiguration()
        configuration.limits.sendTime = .milliseconds(200)
        try await TestServer.with(configuration) { server in
            let client = try await RawClient.connect(to: server.address.port, on: server.loops)
            let wide: [UInt8] = [0x7f, 0, 0, 0]
            let settings = RawFrame.preface + RawFrame.frame(4, [0, 4] + wide) + RawFrame.frame(8, wide)
            let call = RawFrame.frame(1, flags: 4, stream: 1, RawFrame.call("/test.Test/Count"))
            let message = MessageAssembler.frame(Array("100000 65536".utf8))
            try await client.send(settings + call + RawFrame.frame(0, flags: 1, stream: 1, message))
            while server.methods.sent.value == 0 { await Task.yield() }
            while server.server.connectionCount > 0 { await Task.yield() }
            #expect(server.methods.sent.value < 1000)
            client.close()
        }
    }

    @Test(arguments: 0..<60 as Range<UInt64>)
    func changedBytesHarmNobody(seed: UInt64) async throws {
        var chance = SeededNumbers(seed: seed)
        var configuration = GRPCServerConfiguration()
        configuration.limits.idleTime = .milliseconds(50)
        configuration.limits.requestTime = .milliseconds(50)
        configuration.limits.handshakeTime = .milliseconds(50)
        var bytes = RawFrame.greeting + Self.repeated(8) { RawFrame.echo($0, [UInt8](repeating: 3, count: 200)) }
        for _ in 0..<(1 + chance.below(12)) {
            let place = RawFrame.preface.count + chance.below(bytes.count - RawFrame.preface.count)
            bytes[place] = UInt8(chance.below(256))
        }
        try await TestServer.with(configuration) { [bytes] server in
            let client = try await RawClient.connect(to: server.address.port, on: server.loops)
            try? await client.send(bytes)
            _ = try await client.receiveAll()
            client.close()
            try await expectHealth(of: server)
        }
    }
}

/// Numbers by chance, the same for the same seed (SplitMix64).
struct SeededNumbers {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func below(_ bound: Int) -> Int {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return Int((mixed ^ (mixed >> 31)) % UInt64(bound))
    }
}
