// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// A Python script that drives the real program from outside.
struct Script {
    /// What it printed, and how it ended.
    struct Outcome {
        let output: String
        let status: Int32
    }

    /// The root of the repository.
    static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// The program that was built together with the tests.
    static var darkroom: URL {
        get throws {
            let folder = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
            let program = folder.appendingPathComponent("darkroom")
            try #require(
                FileManager.default.isExecutableFile(atPath: program.path),
                "the program darkroom is not beside the tests; build it with \"swift build --build-tests\"")
            return program
        }
    }

    /// The Python that `scripts/setup test` made.
    static var python: URL {
        get throws {
            let python = root.appendingPathComponent(".cache/venv/bin/python")
            try #require(
                FileManager.default.isExecutableFile(atPath: python.path), "run \"scripts/setup test\" first")
            return python
        }
    }

    let path: String
    var environment: [String: String] = [:]

    init(_ path: String) { self.path = path }

    /// Runs it to its end; standard error and output together.
    func run(_ arguments: [String]) async throws -> Outcome {
        try await runProgram(
            try Script.python, [Script.root.appendingPathComponent(path).path] + arguments, environment: environment)
    }
}

/// Runs a program to its end without holding a thread of the cooperative pool.
func runProgram(
    _ program: URL, _ arguments: [String], environment: [String: String] = [:], folder: URL? = nil
) async throws -> Script.Outcome {
    let process = Process()
    process.executableURL = program
    process.arguments = arguments
    process.currentDirectoryURL = folder
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    let log = FileManager.default.temporaryDirectory.appendingPathComponent("script-\(UUID().uuidString).log")
    try Data().write(to: log)
    defer { try? FileManager.default.removeItem(at: log) }
    let output = try FileHandle(forWritingTo: log)
    process.standardOutput = output
    process.standardError = output
    process.standardInput = FileHandle.nullDevice
    try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
        process.terminationHandler = { _ in continuation.resume() }
        do {
            try process.run()
        } catch {
            process.terminationHandler = nil
            continuation.resume(throwing: error)
        }
    }
    return Script.Outcome(
        output: String(decoding: try Data(contentsOf: log), as: UTF8.self), status: process.terminationStatus)
}
