// Darkroom
// SPDX-License-Identifier: Apache-2.0

import DurableTask
import Foundation
import SQL
import SQLite
import TaskHubSQL
import Testing

/// Files of earlier versions go on where they stood.
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
        let fixtures = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures")
        let script = try String(contentsOf: fixtures.appending(path: "version-1.sql"), encoding: .utf8)
        try await database.write { try $0.executeScript(script) }

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
}
