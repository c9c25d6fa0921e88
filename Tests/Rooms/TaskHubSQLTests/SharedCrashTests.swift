// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import DurableTask
import Peers
import Postgres
import SQL
import TaskHubSQL
import Testing

/// Several processes work on one hub in PostgreSQL and are killed, or the server is; nothing may be lost, every run
/// ends once.
@Suite(.timeLimit(CrashScale.timeLimit))
struct SharedCrashTests {
    private static let processes = 3

    @Test func everyRunEndsOnceWhateverProcessIsKilled() async throws {
        let room = PostgresRoom()
        var report = CrashReport(.member, CrashScale(runs: 60, kills: 9), seed: CrashScale.seeds[0])
        let lives = try await livesBesideEachOther(on: try await room.address(), &report)
        try await conclude(report, lives, try await room.open())
    }

    /// Three processes at any time: who is killed has a successor, the last ones may finish.
    private func livesBesideEachOther(
        on address: String, _ report: inout CrashReport
    ) async throws -> [CrashHost.Life] {
        let pool = BlockingPool(name: "crash test", threads: Self.processes)
        defer { pool.close() }
        let scale = report.scale
        let host = CrashHost(store: address, runs: scale.runs)
        var seed = CrashSeed(report.seed)
        return try await withThrowingTaskGroup(of: CrashHost.Life.self) { group in
            var lives: [CrashHost.Life] = []
            for number in 0..<scale.kills + Self.processes {
                if number >= Self.processes {
                    guard let life = try await group.next() else { break }
                    lives.append(life)
                    if life.wasKilled { report.countKill() }
                }
                let patience = number < scale.kills ? scale.patience(&seed) : nil
                group.addTask { try await host.live(killedAfter: patience, on: pool) }
            }
            return try await group.reduce(into: lives) { $0.append($1) }
        }
    }

    @Test func everyRunEndsOnceThoughTheServerCrashes() async throws {
        try await PostgresServer.with { server in
            let address = server.address(of: try await server.makeDatabase())
            var report = CrashReport(.server, CrashScale(runs: 60, kills: 2), seed: CrashScale.seeds[0])
            let (lines, line) = AsyncStream.makeStream(of: Void.self)
            let host = CrashHost(store: address, runs: report.scale.runs) { line.yield() }
            async let lives = {
                defer { line.finish() }
                return try await livesOfTwo(host)
            }()
            try await crash(server, after: lines, &report)
            let database = try PostgresDatabase(address)
            defer { database.close() }
            try await conclude(report, try await lives, database)
        }
    }

    private func livesOfTwo(_ host: CrashHost) async throws -> [CrashHost.Life] {
        let pool = BlockingPool(name: "crash test", threads: 2)
        defer { pool.close() }
        async let one = host.live(killedAfter: nil, on: pool)
        async let other = host.live(killedAfter: nil, on: pool)
        return try await [one, other]
    }

    /// Crashes the server after some lines, again and again.
    private func crash(
        _ server: PostgresServer, after lines: AsyncStream<Void>, _ report: inout CrashReport
    ) async throws {
        var numbers = CrashSeed(report.seed)
        var patience = report.scale.patience(&numbers)
        for await _ in lines where report.kills < report.scale.kills {
            patience -= 1
            guard patience <= 0 else { continue }
            try await server.crash()
            try await server.start()
            report.countKill()
            patience = report.scale.patience(&numbers)
        }
    }

    private func conclude(
        _ report: CrashReport, _ lives: [CrashHost.Life], _ database: PostgresDatabase
    ) async throws {
        var report = report
        report.check(lives)
        try await report.check(try await .postgres(database), in: database)
        report.conclude()
    }
}
