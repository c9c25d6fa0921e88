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
        let host = CrashHost(store: file, runs: Self.runs)
        var seeds = CrashSeed(seed)
        var lives: [[CrashHost.Effect]] = []
        for _ in 0..<Self.kills {
            let patience = seeds.next(below: 80)
            lives.append(try await pool.run { try host.live(killedAfter: patience) })
        }
        lives.append(try await pool.run { try host.live(killedAfter: nil) })
        checkEffects(lives, seed: seed)
        try await checkHub(file, seed: seed)
    }

    /// Within a life nothing runs twice; across lives only what the history had not recorded yet.
    private func checkEffects(_ lives: [[CrashHost.Effect]], seed: UInt64) {
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
