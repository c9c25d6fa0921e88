// Darkroom
// SPDX-License-Identifier: Apache-2.0

import DurableTask
import Foundation
import SQL
import SQLite
import Telemetry
import Testing

@testable import Postgres
@testable import TaskHubSQL

/// No statement of the hub looks at all rows of a great table.
@Suite(.timeLimit(.minutes(5)))
struct PlanTests {
    /// Statements that look at many rows all the same, and why they may; some words of each.
    private static let exceptions = [
        // Who counts instances wants them all to be looked at.
        "SELECT COUNT(*), status FROM hub_instance",
        // Free tasks are gathered by name and version every few seconds; their index leads to no others.
        "SELECT name, version, MAX(priority) FROM hub_task WHERE lease = 0",
        // A member ends seldom, and no index has the leases: every task would pay for it.
        "UPDATE hub_task SET lease = 0, deliveries = deliveries + ? WHERE lease >= ?",
        "UPDATE hub_task SET lease = 0, deliveries = deliveries + 1 WHERE lease <> 0",
        "SELECT sequence, lease FROM hub_task WHERE lease >= ?",
    ]

    /// How many rows of each kind the great tables have.
    private static let crowd = 5_000
    /// How many rows a statement may look at.
    private static let limit: Double = 300

    @Test func noStatementOnPostgreSQLLooksAtAllRows() async throws {
        let room = PostgresRoom()
        let recorder = RecordingDatabase(try await room.open())
        let probe = try await room.open()
        let store = SQLHubStore(recorder, PostgresHubDialect())
        try await fill(probe, store, key: "instance_id", of: "'done-' || n")
        try await probe.write { try $0.executeScript("ANALYZE") }
        try await useEverything(store)
        let statements = recorder.calls.values.filter { call in
            !Self.exceptions.contains { call.call.sql.contains($0) }
        }
        #expect(statements.count > 60)
        for recorded in statements {
            let plan = try await PostgresPlan(of: recorded, on: probe)
            #expect(plan.visitedRows < Self.limit, "\(recorded.call.sql)\n\(plan.text)")
        }
    }

    @Test func noStatementOnSQLiteLooksAtAllRows() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "hub-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let database = try SQLiteDatabase(path: folder.appending(path: "hub.sqlite").path)
        let recorder = RecordingDatabase(database)
        let store = SQLHubStore(recorder, SQLiteHubDialect())
        try await fill(database, store, key: "instance", of: "n")
        try await useEverything(store)
        let statements = recorder.calls.values.map(\.call).filter { call in
            call.sql.contains("hub_") && !Self.exceptions.contains { call.sql.contains($0) }
                && !["hub_meta", "hub_member"].contains { call.sql.contains($0) }
        }
        #expect(statements.count > 40)
        for call in statements {
            let plan = try await database.read { connection in
                try connection.query("EXPLAIN QUERY PLAN " + call.sql, call.parameters).map { $0.text(3) }
            }
            // What else is scanned is no table, but what a part of the statement has found.
            let scans = plan.filter { $0.hasPrefix("SCAN hub_") }
            #expect(scans.isEmpty, "\(call.sql)\n\(plan.joined(separator: "\n"))")
        }
    }

    /// Ended instances with histories, others that sleep for long, and tasks that nobody takes.
    private func fill(
        _ database: any SQLDatabase, _ store: SQLHubStore, key: String, of instance: String
    ) async throws {
        _ = try await store.join(for: .seconds(600))
        let numbers = """
            WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < \(Self.crowd))
            """
        let columns = "id, execution_id, name, status, created_at, updated_at, ended_at, event_count, byte_count, owner"
        let script = """
            \(numbers) INSERT INTO hub_instance (\(columns))
                SELECT 'done-' || n, 'run', 'other', 'completed', n, n, n, 1, 1, 0 FROM numbers;
            \(numbers) INSERT INTO hub_instance (\(columns))
                SELECT 'asleep-' || n, 'run', 'other', 'running', n, n, NULL, 1, 1, 0 FROM numbers;
            \(numbers) INSERT INTO hub_history (\(key), position, events) SELECT \(instance), 0, '[]' FROM numbers;
            \(numbers) INSERT INTO hub_inbox (instance_id, execution_id, visible_at, event)
                SELECT 'asleep-' || n, 'run', 9000000000000 + n, '{}' FROM numbers;
            \(numbers) INSERT INTO hub_task (instance_id, execution_id, orchestration, task_id, name, priority,
                    queued_at, deliveries, lease)
                SELECT 'asleep-' || n, 'run', 'other', n, 'other', 0, 0, 0, 0 FROM numbers;
            """
        try await database.write { try $0.executeScript(script) }
    }
}

