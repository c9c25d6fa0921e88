// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Foundation

/// A program of `Tests/Clients`, in the Python environment that `scripts/setup test` makes.
package final class PythonProgram: Sendable {
    private let process: Process
    private let log: URL

    private init(process: Process, log: URL) {
        self.process = process
        self.log = log
    }

    /// What a program left behind.
    package struct Output: Sendable {
        /// Its exit code.
        package let status: Int32
        /// What it printed, errors included.
        package let text: String
    }

    /// Runs a program to its end, or kills it when the test's time is up.
    package static func run(_ script: String, _ arguments: [String] = [], in folder: String) async throws -> Output {
        let program = try prepare(script, arguments, in: folder)
        let status = try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                program.process.terminationHandler = { continuation.resume(returning: $0.terminationStatus) }
                do { try program.process.run() } catch { continuation.resume(throwing: error) }
            }
        } onCancel: {
            program.kill()
        }
        return Output(status: status, text: try program.text)
    }

    /// Starts a program that serves until it is killed.
    package static func start(_ script: String, _ arguments: [String] = [], in folder: String) throws -> PythonProgram {
        let program = try prepare(script, arguments, in: folder)
        try program.process.run()
        return program
    }

    /// Kills it with SIGKILL.
    ///
    /// A child of a Swift task inherits a mask that holds SIGTERM back.
    package func kill() {
        if process.isRunning { Foundation.kill(process.processIdentifier, SIGKILL) }
    }

    /// What it printed so far, errors included.
    package var text: String {
        get throws { String(decoding: try Data(contentsOf: log), as: UTF8.self) }
    }

    private static func prepare(
        _ script: String, _ arguments: [String], in folder: String
    ) throws -> PythonProgram {
        let python = repository.appending(path: ".cache/venv/bin/python").path()
        guard FileManager.default.isExecutableFile(atPath: python) else {
            throw PeerProcess.Failure(description: "no \(python); run `scripts/setup test` once")
        }
        let process = Process()
        process.executableURL = URL(filePath: python)
        process.arguments = [repository.appending(path: "Tests/Clients/\(script)").path()] + arguments
        process.currentDirectoryURL = URL(filePath: folder)
        process.environment = ProcessInfo.processInfo.environment
            .merging(["PYTHONDONTWRITEBYTECODE": "1", "PYTHONUNBUFFERED": "1"]) { $1 }
        let log = URL(filePath: folder).appending(path: "output-\(UUID().uuidString)")
        try Data().write(to: log)
        let handle = try FileHandle(forWritingTo: log)
        process.standardOutput = handle
        process.standardError = handle
        // A program that serves ends when this end closes, even if the tests are killed.
        process.standardInput = Pipe()
        return PythonProgram(process: process, log: log)
    }

    private static let repository = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
}
