// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import Foundation
import Postgres
import SQL
import SQLite
import Testing

@testable import DurableTask
@testable import TaskHubSQL

/// What a database does not take is the trouble of those who ask for it alone.
@Suite(.timeLimit(.minutes(5)))
struct RefusalTests {
    /// A database with rules of its own.
    enum Refusing: String, CaseIterable, Sendable {
        case sqlite
        case postgres

        /// Lends a hub whose database refuses rows that have a text in a column.
        func withHub(
            refusing text: String, in column: String, of table: String,
            _ body: @Sendable (EmbeddedTaskHub) async throws -> Void
        ) async throws {
            var configuration = HubConfiguration()
            configuration.maximumDeliveries = 3
            switch self {
            case .sqlite:
                let folder = FileManager.default.temporaryDirectory.appending(path: "hub-\(UUID().uuidString)")
                try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
                defer { try? FileManager.default.removeItem(at: folder) }
                let database = try SQLiteDatabase(path: folder.appending(path: "hub.sqlite").path)
                let hub = try await EmbeddedTaskHub.sqlite(database, configuration: configuration)
                try await database.write { connection in
                    for event in ["INSERT", "UPDATE"] {
                        try connection.executeScript(
                            """
                            CREATE TRIGGER refuse_\(event) BEFORE \(event) ON \(table)
                            WHEN NEW.\(column) = '\(text)' BEGIN SELECT RAISE(ABORT, 'refused'); END
                            """)
                    }
                }
                try await body(hub)
            case .postgres:
                let room = PostgresRoom()
                let database = try await room.open()
                let hub = try await EmbeddedTaskHub.postgres(database, configuration: configuration)
                try await database.write { connection in
                    try connection.executeScript("ALTER TABLE \(table) ADD CHECK (\(column) <> '\(text)')")
                }
                try await body(hub)
            }
        }
    }

    private static let registry = TaskRegistry.main { context, input in
        try await context.call(activity: input == 13 ? "forbidden" : "double", input, as: Int.self)
    }.with("double") { 2 * $1 }.with("forbidden") { $1 }.with(Counter.self)

    /// Commits starts together.
    private func start(_ ids: [String], _ hub: EmbeddedTaskHub) async -> [TaskHubError.Code?] {
        let starts = ids.map { id in
            let event = ExecutionStarted(name: "main", input: "1", instanceID: id, executionID: "run")
            return HubRequest(locks: HubLocks([id])) { _ = $0.start(NewStart(event: event)) }
        }
        let commit = await hub.commit(starts)
        commit.handOut()
        return commit.results.map { result in
            do {
                try result.get()
                return nil
            } catch {
                return (error as? TaskHubError)?.code ?? .corrupt
            }
        }
    }

    @Test(arguments: Refusing.allCases)
    func whatOneRequestBreaksLeavesTheOthersOfItsCommitAlone(_ kind: Refusing) async throws {
        try await kind.withHub(refusing: "bad", in: "id", of: "hub_instance") { hub in
            let ids = (0..<9).map { "good-\($0)" }
            let codes = await start(Array(ids[..<4]) + ["bad"] + Array(ids[4...]), hub)
            #expect(codes == (0..<10).map { $0 == 4 ? .invalid : nil })
            try await withWorker(hub, Self.registry) {
                for id in ids {
                    let output = try await hub.waitForCompletion(of: id).output
                    #expect(output == "2")
                }
            }
            #expect(try await hub.status(of: "bad") == nil)
        }
    }

    @Test(arguments: Refusing.allCases)
    func whatIsCommittedAfterARefusalIsNotTakenForLost(_ kind: Refusing) async throws {
        try await kind.withHub(refusing: "bad", in: "id", of: "hub_instance") { hub in
            #expect(await start(["a"], hub) == [nil])
            let lease = hub.state.withLock { $0.owner << 32 + 5 }
            let leasing = HubRequest(locks: HubLocks(["a"])) { draft in
                draft.changes.tasks.append(
                    NewTask(
                        execution: ExecutionKey(instanceID: "a", executionID: "run"), orchestration: "main", id: 0,
                        call: TaskCall(name: "work", input: nil), lease: lease, time: draft.time))
            }
            let refused = HubRequest(locks: HubLocks(["bad"])) { draft in
                let event = ExecutionStarted(name: "main", input: "1", instanceID: "bad", executionID: "run")
                _ = draft.start(NewStart(event: event))
            }
            let commit = await hub.commit([leasing, refused])
            commit.handOut()
            try await hub.settleDoubts()
            #expect(try await hub.store.tasks(of: "a").map(\.lease) == [lease])
        }
    }

    @Test func aTextThatPostgreSQLCannotHoldFailsItsOwnRequestOnly() async throws {
        let room = PostgresRoom()
        let hub = try await EmbeddedTaskHub.postgres(try await room.open())
        let long = (0..<1_000).map { _ in "\(Int.random(in: 1_000...9_999))" }.joined()
        #expect(await start(["a", "cut\u{0}short", "b", long, "c"], hub) == [nil, .invalid, nil, .invalid, nil])
        // One that is decided over rows which nobody read is no different.
        #expect(await start(["cut\u{0}short"], hub) == [.invalid])
        try await withWorker(hub, Self.registry) {
            for id in ["a", "b", "c"] {
                let output = try await hub.waitForCompletion(of: id).output
                #expect(output == "2")
            }
        }
    }

    @Test func anIdThatPostgreSQLCannotHoldIsAskedForByItsOwnCallerOnly() async throws {
        let room = PostgresRoom()
        let store = SQLHubStore(try await room.open(), PostgresHubDialect())
        _ = try await store.join(for: .seconds(600))
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<200 {
                group.addTask {
                    let isBad = number % 50 == 0
                    let id = isBad ? "cut\u{0}short-\(number)" : "none-\(number)"
                    let code = try await refusal { _ = try await store.status(of: id) }
                    #expect(code == (isBad ? .invalid : nil))
                }
            }
            try await group.waitForAll()
        }
    }

    @Test(arguments: Refusing.allCases)
    func anInstanceWhoseEpisodesAreRefusedIsSetAside(_ kind: Refusing) async throws {
        try await kind.withHub(refusing: "forbidden", in: "name", of: "hub_task") { hub in
            var configuration = WorkerConfiguration()
            configuration.pause = { _ in await Task.yield() }
            try await withWorker(hub, Self.registry, configuration) {
                try await hub.begin("bad", "main", 13)
                #expect(try await hub.run("good", 1).output == "2")
                try await until { try await hub.status(of: "bad")?.parked?.contains("database refuses it") == true }
                #expect(try await hub.run("later", 2).output == "4")
            }
        }
    }

    @Test(arguments: Refusing.allCases)
    func operationsWhoseOutcomeIsRefusedHaveFailed(_ kind: Refusing) async throws {
        try await kind.withHub(refusing: #"{"total":13}"#, in: "input", of: "hub_instance") { hub in
            let registry = TaskRegistry.main { context, input in
                do { return try await context.call(Counter.add, input, on: "a") } catch { return -1 }
            }.with(Counter.self)
            try await withWorker(hub, registry) {
                for (id, amount, output) in [("first", 1, "1"), ("refused", 12, "-1"), ("second", 2, "3")] {
                    let status = try await hub.run(id, amount)
                    #expect(status.output == output)
                }
            }
        }
    }
}
