// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import DurableTask
import Peers
import SQLite
import TaskHubSQL
import Testing

/// Orchestrators end their processes; they are told from their neighbours.
@Suite(.timeLimit(CrashScale.timeLimit))
struct PoisonCrashTests {
    private static let runs = 8

    @Test func whatEndsItsProcessIsSetAsideAndNothingElseIs() async throws {
        try await withTemporaryFolder { folder in
            let pool = BlockingPool(name: "poison test", threads: 1)
            defer { pool.close() }
            let file = "\(folder)/hub.sqlite"
            try await begin(on: file)
            let host = CrashHost(store: file, runs: Self.runs, orchestration: "poison")
            var deaths = 0
            while try await host.live(killedAfter: .max, on: pool).wasKilled { deaths += 1 }
            // One dies of its own news, the other of what its activity brings.
            let limit = HubConfiguration().maximumDeliveries
            #expect((limit...3 * limit).contains(deaths), "\(deaths) deaths")
            try await check(file)
            #expect(try await host.live(killedAfter: .max, on: pool).wasKilled)
        }
    }

    /// Starts the runs in a process that has no worker, so that they come from the store.
    private func begin(on file: String) async throws {
        let hub = try await EmbeddedTaskHub.sqlite(try SQLiteDatabase(path: file))
        for number in 0..<Self.runs { try await hub.begin("run-\(number)", "poison", number) }
    }

    private func check(_ file: String) async throws {
        let hub = try await EmbeddedTaskHub.sqlite(try SQLiteDatabase(path: file))
        for number in 2..<Self.runs {
            let status = try #require(try await hub.status(of: "run-\(number)"))
            #expect(status.status == .completed)
            #expect(status.parked == nil)
        }
        let reason = try #require(try await hub.status(of: "run-0")?.parked)
        #expect(reason.contains("never answered"))
        #expect(try await hub.waits(of: "run-1").contains { $0.contains("set aside") })
        #expect(try await hub.retry("run-0"))
    }
}
