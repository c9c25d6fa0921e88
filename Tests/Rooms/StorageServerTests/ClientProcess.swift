// Darkroom
// SPDX-License-Identifier: Apache-2.0

import AzureStorage
import Foundation

/// A client program that runs to its end.
enum ClientProcess {
    struct Output {
        let status: Int32
        /// What it printed, errors included.
        let text: String
    }

    struct Missing: Error, CustomStringConvertible {
        let description: String
    }

    /// Runs a script of `Tests/Clients` in the Python environment that `scripts/setup test` makes.
    static func python(
        _ script: String, _ arguments: [String], _ connection: ConnectionString, in folder: String
    ) async throws -> Output {
        let python = repository.appending(path: ".cache/venv/bin/python")
        guard FileManager.default.isExecutableFile(atPath: python.path()) else {
            throw Missing(description: "the Python environment is missing; make it with: scripts/setup test")
        }
        let path = repository.appending(path: "Tests/Clients/\(script)").path()
        let environment = ["AZURE_STORAGE_CONNECTION_STRING": connection.text, "PYTHONDONTWRITEBYTECODE": "1"]
        return try await run(python.path(), [path] + arguments, environment, in: folder)
    }

    /// Runs a program of the system, or of a path, in a folder.
    static func run(
        _ program: String, _ arguments: [String], _ environment: [String: String], in folder: String
    ) async throws -> Output {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = [program] + arguments
        process.currentDirectoryURL = URL(filePath: folder)
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        let log = URL(filePath: folder).appending(path: "output-\(UUID().uuidString)")
        try Data().write(to: log)
        let handle = try FileHandle(forWritingTo: log)
        process.standardOutput = handle
        process.standardError = handle
        process.standardInput = FileHandle.nullDevice
        let status = try await status(of: process)
        try handle.close()
        return Output(status: status, text: String(decoding: try Data(contentsOf: log), as: UTF8.self))
    }

    /// Runs it to its end, or kills it when the test's time is up; a child holds SIGTERM back, as Swift's tasks do.
    private static func status(of process: Process) async throws -> Int32 {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                process.terminationHandler = { continuation.resume(returning: $0.terminationStatus) }
                do { try process.run() } catch { continuation.resume(throwing: error) }
            }
        } onCancel: {
            if process.isRunning { kill(process.processIdentifier, SIGKILL) }
        }
    }

    private static let repository = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
}