// All that a hub asks its store for.
extension PlanTests {
    private static let registry: TaskRegistry = {
        var registry = TaskRegistry.main { context, input in
            if input == 0 { throw context.continueAsNew(1) }
            try context.setCustomStatus("waits")
            let number = try await context.event("number", as: Int.self)
            let child = try await context.call(orchestration: "child", number, as: Int.self)
            _ = try await context.call(Counter.add, 1, on: "a")
            try await context.sleep(for: .milliseconds(20))
            return child + input
        }.with("double") { context, input in
            context.heartbeat("begun")
            return input * 2
        }.with(orchestration: "child") { context, input in
            let doubled = try await context.call(activity: "double", input, as: Int.self)
            return try await context.call(activity: "double", doubled, as: Int.self)
        }.with(orchestration: "asleep") { context, input in
            try await context.sleep(for: .seconds(3_600))
            return input
        }
        registry.add(Counter.self)
        return registry
    }()

    private func useEverything(_ store: SQLHubStore) async throws {
        var configuration = HubConfiguration()
        configuration.inlinePayloadBytes = 200
        let hub = try await EmbeddedTaskHub(
            store: store, clock: SystemHubClock(), configuration: configuration, log: .silent)
        try await hub.begin("before", "child", 1)
        var worker = WorkerConfiguration()
        worker.unknownNames = .leave
        try await withWorker(hub, Self.registry, worker) {
            for id in ["a", "b", "c"] { try await hub.begin(id, "main", 0) }
            for id in ["a", "b", "c"] {
                try await hub.raiseEvent(SentEvent(instanceID: id, name: "number", input: "3"), ifMissing: .keep)
            }
            for id in ["a", "b", "c", "before"] { _ = try await hub.waitForCompletion(of: id) }
            try await hub.begin("asleep", "asleep", 0)
            try await hub.wait(for: .running, of: "asleep")
            try await hub.terminate("asleep", reason: String(repeating: "x", count: 300), isRecursive: true)
            _ = try await hub.waitForCompletion(of: "asleep")
            try await hub.restart("a")
            _ = try await hub.waitForStart(of: "a")
        }
        try await look(hub)
        try await look(store)
    }

    private func look(_ hub: EmbeddedTaskHub) async throws {
        _ = try await hub.history(of: "b")
        _ = try await hub.list(InstanceQuery())
        _ = try await hub.list(InstanceQuery(statuses: [.failed]))
        _ = try await hub.list(InstanceQuery(idPrefix: "none"))
        _ = try await hub.countByStatus(InstanceQuery())
        _ = try await hub.entities(EntityQuery())
        _ = try await hub.entity("@counter@a", includesState: true)
        _ = try await hub.waits(of: "a")
        _ = try await hub.purge("b", isRecursive: true)
        var filter = PurgeFilter(endedBefore: Date(millisecondsSince1970: 1), statuses: [.completed])
        filter.createdTo = Date(millisecondsSince1970: 1)
        _ = try await hub.purge(filter)
    }

    private func look(_ store: SQLHubStore) async throws {
        let now = Date()
        let lease = store.number << 32 + 77
        _ = try await store.readyInstances(after: .min, limit: 1_000)
        _ = try await store.dueInstances(after: Date(millisecondsSince1970: 0), until: now)
        _ = try await store.nextTimer(after: now)
        _ = try await store.waitingTaskNames()
        let items = try await store.claimTasks(TaskClaim(WorkName("other", version: nil), limit: 2, lease: lease))
        #expect(items.count == 2)
        try await store.giveBack([items[0]], .parked("to see"))
        _ = try await store.nextStartLimit()
        _ = try await store.claimOverdue(at: now, limit: 2, lease: lease)
        _ = try await store.tasks(of: items[0].instanceID)
        _ = try await store.unparkTasks(of: items[0].instanceID)
        _ = try await store.entitiesLocked(by: "a")
        _ = try await store.children(of: "a")
        if store.isShared {
            _ = try await store.claimInstances(at: now, except: [], limit: 64, as: store.number)
            _ = try await store.heldTasks(items)
            try await store.disown([InstanceNews(id: "a", name: "main", version: nil)])
            try await store.renewMembership(for: .seconds(600))
            _ = try await store.expireMembers()
        }
        try await store.giveBack(leases: [lease])
    }
}

