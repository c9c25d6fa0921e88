// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Runs a program that nobody here wrote.
enum Command {
    /// What the program printed and how it ended.
    struct Outcome: Sendable {
        let output: String
        let status: Int32
    }

    static func run(_ program: String, _ arguments: String...) async throws -> Outcome {
        try await run(program, arguments)
    }

    static func run(_ program: String, _ arguments: [String]) async throws -> Outcome {
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = [program] + arguments
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let handle = output.fileHandleForReading
        let bytes = await blocking { handle.readDataToEndOfFile() }
        process.waitUntilExit()
        return Outcome(output: String(decoding: bytes, as: UTF8.self), status: process.terminationStatus)
    }
}

/// A folder that goes away with its last reference.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.appending(path: "darkroom-\(UUID().uuidString)").path()
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// Writes a file of these bytes and returns its path.
    func file(_ name: String, _ bytes: [UInt8]) throws -> String {
        let file = path + "/" + name
        try Data(bytes).write(to: URL(filePath: file))
        return file
    }
}
