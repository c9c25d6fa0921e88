// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import DurableTask
import Foundation
import SQL
import SQLite
import TaskHubSQL
import Telemetry
import Testing

/// A process that runs orchestrations is killed again and again; nothing may be lost, nothing done twice.
@Suite(.timeLimit(.minutes(2)))
struct CrashTests {
    /// What one life of the process said: activities that ran, in order.
    private struct Effect: Hashable {
        var instance: Substring
        var step: Int
        var task: Int

        init(_ line: Substring) {
            let words = line.split(separator: " ")
            instance = words[0]
            step = Int(words[1]) ?? 0
            task = Int(words[2]) ?? -1
        }
    }

    private static let runs = 150
    private static let kills = 12

    @Test(arguments: [UInt64(1), 2])
    func everyRunEndsOnceWhateverIsKilled(seed: UInt64) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "crash-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appending(path: "hub.sqlite").path
        let pool = BlockingPool(name: "crash test", threads: 1)
        defer { pool.close() }
        var state = seed
        var lives: [[Effect]] = []
        for _ in 0..<Self.kills {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let patience = Int(state >> 33) % 80
            lives.append(try await pool.run { try Self.live(file, killedAfter: patience) })
        }
        lives.append(try await pool.run { try Self.live(file, killedAfter: nil) })
        checkEffects(lives, seed: seed)
        try await checkHub(file, seed: seed)
    }

    /// Runs the process until it has said so many lines, kills it, and reads what else it had said.
    private static func live(_ file: String, killedAfter lines: Int?) throws -> [Effect] {
        let program = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(filePath: program).deletingLastPathComponent().appending(path: "TaskHubCrashHost")
        process.arguments = [file, "\(runs)"]
        process.standardOutput = output
        try process.run()
        var said = Data()
        while let more = try output.fileHandleForReading.read(upToCount: 64), !more.isEmpty {
            said += more
            guard let lines, said.count(where: { $0 == UInt8(ascii: "\n") }) > lines else { continue }
            kill(process.processIdentifier, SIGKILL)
        }
        process.waitUntilExit()
        if lines == nil { #expect(process.terminationStatus == 0) }
        return String(decoding: said, as: UTF8.self).split(separator: "\n").map(Effect.init)
    }

    /// Within a life nothing runs twice; across lives only what the history had not recorded yet.
    private func checkEffects(_ lives: [[Effect]], seed: UInt64) {
        var furthest: [Substring: Int] = [:]
        for life in lives {
            #expect(Set(life).count == life.count, "seed \(seed): an activity ran twice in one life")
            for effect in life {
                let step = furthest[effect.instance, default: 0]
                #expect(effect.step >= step, "seed \(seed): \(effect) ran again though a later step had begun")
                furthest[effect.instance] = effect.step
            }
        }
        #expect(furthest.count == Self.runs)
        #expect(furthest.values.allSatisfy { $0 == 3 })
    }

    private func checkHub(_ file: String, seed: UInt64) async throws {
        let database = try SQLiteDatabase(path: file)
        let hub = try await EmbeddedTaskHub.sqlite(database)
        for number in 0..<Self.runs {
            let status = try #require(try await hub.status(of: "run-\(number)"))
            #expect(status.output == "\(number * 1_000 + 8)", "seed \(seed)")
            let kinds = try await hub.history(of: "run-\(number)").map(\.kind)
            var answered: [Int] = []
            var ends = 0
            for kind in kinds {
                switch kind {
                case .taskCompleted(let id, _), .taskFailed(let id, _), .timerFired(let id, _): answered.append(id)
                case .executionCompleted: ends += 1
                default: break
                }
            }
            #expect(ends == 1, "seed \(seed)")
            #expect(Set(answered).count == answered.count, "seed \(seed): an answer came twice")
        }
        let leftovers = try await database.read { connection in
            try connection.query("SELECT (SELECT COUNT(*) FROM hub_inbox) + (SELECT COUNT(*) FROM hub_task)")
        }
        #expect(leftovers.first?.int(0) == 0, "seed \(seed)")
    }
}
