// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Dispatch
import Foundation

/// A program nobody here wrote the library of, serving on this machine for the length of a test.
package final class PeerProcess: Sendable {
    /// The port it listens on.
    package let port: Int
    private let process: Process

    private init(port: Int, process: Process) {
        self.port = port
        self.process = process
    }

    /// A peer did not start.
    package struct Failure: Error, CustomStringConvertible {
        /// What to do about it.
        package let description: String
    }

    /// The Pythons a peer runs on.
    package enum Python: Sendable {
        /// The system's, with its standard library.
        case system
        /// The one of `scripts/setup test`, with the packages of `Tests/Clients/requirements.txt`.
        case environment
    }

    /// Runs `script` of this folder, which prints its port as the first line, for the length of `body`.
    package static func with<Value>(
        _ script: String, _ arguments: [String] = [], on python: Python = .system,
        _ body: (PeerProcess) async throws -> Value
    ) async throws -> Value {
        let peer = try await start(script, arguments, on: python)
        defer { peer.stop() }
        return try await body(peer)
    }

    private static func start(_ script: String, _ arguments: [String], on python: Python) async throws -> PeerProcess {
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(filePath: try path(of: python))
        let command = [folder.appending(path: script).path()] + arguments
        process.arguments = python == .system ? ["python3"] + command : command
        process.standardOutput = output
        // The peer ends when this end closes, even if the tests are killed.
        process.standardInput = Pipe()
        try process.run()
        let line = await firstLine(of: output.fileHandleForReading)
        guard let port = Int(line) else {
            throw Failure(description: "\(script) printed no port; its own words are above")
        }
        return PeerProcess(port: port, process: process)
    }

    /// A child of a Swift task inherits a mask that holds SIGTERM back.
    private func stop() { kill(process.processIdentifier, SIGKILL) }

    static let folder = URL(filePath: #filePath).deletingLastPathComponent()

    private static func path(of python: Python) throws -> String {
        if python == .system { return "/usr/bin/env" }
        let path = folder.appending(path: "../../.cache/venv/bin/python").standardized.path()
        guard FileManager.default.isExecutableFile(atPath: path) else {
            throw Failure(description: "no \(path); run `scripts/setup test` once")
        }
        return path
    }
}

func firstLine(of file: FileHandle) async -> String {
    await withCheckedContinuation { continuation in
        DispatchQueue.global().async {
            var line: [UInt8] = []
            var byte: UInt8 = 0
            // FileHandle would end the tests when one beside this catches a signal.
            while true {
                let count = unsafe read(file.fileDescriptor, &byte, 1)
                if count < 0 && errno == EINTR { continue }
                guard count == 1, byte != UInt8(ascii: "\n") else { break }
                line.append(byte)
            }
            continuation.resume(returning: String(decoding: line, as: UTF8.self))
        }
    }
}

/// Lends an empty folder that goes away afterwards.
package func withTemporaryFolder<Value>(_ body: (String) async throws -> Value) async throws -> Value {
    let folder = FileManager.default.temporaryDirectory.appending(path: "darkroom-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    return try await body(folder.path())
}

/// Writes `certificate.pem` and `key.pem` for `localhost` and 127.0.0.1 into a folder.
package func makeCertificate(in folder: String) throws {
    let openssl = Process()
    openssl.executableURL = URL(filePath: "/usr/bin/env")
    openssl.arguments = [
        "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
        "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-days", "2",
        "-keyout", "\(folder)/key.pem", "-out", "\(folder)/certificate.pem",
    ]
    openssl.standardError = Pipe()
    try openssl.run()
    openssl.waitUntilExit()
    guard openssl.terminationStatus == 0 else {
        throw PeerProcess.Failure(description: "openssl wrote no certificate")
    }
}
