// Darkroom
// SPDX-License-Identifier: Apache-2.0

import DurableTask
import Foundation
import Postgres
import SQL
import SQLite
import TaskHubSQL
import Testing

/// Hubs of earlier versions go on where they stood.
@Suite(.timeLimit(.minutes(5)))
struct MigrationTests {
    private static let registry = TaskRegistry.main { context, input in
        let doubled = try await context.call(activity: "double", input, as: Int.self)
        try await context.sleep(for: .seconds(60))
        return doubled + 1
    }.with("double") { 2 * $1 }

    @Test func aFileOfTheFirstVersionGoesOn() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "hub-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let database = try SQLiteDatabase(path: folder.appending(path: "hub.sqlite").path)
        try await run("version-1.sql", on: database)

        let hub = try await EmbeddedTaskHub.sqlite(database, clock: VirtualHubClock())
        #expect(try await hub.status(of: "ended")?.output == "11")
        #expect(try await hub.countByStatus(InstanceQuery()) == [.pending: 1, .running: 3, .completed: 1])
        try await withWorker(hub, Self.registry) {
            for (id, output) in [("begun", "3"), ("running", "5"), ("answered", "7"), ("sleeping", "9")] {
                #expect(try await hub.waitForCompletion(of: id).output == output)
            }
            try await hub.restart("ended")
            #expect(try await hub.waitForCompletion(of: "ended").output == "11")
        }
        let leftovers = try await database.read { connection in
            try connection.query("SELECT (SELECT COUNT(*) FROM hub_inbox) + (SELECT COUNT(*) FROM hub_task)")
        }
        #expect(leftovers.first?.int(0) == 0)
    }

    @Test func aDatabaseOfTheFirstVersionGoesOn() async throws {
        let room = PostgresRoom()
        let database = try await room.open()
        try await run("postgres-version-2.sql", on: database)

        let hub = try await EmbeddedTaskHub.postgres(database, clock: VirtualHubClock())
        #expect(try await hub.countByStatus(InstanceQuery()) == [.pending: 1, .running: 3, .completed: 1])
        try await withWorker(hub, Self.registry) {
            for (id, output) in [("begun", "3"), ("Running", "5"), ("answered", "7"), ("sleeping", "9")] {
                let status = try await hub.waitForCompletion(of: id)
                #expect(status.output == output)
            }
            try await hub.restart("ended")
            let again = try await hub.waitForCompletion(of: "ended")
            #expect(again.output == "11")
        }
        #expect(try await hub.list(InstanceQuery(idPrefix: "R")).instances.map(\.id) == ["Running"])
        #expect(try await hub.purge(PurgeFilter()) == 5)
        let tables = ["instance", "history", "inbox", "task", "payload", "payload_use"].map { "hub_\($0)" }
        let counts = tables.map { "(SELECT COUNT(*) FROM \($0))" }.joined(separator: " + ")
        let leftovers = try await database.read { try $0.query("SELECT \(counts)") }
        #expect(leftovers.first?.int(0) == 0)
    }

    /// Only an order by bytes is the same everywhere: that in which this program sorts what it locks.
    @Test func keysAreInTheOrderOfTheirBytesWhateverTheLanguageOfTheDatabase() async throws {
        let room = PostgresRoom()
        let database = try await room.open()
        try await run("postgres-version-2.sql", on: database)
        let hub = try await EmbeddedTaskHub.postgres(database)
        let ids = ["a", "B", "_", "é", "e\u{301}f", "Z", "z-1", "z1", "𒀀", "ｚ"]
        for id in ids { try await hub.begin(id) }
        let ordered = try await database.read { connection in
            try connection.query(
                "SELECT id FROM hub_instance WHERE id = ANY(?) ORDER BY id", [.texts(ids)]
            ).map { $0.text(0) }
        }
        let sorted = ids.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        #expect(ordered.map { Array($0.utf8) } == sorted.map { Array($0.utf8) })
    }

    private func run(_ fixture: String, on database: any SQLDatabase) async throws {
        let fixtures = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures")
        let script = try String(contentsOf: fixtures.appending(path: fixture), encoding: .utf8)
        try await database.write { try $0.executeScript(script) }
    }
}
