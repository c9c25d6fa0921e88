// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import Protobuf
import Sockets
import Testing

@testable import GRPC

/// Our client at our server: what needs both under control.
@Suite(.timeLimit(.minutes(5))) struct CallTests {
    @Test func twoHundredCallsMeetOnOneConnection() async throws {
        try await TestServer.with { server in
            let channel = try server.channel()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for index in 0..<200 {
                    group.addTask {
                        let request = Array("\(index)".utf8)
                        try await #expect(channel.unary("/test.Test/Meet", request).message == request)
                    }
                }
                try await group.waitForAll()
            }
            #expect(server.server.connectionCount == 1)
        }
    }

    @Test func aConsumerThatDoesNotReadStopsTheServer() async throws {
        try await TestServer.with { server in
            let channel = try server.channel()
            try await channel.streaming("/test.Test/Count", Array("2000 65536".utf8)) { messages in
                var iterator = messages.makeAsyncIterator()
                _ = try await iterator.next()
                // Other calls go on beside it, and tell how far it came.
                var last = -1
                while server.methods.sent.value != last {
                    last = server.methods.sent.value
                    for _ in 0..<200 { _ = try await channel.unary("/test.Test/Echo", []) }
                }
                #expect(last < 20)
                var count = 1
                while try await iterator.next() != nil { count += 1 }
                #expect(count == 2000)
            }
        }
    }

    @Test func cancellingTheTaskCancelsTheHandler() async throws {
        try await TestServer.with { server in
            let channel = try server.channel()
            let call = Task { try await channel.unary("/test.Test/Wait", Array("mine".utf8)) }
            await server.methods.happenings.wait(for: "begun")
            call.cancel()
            let error = await #expect(throws: GRPCStatus.self) { try await call.value }
            #expect(error?.code == .cancelled)
            await server.methods.happenings.wait(for: "mine")
        }
    }

    @Test func aDeadlineCancelsTheHandlerOnBothSides() async throws {
        try await TestServer.with { server in
            let channel = try server.channel()
            let options = GRPCCallOptions(timeout: .milliseconds(100))
            let error = await #expect(throws: GRPCStatus.self) {
                try await channel.unary("/test.Test/Wait", Array("late".utf8), options: options)
            }
            #expect(error?.code == .deadlineExceeded)
            await server.methods.happenings.wait(for: "late")
        }
    }

    @Test func aClosedChannelFailsItsCalls() async throws {
        try await TestServer.with { server in
            let channel = try server.channel()
            let call = Task { try await channel.unary("/test.Test/Wait", Array("closed".utf8)) }
            await server.methods.happenings.wait(for: "begun")
            channel.close()
            await #expect(throws: GRPCStatus.self) { try await call.value }
            await server.methods.happenings.wait(for: "closed")
            await #expect(throws: GRPCStatus.self) { try await channel.unary("/test.Test/Echo", []) }
        }
    }

    @Test func requestsOverTheLimitStayHere() async throws {
        try await TestServer.with { server in
            let channel = try server.channel { $0.sentMessageBytes = 1000 }
            let error = await #expect(throws: GRPCStatus.self) {
                try await channel.unary("/test.Test/Echo", [UInt8](repeating: 0, count: 1001))
            }
            #expect(error?.code == .resourceExhausted)
        }
    }

    @Test func metadataThatCannotBeSentIsAnError() async throws {
        try await TestServer.with { server in
            let channel = try server.channel()
            let options = GRPCCallOptions(metadata: ["x": "line\nbreak"])
            let error = await #expect(throws: GRPCStatus.self) {
                try await channel.unary("/test.Test/Echo", [], options: options)
            }
            #expect(error?.code == .internalError)
        }
    }

    @Test func nobodyThereIsUnavailable() async throws {
        let loops = try EventLoops(count: 1)
        let port = try await TestServer.with { $0.address.port }
        let channel = try makeChannel(port: port, on: loops)
        for _ in 0..<3 {
            let error = await #expect(throws: GRPCStatus.self) { try await channel.unary("/test.Test/Echo", []) }
            #expect(error?.code == .unavailable)
        }
    }

    @Test func aNameIsLookedUp() async throws {
        try await TestServer.with { server in
            let channel = try GRPCChannel(
                GRPCChannelConfiguration(host: "localhost", port: server.address.port), loops: server.loops)
            try await #expect(channel.unary("/test.Test/Echo", [1]).message == [1])
            let nowhere = try GRPCChannel(
                GRPCChannelConfiguration(host: "nowhere.invalid", port: 1), loops: server.loops)
            let error = await #expect(throws: GRPCStatus.self) { try await nowhere.unary("/test.Test/Echo", []) }
            #expect(error?.code == .unavailable)
        }
    }

    @Test func aDrainLetsRunningCallsEndAndRefusesOthers() async throws {
        try await TestServer.with { server in
            let channel = try server.channel()
            async let running = channel.unary("/test.Test/AwaitCancelled", Array("released".utf8))
            await server.methods.happenings.wait(for: "waiting")
            async let drained: Void = server.server.drain(within: .seconds(20))
            let error = await #expect(throws: GRPCStatus.self) {
                while true { _ = try await channel.unary("/test.Test/Echo", []) }
            }
            #expect(error?.code == .unavailable)
            server.methods.happenings.happen("released")
            try await #expect(running.message == Array("cancelled".utf8))
            await drained
            #expect(server.server.connectionCount == 0)
        }
    }

    @Test func aDrainCutsWhatDoesNotEnd() async throws {
        try await TestServer.with { server in
            let channel = try server.channel()
            async let running = channel.unary("/test.Test/Wait", Array("cut".utf8))
            await server.methods.happenings.wait(for: "begun")
            await server.server.drain(within: .milliseconds(100))
            await server.methods.happenings.wait(for: "cut")
            do {
                _ = try await running
                Issue.record("the call was not cut")
            } catch let error as GRPCStatus {
                #expect(error.code == .unavailable)
            }
        }
    }

    @Test func anIdleConnectionEndsAndIsMadeAnew() async throws {
        var configuration = GRPCServerConfiguration()
        configuration.limits.idleTime = .milliseconds(50)
        try await TestServer.with(configuration) { server in
            let channel = try server.channel()
            for _ in 0..<3 {
                try await #expect(channel.unary("/test.Test/Echo", [1]).message == [1])
                while server.server.connectionCount > 0 { await Task.yield() }
            }
        }
    }

    @Test func aChannelThatIsClosedWhileItConnectsFailsItsCalls() async throws {
        let loops = try EventLoops(count: 1)
        // An address of documentation: packets to it get lost, or are refused at once.
        let channel = try GRPCChannel(GRPCChannelConfiguration(host: "192.0.2.1", port: 9), loops: loops)
        let call = Task { try await channel.unary("/test.Test/Echo", []) }
        await Task.yield()
        channel.close()
        await #expect(throws: GRPCStatus.self) { try await call.value }
    }
}

