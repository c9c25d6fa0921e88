// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import DurableTask
import Peers
import SQLite
import TaskHubSQL
import Testing

/// A process that runs orchestrations is killed again and again; nothing may be lost, nothing done twice.
@Suite(.timeLimit(CrashScale.timeLimit))
struct CrashTests {
    private static let scale = CrashScale(runs: 150, kills: 12)

    @Test(arguments: CrashScale.seeds)
    func everyRunEndsOnceWhateverIsKilled(seed: UInt64) async throws {
        try await withTemporaryFolder { folder in
            var report = CrashReport(.process, Self.scale, seed: seed)
            let file = "\(folder)/hub.sqlite"
            report.check(try await lives(on: file, &report))
            let database = try SQLiteDatabase(path: file)
            try await report.check(try await .sqlite(database), in: database)
            report.conclude()
        }
    }

    /// One process after the other: each is killed after some lines, the last one may finish.
    private func lives(on file: String, _ report: inout CrashReport) async throws -> [CrashHost.Life] {
        let pool = BlockingPool(name: "crash test", threads: 1)
        defer { pool.close() }
        let host = CrashHost(store: file, runs: Self.scale.runs)
        var seed = CrashSeed(report.seed)
        var lives: [CrashHost.Life] = []
        while report.kills < Self.scale.kills {
            let patience = Self.scale.patience(&seed)
            let life = try await host.live(killedAfter: patience, on: pool)
            lives.append(life)
            if !life.wasKilled { return lives }
            report.countKill()
        }
        return lives + [try await host.live(killedAfter: nil, on: pool)]
    }
}
