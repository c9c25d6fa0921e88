// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Sockets
import Telemetry
import Testing

@testable import GRPC

/// A server that says what the test wants, whatever it hears, and then nothing more until the client leaves.
///
/// Unchecked: it is used on its loop only.
final class RawServer: ServedConnection, @unchecked Sendable {
    let loop: EventLoop
    private let transport: Transport
    private let answer: [UInt8]

    private init(_ transport: Transport, answer: [UInt8]) {
        loop = transport.channel.loop
        self.transport = transport
        self.answer = answer
    }

    @concurrent
    func run() async {
        defer { transport.channel.close() }
        guard loop.watch(transport.channel) else { return }
        var budget = RateBudget(progress: .seconds(20), grace: .seconds(20), bytesPerSecond: 1)
        try? await transport.send(answer, within: &budget)
        try? await transport.discard(upTo: .max, until: loop.now + 30_000)
    }

    func drain() { transport.channel.cut() }

    func cut() { transport.channel.cut() }

    /// Lends a channel to such a server.
    static func with<Value: Sendable>(
        answer: [UInt8], _ change: (inout GRPCChannelLimits) -> Void = { _ in },
        _ body: @escaping @Sendable (GRPCChannel) async throws -> Value
    ) async throws -> Value {
        let loops = try EventLoops(count: 1)
        let listener = SocketListener<RawServer>(
            .init(address: SocketAddress(host: "127.0.0.1", port: 0), certificate: nil, connections: 10),
            life: ServiceLife(), log: .silent, loops: loops
        ) { transport, _ in RawServer(transport, answer: answer) }
        let channel = try makeChannel(port: try listener.bind().port, on: loops, change)
        return try await withThrowingTaskGroup(of: Value?.self) { group in
            group.addTask {
                try await listener.run()
                return nil
            }
            group.addTask { try await body(channel) }
            while let value = try await group.next() {
                guard let value else { continue }
                group.cancelAll()
                return value
            }
            throw CancellationError()
        }
    }
}

/// Servers that do not play by the rules: every call ends, with a status.
@Suite(.timeLimit(.minutes(5))) struct HostileServerTests {
    struct Answer: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let bytes: [UInt8]
        let codes: [GRPCStatus.Code]

        init(_ name: String, _ bytes: [UInt8], _ codes: GRPCStatus.Code...) {
            testDescription = name
            self.bytes = bytes
            self.codes = codes
        }
    }

    private static func head(_ fields: [UInt8], flags: UInt8 = 4) -> [UInt8] {
        RawFrame.settings + RawFrame.frame(1, flags: flags, stream: 1, fields)
    }

    private static let good =
        RawFrame.field(":status", "200") + RawFrame.field("content-type", "application/grpc")

    static let answers = [
        Answer("HTTP/1.1", Array("HTTP/1.1 400 Bad Request\r\n\r\n".utf8), .unavailable),
        Answer("zeros", [UInt8](repeating: 0, count: 1000), .unavailable),
        Answer(
            "a web page",
            head(RawFrame.field(":status", "200") + RawFrame.field("content-type", "text/html"), flags: 5), .unknown),
        Answer("a proxy's 503", head(RawFrame.field(":status", "503"), flags: 5), .unavailable),
        Answer("no status at the end", head(good, flags: 5), .unknown),
        Answer("two heads", head(good) + RawFrame.frame(1, flags: 4, stream: 1, good), .internalError),
        Answer(
            "data before a head", RawFrame.settings + RawFrame.frame(0, stream: 1, [0]), .internalError, .unavailable),
        Answer(
            "half a message", head(good) + RawFrame.frame(0, flags: 1, stream: 1, [0, 0, 0, 0, 9, 1]), .internalError),
        Answer(
            "a message that is too long", head(good) + RawFrame.frame(0, stream: 1, [0, 255, 255, 255, 255]),
            .resourceExhausted),
        Answer("a compressed message", head(good) + RawFrame.frame(0, stream: 1, [1, 0, 0, 0, 0]), .unimplemented),
        Answer("no message at all", head(good + RawFrame.field("grpc-status", "0"), flags: 5), .internalError),
        Answer("a reset", head(good) + RawFrame.frame(3, stream: 1, [0, 0, 0, 11]), .resourceExhausted),
        Answer(
            "refusals without end",
            RawFrame.settings + (0..<5).flatMap { RawFrame.frame(3, stream: 2 * $0 + 1, [0, 0, 0, 7]) }, .unavailable),
        Answer(
            "a goodbye before the call", RawFrame.settings + RawFrame.frame(7, [UInt8](repeating: 0, count: 8)),
            .unavailable),
    ]

    @Test(arguments: answers)
    func aCallEndsWithAStatus(_ answer: Answer) async throws {
        try await RawServer.with(answer: answer.bytes) { channel in
            let options = GRPCCallOptions(timeout: .seconds(20))
            let error = await #expect(throws: GRPCStatus.self) {
                try await channel.unary("/a.B/C", [1], options: options)
            }
            if let error { #expect(answer.codes.contains(error.code), "\(error)") }
        }
    }

    @Test func aServerThatFallsSilentIsGivenUp() async throws {
        try await RawServer.with(answer: RawFrame.settings) { limits in
            limits.keepAliveInterval = .milliseconds(100)
            limits.keepAliveTimeout = .milliseconds(100)
        } _: { channel in
            let error = await #expect(throws: GRPCStatus.self) { try await channel.unary("/a.B/C", [1]) }
            #expect(error?.code == .unavailable)
            #expect(error?.message.contains("no sign") == true)
        }
    }

    @Test(arguments: 0..<40 as Range<UInt64>)
    func changedAnswersEndTheCall(seed: UInt64) async throws {
        var chance = SeededNumbers(seed: seed)
        var bytes =
            Self.head(Self.good) + RawFrame.frame(0, stream: 1, MessageAssembler.frame([1, 2, 3]))
            + RawFrame.frame(1, flags: 5, stream: 1, RawFrame.field("grpc-status", "0"))
        for _ in 0..<(1 + chance.below(6)) { bytes[chance.below(bytes.count)] = UInt8(chance.below(256)) }
        try await RawServer.with(answer: bytes) { channel in
            let options = GRPCCallOptions(timeout: .milliseconds(100))
            _ = try? await channel.unary("/a.B/C", [1], options: options)
        }
    }
}
