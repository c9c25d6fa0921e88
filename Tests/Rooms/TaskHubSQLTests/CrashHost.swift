// Darkroom
// SPDX-License-Identifier: Apache-2.0

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

    /// A file, or the URI of a PostgreSQL database.
    var store: String
    /// How many orchestrations it starts, or finds started.
    var runs: Int
    /// Hears after every line how many there are.
    var onLine: @Sendable (Int) -> Void = { _ in }

    /// Runs the process until it has said so many lines, kills it, and reads what else it had said.
    ///
    /// It blocks the thread.
    func live(killedAfter lines: Int?) throws -> [Effect] {
        let program = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(filePath: program).deletingLastPathComponent().appending(path: "TaskHubCrashHost")
        process.arguments = [store, "\(runs)"]
        process.standardOutput = output
        try process.run()
        var said = Data()
        while let more = try output.fileHandleForReading.read(upToCount: 64), !more.isEmpty {
            said += more
            let count = said.count { $0 == UInt8(ascii: "\n") }
            onLine(count)
            if let lines, count > lines { kill(process.processIdentifier, SIGKILL) }
        }
        process.waitUntilExit()
        if lines == nil { #expect(process.terminationStatus == 0) }
        return String(decoding: said, as: UTF8.self).split(separator: "\n").map(Effect.init)
    }
}

/// Numbers that a seed gives.
struct CrashSeed {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next(below bound: Int) -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int(state >> 33) % bound
    }
}
