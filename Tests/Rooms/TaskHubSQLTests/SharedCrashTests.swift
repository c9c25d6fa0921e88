// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import DurableTask
import FoundationEssentials
import Peers
import Postgres
import SQL
import TaskHubSQL
import Testing

/// Several processes work on one hub in PostgreSQL and are killed, or the server is; nothing may be lost, every run
/// ends once.
@Suite(.timeLimit(.minutes(2)))
struct SharedCrashTests {
    private static let runs = 60
    private static let processes = 3
    private static let kills = 3

    @Test func everyRunEndsOnceWhateverProcessIsKilled() async throws {
        let room = PostgresRoom()
        let address = try await room.address()
        let lives = try await withThrowingTaskGroup(of: [[CrashHost.Effect]].self) { group in
            for lane in 1...Self.processes {
                group.addTask { try await Self.livesOfLane(address, seed: UInt64(lane)) }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        for life in lives { #expect(Set(life).count == life.count, "an activity ran twice in one life") }
        check(lives.flatMap(\.self))
        try await checkHub(try await room.open())
    }

    /// One process after the other: each is killed after some lines, the last one may finish.
    private static func livesOfLane(_ address: String, seed: UInt64) async throws -> [[CrashHost.Effect]] {
        let pool = BlockingPool(name: "crash test", threads: 1)
        defer { pool.close() }
        let host = CrashHost(store: address, runs: runs)
        var seeds = CrashSeed(seed)
        var lives: [[CrashHost.Effect]] = []
        for _ in 0..<kills {
            let patience = 10 + seeds.next(below: 40)
            lives.append(try await pool.run { try host.live(killedAfter: patience) })
        }
        lives.append(try await pool.run { try host.live(killedAfter: nil) })
        return lives
    }

    @Test func everyRunEndsOnceThoughTheServerCrashes() async throws {
        try await PostgresServer.with { server in
            let address = server.address(of: try await server.makeDatabase())
            let (lines, count) = AsyncStream.makeStream(of: Int.self)
            let pool = BlockingPool(name: "crash test", threads: 2)
            defer { pool.close() }
            let effects = try await withThrowingTaskGroup(of: [CrashHost.Effect].self) { group in
                for _ in 0..<2 {
                    let host = CrashHost(store: address, runs: Self.runs) { count.yield($0) }
                    group.addTask { try await pool.run { try host.live(killedAfter: nil) } }
                }
                for await line in lines where line > 20 { break }
                try await server.crash()
                try await server.start()
                return try await group.reduce(into: []) { $0 += $1 }
            }
            check(effects)
            let database = try PostgresDatabase(address)
            defer { database.close() }
            try await checkHub(database)
        }
    }

    /// Every run did each of its steps.
    private func check(_ effects: [CrashHost.Effect]) {
        let steps = Dictionary(grouping: effects, by: \.instance).mapValues { Set($0.map(\.step)) }
        #expect(steps.count == Self.runs)
        #expect(steps.values.allSatisfy { $0 == [1, 2, 3] })
    }

    private func checkHub(_ database: PostgresDatabase) async throws {
        let hub = try await EmbeddedTaskHub.postgres(database)
        for number in 0..<Self.runs {
            #expect(try await hub.status(of: "run-\(number)")?.output == "\(number * 1_000 + 8)")
            let kinds = try await hub.history(of: "run-\(number)").map(\.kind)
            #expect(kinds.count { if case .executionCompleted = $0 { true } else { false } } == 1)
        }
        let leftovers = try await database.read { connection in
            try connection.query("SELECT (SELECT COUNT(*) FROM hub_inbox) + (SELECT COUNT(*) FROM hub_task)")
        }
        #expect(leftovers.first?.int(0) == 0)
    }
}
