// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Glibc
import HTTP
import HTTPServer
import Sockets
import Testing

/// How listeners begin and end.
@Suite(.timeLimit(.minutes(5)))
struct LifeTests {
    private static let get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"

    @Test(arguments: ["127.0.0.1", "::1"])
    func aPortIsKnownBeforeTheServerRuns(host: String) throws {
        let listener = try listener(at: SocketAddress(host: host, port: 0))
        let address = try listener.bind()
        #expect(address.port != 0 && address.host == host && address.isLoopback)
    }

    @Test func aTakenPortIsSaidSo() throws {
        let first = try listener()
        let address = try first.bind()
        let error = #expect(throws: SocketError.self) { try listener(at: address).bind() }
        #expect(error?.code == .addressInUse)
        #expect(error?.description.contains("\(address)") == true)
    }

    @Test(arguments: ["localhost", "", "192.0.2.1", "1.2.3"])
    func anAddressOfAnotherMachineIsSaidSo(host: String) throws {
        let error = #expect(throws: SocketError.self) {
            try listener(at: SocketAddress(host: host, port: 0)).bind()
        }
        #expect(error?.code == .addressUnusable)
    }

    @Test func aClientMayConnectBeforeTheServerRuns() async throws {
        let listener = try listener()
        let port = try listener.bind().port
        let client = Client(port: port)
        client.send(Self.get)
        try await withThrowingTaskGroup { group in
            group.addTask { try await listener.run() }
            #expect(await blocking { client.answer { $0.statuses == [200] } }.statuses == [200])
            group.cancelAll()
            try await group.waitForAll()
        }
    }

    @Test func severalListenersShareTheirThreads() async throws {
        let loops = try EventLoops(count: 1)
        let listeners = try (0..<3).map { _ in try listener(loops: loops) }
        let ports = try listeners.map { try $0.bind().port }
        try await withThrowingTaskGroup { group in
            for listener in listeners { group.addTask { try await listener.run() } }
            for port in ports {
                #expect(await Server(listener: listeners[0], port: port).answer(to: Self.get).statuses == [200])
            }
            for listener in listeners { await listener.drain(within: .seconds(5)) }
            try await group.waitForAll()
        }
    }

    @Test func aDrainLetsRunningRequestsEnd() async throws {
        let began = Signal()
        let gate = Signal()
        let (running, idle) = try await Server.running { _, _ in
            began.happen()
            await gate.wait()
            return HTTPResponse(status: 200)
        } _: { server in
            let idle = Client(port: server.port)
            let running = Client(port: server.port)
            running.send(Self.get + Self.get)
            await began.wait()
            async let drained: Void = server.listener.drain(within: .seconds(30))
            let idleAnswer = await blocking { idle.answer() }
            gate.happen()
            let runningAnswer = await blocking { running.answer() }
            await drained
            #expect(server.listener.connectionCount == 0)
            return (runningAnswer, idleAnswer)
        }
        #expect(idle.isClosed && idle.bytes.isEmpty)
        #expect(running.statuses == [200])
        #expect(running.isClosed && !running.wasReset && running.text.contains("Connection: close"))
        #expect(began.count == 1)
    }

    @Test func aDrainRefusesNewClients() async throws {
        let listener = try listener()
        let address = try listener.bind()
        try await withThrowingTaskGroup { group in
            group.addTask { try await listener.run() }
            #expect(await Server(listener: listener, port: address.port).answer(to: Self.get).statuses == [200])
            await listener.drain(within: .seconds(5))
            try await group.waitForAll()
        }
        // The port is free again.
        _ = try self.listener(at: address).bind()
    }

    @Test func aDrainCutsWhatDoesNotEnd() async throws {
        let began = Signal()
        let cancelled = Signal()
        let answer = try await Server.running { _, _ in
            began.happen()
            defer { cancelled.happen() }
            try await Task.sleep(for: .seconds(1000))
            return HTTPResponse(status: 200)
        } _: { server in
            let client = Client(port: server.port)
            client.send(Self.get)
            await began.wait()
            await server.listener.drain(within: .milliseconds(100))
            await cancelled.wait()
            return await blocking { client.answer() }
        }
        #expect(answer.isClosed && answer.bytes.isEmpty)
    }

    @Test func cancellingEndsEverything() async throws {
        let began = Signal()
        let listener = try listener { _, _ in
            began.happen()
            try await Task.sleep(for: .seconds(1000))
            return HTTPResponse(status: 200)
        }
        let client = Client(port: try listener.bind().port)
        client.send(Self.get)
        try await withThrowingTaskGroup { group in
            group.addTask { try await listener.run() }
            await began.wait()
            group.cancelAll()
            try await group.waitForAll()
        }
        #expect(await blocking { client.answer() }.isClosed)
        #expect(listener.connectionCount == 0)
    }

    @Test func aDrainBeforeTheStartMakesItTheEnd() async throws {
        let listener = try listener()
        let address = try listener.bind()
        await listener.drain(within: .seconds(100))
        try await listener.run()
        _ = try self.listener(at: address).bind()
    }

    @Test func aClientThatLeavesCancelsItsRequest() async throws {
        let began = Signal()
        let cancelled = Signal()
        try await Server.running { _, _ in
            began.happen()
            defer { cancelled.happen() }
            try await Task.sleep(for: .seconds(1000))
            return HTTPResponse(status: 200)
        } _: { server in
            var client: Client? = Client(port: server.port)
            client?.send("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n")
            await began.wait()
            client = nil
            await cancelled.wait()
        }
    }

    private func listener(
        at address: SocketAddress = SocketAddress(host: "127.0.0.1", port: 0), loops: EventLoops? = nil,
        answer: @escaping Responder.Answer = { _, _ in HTTPResponse(status: 200) }
    ) throws -> HTTPListener {
        HTTPListener(
            configuration: HTTPServerConfiguration(address: address), responder: Responder(answer: answer),
            loops: try loops ?? EventLoops(count: 2))
    }
}
