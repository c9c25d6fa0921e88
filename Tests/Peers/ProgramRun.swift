// Darkroom
// SPDX-License-Identifier: Apache-2.0

package import Foundation

/// What a program left behind that ran to its end.
package struct ProgramRun: Sendable {
    /// Its exit code; the number of the signal that ended it.
    package let status: Int32
    /// What it printed, errors included.
    package let text: String

    /// Runs a program to its end without holding a thread, or kills it when the test's time is up.
    ///
    /// - Parameters:
    ///   - environment: What it finds in its environment besides what this process has.
    ///   - folder: Where it runs; nil for this process's own.
    package init(
        _ program: URL, _ arguments: [String], environment: [String: String] = [:], in folder: URL? = nil
    ) async throws {
        let process = Process()
        process.executableURL = program
        process.arguments = arguments
        process.currentDirectoryURL = folder
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        let log = FileManager.default.temporaryDirectory.appending(path: "output-\(UUID().uuidString)")
        try Data().write(to: log)
        defer { try? FileManager.default.removeItem(at: log) }
        let output = try FileHandle(forWritingTo: log)
        process.standardOutput = output
        process.standardError = output
        process.standardInput = FileHandle.nullDevice
        status = try await process.runToEnd()
        text = String(decoding: try Data(contentsOf: log), as: UTF8.self)
    }
}

extension Process {
    /// Runs it to its end without holding a thread, or kills it when the task is cancelled.
    ///
    /// A child of a Swift task inherits a mask that holds SIGTERM back, so it is SIGKILL.
    ///
    /// - Returns: its exit code; the number of the signal that ended it.
    package func runToEnd() async throws -> Int32 {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                terminationHandler = { continuation.resume(returning: $0.terminationStatus) }
                do {
                    try run()
                } catch {
                    terminationHandler = nil
                    continuation.resume(throwing: error)
                }
            }
        } onCancel: {
            if isRunning { kill(processIdentifier, SIGKILL) }
        }
    }
}
