// Darkroom
// SPDX-License-Identifier: Apache-2.0

package import Foundation

/// A program of `Tests/Clients`, in the Python environment that `scripts/setup test` makes.
package final class PythonProgram: Sendable {
    private let process: Process
    private let log: URL

    private init(process: Process, log: URL) {
        self.process = process
        self.log = log
    }

    /// Runs a program to its end, or kills it when the test's time is up.
    package static func run(_ script: String, _ arguments: [String] = [], in folder: String) async throws -> ProgramRun
    {
        try await ProgramRun(
            try python(), command(script, arguments), environment: environment, in: URL(filePath: folder))
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
        let process = Process()
        process.executableURL = try python()
        process.arguments = command(script, arguments)
        process.currentDirectoryURL = URL(filePath: folder)
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        let log = URL(filePath: folder).appending(path: "output-\(UUID().uuidString)")
        try Data().write(to: log)
        let handle = try FileHandle(forWritingTo: log)
        process.standardOutput = handle
        process.standardError = handle
        // A program that serves ends when this end closes, even if the tests are killed.
        process.standardInput = Pipe()
        return PythonProgram(process: process, log: log)
    }

    private static let environment = ["PYTHONDONTWRITEBYTECODE": "1", "PYTHONUNBUFFERED": "1"]

    private static func command(_ script: String, _ arguments: [String]) -> [String] {
        [repository.appending(path: "Tests/Clients/\(script)").path()] + arguments
    }

    /// The Python that `scripts/setup test` made.
    package static func python() throws -> URL {
        let python = repository.appending(path: ".cache/venv/bin/python")
        guard FileManager.default.isExecutableFile(atPath: python.path()) else {
            throw PeerProcess.Failure(description: "no \(python.path()); run `scripts/setup test` once")
        }
        return python
    }

    private static let repository = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
}
