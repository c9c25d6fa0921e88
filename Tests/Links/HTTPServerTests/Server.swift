// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import HTTP
import HTTPServer
import Sockets
import Telemetry

/// Answers with a closure.
struct Responder: HTTPResponder {
    typealias Answer = @Sendable (HTTPRequest, any HTTPRequestBody) async throws -> HTTPResponse
    let answer: Answer

    func respond(to request: HTTPRequest, body: any HTTPRequestBody) async throws -> HTTPResponse {
        try await answer(request, body)
    }
}

/// A server that serves while a test runs.
struct Server {
    let listener: HTTPListener
    let port: UInt16

    /// What a test wants otherwise than usual.
    struct Setting {
        var limits = HTTPServerLimits()
        var certificate: TLSCertificate?
        var log = Log.silent
        var loops = 2
    }

    /// Serves `answer` while `body` runs.
    static func running<Value>(
        _ setting: Setting = Setting(), answer: @escaping Responder.Answer, _ body: (Server) async throws -> Value
    ) async throws -> Value {
        let listener = HTTPListener(
            configuration: HTTPServerConfiguration(certificate: setting.certificate, limits: setting.limits),
            responder: Responder(answer: answer), log: setting.log, loops: try EventLoops(count: setting.loops))
        let address = try listener.bind()
        return try await withThrowingTaskGroup { group in
            group.addTask { try await listener.run() }
            let value = try await body(Server(listener: listener, port: address.port))
            group.cancelAll()
            try await group.waitForAll()
            return value
        }
    }

    /// What the server answers to these bytes, sent on a connection of their own.
    func answer(to bytes: [UInt8], finishing: Bool = true) async -> Client.Answer {
        let port = port
        return await blocking {
            let client = Client(port: port)
            client.send(bytes)
            if finishing { client.finish() }
            return client.answer()
        }
    }

    func answer(to text: String, finishing: Bool = true) async -> Client.Answer {
        await answer(to: Array(text.utf8), finishing: finishing)
    }
}

/// Keeps what the server tells its log.
final class LogRecorder: Sendable {
    private let lines = Lock<[String]>([])

    var log: Log {
        Log(from: .warning) { line in
            self.lines.withLock { $0.append("\(line.message) \(line.values)") }
        }
    }

    var text: String { lines.withLock { $0.joined(separator: "\n") } }
}
