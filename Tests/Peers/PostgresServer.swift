// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Foundation

/// A real PostgreSQL server in a folder of its own, which goes away with it or with the tests.
package final class PostgresServer: Sendable {
    /// The TCP port on 127.0.0.1, the same after a restart.
    package let port: Int
    /// What ``networkAddress(of:)`` gives as a password.
    package static let password = "a secret: 50%"

    private let folder: String
    private let conversation: Conversation

    private init(folder: String, port: Int, _ conversation: Conversation) {
        self.folder = folder
        self.port = port
        self.conversation = conversation
    }

    /// The server that all tests of a process share; they take a database each, and leave the server running.
    package static var shared: PostgresServer {
        get async throws { try await starting.value }
    }

    /// Lends a server that may be stopped.
    package static func with<Value>(
        fsync: Bool = true, _ body: (PostgresServer) async throws -> Value
    ) async throws -> Value {
        let server = try await start(fsync: fsync)
        defer { server.conversation.end() }
        return try await body(server)
    }

    /// Creates an empty database and returns its name.
    ///
    /// - Parameter language: The one in whose order its texts are, as `en-US`; by their bytes when there is none.
    package func makeDatabase(in language: String = "") async throws -> String {
        let name = "test-\(UUID().uuidString)"
        try await ask("create \(name) \(language)")
        return name
    }

    /// The URI of a database by the Unix socket.
    package func address(of database: String) -> String {
        "postgresql://tester@/\(database)?host=\(folder)&port=\(port)"
    }

    /// The URI of a database by TCP, with a password.
    package func networkAddress(of database: String) -> String {
        "postgresql://tester:a%20secret%3A%2050%25@127.0.0.1:\(port)/\(database)"
    }

    /// The certificate that vouches for the server at 127.0.0.1, a PEM file.
    package var certificate: String { "\(folder)/certificate.pem" }

    /// Starts the server again.
    package func start() async throws { try await ask("start") }

    /// Ends the server in order: it cuts its connections and writes everything down.
    package func stop() async throws { try await ask("stop") }

    /// Ends the server at once; it recovers at the next start.
    package func crash() async throws { try await ask("crash") }

    /// Cuts all connections to a database.
    package func cut(_ database: String) async throws { try await ask("cut \(database)") }

    private static let starting = Task { try await start(fsync: true) }

    private static func start(fsync: Bool) async throws -> PostgresServer {
        let conversation = try Conversation("postgres_peer.py", fsync ? [] : ["--no-fsync"])
        let words = await conversation.nextLine().split(separator: " ")
        guard words.count == 2, let port = Int(words[1]) else {
            throw PeerProcess.Failure(description: "no PostgreSQL server started; run `scripts/setup test` once")
        }
        return PostgresServer(folder: String(words[0]), port: port, conversation)
    }

    private func ask(_ command: String) async throws {
        let answer = await conversation.ask(command)
        if answer != "ok" { throw PeerProcess.Failure(description: "PostgreSQL: \(command): \(answer)") }
    }
}

/// A script that answers each line with a line, and ends when nobody can ask any more.
private final class Conversation: Sendable {
    private let process = Process()
    private let input = Pipe()
    private let output = Pipe()
    private let turns = Turns()

    /// Lets one question be asked at a time.
    private actor Turns {
        private var last: Task<String, Never>?

        func take(_ turn: @escaping @Sendable () async -> String) async -> String {
            let before = last
            // Unstructured: a question that was asked must be answered before the next one, even if nobody waits.
            let mine = Task {
                _ = await before?.value
                return await turn()
            }
            last = mine
            return await mine.value
        }
    }

    init(_ script: String, _ arguments: [String]) throws {
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["python3", PeerProcess.folder.appending(path: script).path()] + arguments
        process.standardInput = input
        process.standardOutput = output
        try process.run()
    }

    func nextLine() async -> String { await firstLine(of: output.fileHandleForReading) }

    func ask(_ question: String) async -> String {
        await turns.take { [self] in
            input.fileHandleForWriting.write(Data("\(question)\n".utf8))
            return await nextLine()
        }
    }

    func end() {
        try? input.fileHandleForWriting.close()
        process.waitUntilExit()
    }
}
