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

/// What only a hub in a file can do.
@Suite(.timeLimit(.minutes(5)))
struct SQLHubTests {
    private func withFile<Value>(_ body: (String) async throws -> Value) async throws -> Value {
        let folder = FileManager.default.temporaryDirectory.appending(path: "hub-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        return try await body(folder.appending(path: "hub.sqlite").path)
    }

    @Test func aProcessThatLostTheHubIsRefusedAndStops() async throws {
        try await withFile { file in
            let old = try await EmbeddedTaskHub.sqlite(try SQLiteDatabase(path: file))
            _ = try await old.start(StartRequest(id: "a", name: "main", input: "0"))
            let new = try await EmbeddedTaskHub.sqlite(try SQLiteDatabase(path: file))
            #expect(try await refusal { _ = try await old.start(StartRequest(id: "b", name: "main")) } == .ownerChanged)
            let worker = TaskHubWorker(old, registry: .main { _, input in input })
            #expect(try await refusal { try await worker.run() } == .ownerChanged)
            #expect(try await new.status(of: "a")?.status == .pending)
            #expect(try await new.start(StartRequest(id: "b", name: "main")) == .created)
        }
    }

    @Test func aNewerSchemaIsRefused() async throws {
        try await withFile { file in
            let database = try SQLiteDatabase(path: file)
            _ = try await EmbeddedTaskHub.sqlite(database)
            try await database.write { _ = try $0.execute("UPDATE hub_meta SET schema_version = 99") }
            #expect(try await refusal { _ = try await EmbeddedTaskHub.sqlite(database) } == .newerSchema)
        }
    }

    @Test func aDamagedHistoryHoldsUpItsOwnInstanceOnly() async throws {
        try await withFile { file in
            let database = try SQLiteDatabase(path: file)
            let registry = TaskRegistry.main { context, input in
                try await context.call(activity: "wait", input, as: Int.self)
            }.with("wait") { $1 + 1 }
            let first = try await EmbeddedTaskHub.sqlite(database)
            _ = try await first.start(StartRequest(id: "bad", name: "main", input: "0"))
            let item = try #require(try await first.nextOrchestration(.all, Intake()))
            let beginning = HistoryPosition.beginning(of: try #require(item.beginsExecution).executionID)
            let call = OrchestratorAction(id: 0, .scheduleTask(TaskCall(name: "wait", input: "0")))
            _ = try await first.complete(item, with: OrchestratorTurn(actions: [call]), from: beginning)
            try await database.write { _ = try $0.execute("UPDATE hub_history SET events = '['") }
            let hub = try await EmbeddedTaskHub.sqlite(database)
            let good = try await withWorker(hub, registry) { try await hub.run("good", 1) }
            #expect(good.output == "2")
            #expect(try await hub.status(of: "bad")?.status == .running)
            #expect(try await refusal { _ = try await hub.history(of: "bad") } == .corrupt)
        }
    }

    @Test func aBacklogIsReadBackInPages() async throws {
        try await withFile { file in
            let database = try SQLiteDatabase(path: file)
            let first = try await EmbeddedTaskHub.sqlite(database)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<2_500 {
                    group.addTask {
                        _ = try await first.start(StartRequest(id: "i\(number)", name: "main", input: "1"))
                    }
                }
                try await group.waitForAll()
            }
            let hub = try await EmbeddedTaskHub.sqlite(database)
            try await withWorker(hub, .main { _, input in input }) {
                for number in 0..<2_500 { _ = try await hub.waitForCompletion(of: "i\(number)") }
            }
        }
    }
}
