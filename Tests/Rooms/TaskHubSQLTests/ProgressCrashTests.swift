// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import DurableTask
import Peers
import SQLite
import TaskHubSQL
import Testing

/// An activity whose process is killed goes on from the progress that it told of.
@Suite(.timeLimit(CrashScale.timeLimit))
struct ProgressCrashTests {
    @Test func theNextRunGoesOnFromTheProgressOfAKilledProcess() async throws {
        try await withTemporaryFolder { folder in
            let pool = BlockingPool(name: "progress test", threads: 1)
            defer { pool.close() }
            let file = "\(folder)/hub.sqlite"
            // It says that it runs, and is killed once somebody has read in the store how far it is.
            let first = try await CrashHost(store: file, runs: 1, orchestration: "parts").live(killedAfter: 1, on: pool)
            #expect(first.wasKilled)
            let second = try await CrashHost(store: file, runs: 1, orchestration: "parts").live(
                killedAfter: nil, on: pool)
            #expect(first.effects.map(\.step) == [0, 1])
            #expect(second.effects.map(\.step) == [2, 3])
            let hub = try await EmbeddedTaskHub.sqlite(try SQLiteDatabase(path: file))
            #expect(try await hub.status(of: "run-0")?.output == "3")
        }
    }
}