/// Calls whose messages are types.
@Suite(.timeLimit(.minutes(5))) struct TypedCallTests {
    struct Number: ProtobufMessage, Equatable {
        var value: Int64 = 0
        var unknownFields = ProtobufUnknownFields()

        init() {}

        init(_ value: Int64) { self.value = value }

        mutating func decode(_ field: Int, from reader: inout ProtobufReader) throws {
            if field == 1 { try reader.read(&value) }
        }

        func encode(into writer: inout ProtobufWriter) { writer.write(value, as: 1) }
    }

    private func withChannel(_ body: @escaping @Sendable (GRPCChannel) async throws -> Void) async throws {
        var handlers = GRPCHandlers()
        handlers.unary("/test.Numbers/Double") { (number: Number, _) in Number(number.value * 2) }
        handlers.streaming("/test.Numbers/Count") { (number: Number, _, writer) in
            for value in 0..<number.value { try await writer.write(Number(value)) }
        }
        let loops = try EventLoops(count: 1)
        let server = GRPCServer(configuration: GRPCServerConfiguration(), handlers: handlers, loops: loops)
        let channel = try makeChannel(port: try server.bind().port, on: loops)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await server.run() }
            try await body(channel)
            group.cancelAll()
        }
    }

    @Test func messagesGoOverAsTypes() async throws {
        try await withChannel { channel in
            let double: Number = try await channel.unary("/test.Numbers/Double", Number(21))
            #expect(double == Number(42))
            try await channel.streaming("/test.Numbers/Count", Number(100), as: Number.self) { numbers in
                var next: Int64 = 0
                for try await number in numbers {
                    #expect(number == Number(next))
                    next += 1
                }
                #expect(next == 100)
            }
        }
    }

    @Test func bytesThatAreNoMessageAreRefused() async throws {
        try await withChannel { channel in
            let error = await #expect(throws: GRPCStatus.self) {
                try await channel.unary("/test.Numbers/Double", [0x0b])
            }
            #expect(error?.code == .invalidArgument)
        }
    }
}