/// How PostgreSQL runs a statement.
private struct PostgresPlan {
    private struct Undone: Error {
        var lines: [String]
    }

    let text: String
    /// How many rows of the hub's tables are looked at.
    let visitedRows: Double

    /// Runs the statement as the hub does, and undoes it; one that finds its rows changed is planned only.
    init(of recorded: RecordedCall, on database: PostgresDatabase) async throws {
        let words = recorded.call.sql.prefix { !$0.isWhitespace }
        let isInsert = words == "INSERT"
        var lines: [String]?
        if !isInsert { lines = try? await Self.explain(recorded, "EXPLAIN (ANALYZE, TIMING OFF)", database) }
        if lines == nil { lines = try await Self.explain(recorded, "EXPLAIN", database) }
        text = lines?.joined(separator: "\n") ?? ""
        visitedRows = Self.visitedRows(lines ?? [])
    }

    private static func explain(
        _ recorded: RecordedCall, _ explain: String, _ database: PostgresDatabase
    ) async throws -> [String] {
        let call = recorded.call
        let types = call.parameters.map(\.typeName).joined(separator: ", ")
        let values = call.parameters.map(\.literal).joined(separator: ", ")
        do {
            try await database.write { connection in
                if recorded.isPlanned { _ = try connection.query(PostgresHubDialect().planning ?? "") }
                let name = "probe_\(UInt64.random(in: 0 ... .max))"
                try connection.executeScript(
                    "PREPARE \(name)\(types.isEmpty ? "" : "(\(types))") AS \(StatementText(call.sql).text)")
                let execution = "\(name)\(values.isEmpty ? "" : "(\(values))")"
                let rows = try connection.query("\(explain) EXECUTE \(execution)")
                throw Undone(lines: rows.map { $0.text(0) })
            }
            return []
        } catch let undone as Undone {
            return undone.lines
        }
    }

    private static func visitedRows(_ lines: [String]) -> Double {
        var rows = 0.0
        var loops = 1.0
        for line in lines {
            if let node = line.firstMatch(of: /actual rows=([\d.]+) loops=(\d+)/) {
                loops = Double(node.2) ?? 1
                if line.contains(/Scan.* on hub_/) { rows += (Double(node.1) ?? 0) * loops }
            } else if line.contains(/Seq Scan on hub_(?!member|lane|meta)/) {
                return .infinity
            } else if let removed = line.firstMatch(of: /Rows Removed by .*: (\d+)/) {
                rows += (Double(removed.1) ?? 0) * loops
            }
        }
        return rows
    }
}

extension SQLValue {
    fileprivate var typeName: String {
        switch self {
        case .null, .text: "unknown"
        case .integer: "bigint"
        case .real: "float8"
        case .blob: "bytea"
        case .integers: "bigint[]"
        case .texts: "text[]"
        }
    }

    fileprivate var literal: String {
        switch self {
        case .null, .blob: "NULL"
        case .integer(let number): "\(number)"
        case .real(let number): "\(number)"
        case .text(let text): Self.quoted(text)
        case .integers(let numbers):
            "CAST(ARRAY[\(numbers.map { $0.map { "\($0)" } ?? "NULL" }.joined(separator: ","))] AS bigint[])"
        case .texts(let texts):
            "CAST(ARRAY[\(texts.map { $0.map(Self.quoted) ?? "NULL" }.joined(separator: ","))] AS text[])"
        }
    }

    private static func quoted(_ text: String) -> String {
        "'\(text.replacing("'", with: "''"))'"
    }
}
