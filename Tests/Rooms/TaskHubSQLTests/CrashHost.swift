// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import Foundation
import Testing

/// A process that runs orchestrations on a hub, and can be killed.
struct CrashHost: Sendable {
    /// An activity that ran, as the process said.
    struct Effect: Hashable, Sendable {
        var instance: Substring
        var step: Int
        var task: Int

        fileprivate init(_ line: Substring) {
            let words = line.split(separator: " ")
            instance = words[0]
            step = Int(words[1]) ?? 0
            task = Int(words[2]) ?? -1
        }
    }

    /// What a process did from its start to its end.
    struct Life: Sendable {
        var effects: [Effect]
        /// Whether it was taken for dead meanwhile, so that others did what it had in hand.
        var wasMissed: Bool
        /// Whether it was killed before it was done.
        var wasKilled: Bool
    }

    /// A file, or the URI of a PostgreSQL database.
    var store: String
    /// How many orchestrations it starts, or finds started.
    var runs: Int
    /// Which orchestration.
    var orchestration = "steps"
    /// Hears of every line.
    var onLine: @Sendable () -> Void = {}

    /// Runs the process until it has said so many lines, kills it, and reads what else it had said.
    ///
    /// It is killed, too, when the test's time is up. It takes one of the pool's threads.
    func live(killedAfter lines: Int?, on pool: BlockingPool) async throws -> Life {
        let program = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let process = Process()
        process.executableURL = URL(filePath: program).deletingLastPathComponent().appending(path: "TaskHubCrashHost")
        process.arguments = [store, "\(runs)", orchestration]
        return try await withTaskCancellationHandler {
            try await pool.run { try live(as: process, killedAfter: lines) }
        } onCancel: {
            if process.isRunning { kill(process.processIdentifier, SIGKILL) }
        }
    }

    private func live(as process: Process, killedAfter lines: Int?) throws -> Life {
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        var said = Data()
        var count = 0
        while case let more = output.fileHandleForReading.availableData, !more.isEmpty {
            said += more
            for byte in more where byte == UInt8(ascii: "\n") {
                count += 1
                onLine()
            }
            if let lines, count > lines { kill(process.processIdentifier, SIGKILL) }
        }
        process.waitUntilExit()
        let wasKilled = process.terminationReason == .uncaughtSignal && process.terminationStatus == SIGKILL
        if !wasKilled || lines == nil { #expect(process.terminationStatus == 0) }
        let words = String(decoding: said, as: UTF8.self).split(separator: "\n")
        let effects = words.filter { $0 != "again" }.map(Effect.init)
        return Life(effects: effects, wasMissed: effects.count < words.count, wasKilled: wasKilled)
    }
}
