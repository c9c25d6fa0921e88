// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Dispatch
import FoundationEssentials
import SQL
import SQLite
import Testing

@Suite(.timeLimit(.minutes(5)))
struct SQLiteDatabaseTests {
    private struct Refusal: Error {}

    private func withDatabase(
        options: SQLiteDatabase.Options = .init(), _ body: (SQLiteDatabase, String) async throws -> Void
    ) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "sqlite-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = folder.appending(path: "test.sqlite").path()
        let database = try SQLiteDatabase(path: path, options: options)
        defer { database.close() }
        try await database.write { try $0.executeScript("CREATE TABLE thing (id INTEGER PRIMARY KEY, value)") }
        try await body(database, path)
    }

    @Test(
        arguments: [
            .null, .integer(.min), .integer(.max), .real(0.1), .text(""), .text("ż𝒳日\u{0}x"), .blob([]),
            .blob([0, 255, 0]),
        ] as [SQLValue])
    func returnsWhatItWasGiven(value: SQLValue) async throws {
        try await withDatabase { database, _ in
            try await database.write { try $0.execute("INSERT INTO thing VALUES (1, ?)", [value]) }
            let rows = try await database.read { try $0.query("SELECT value FROM thing") }
            #expect(rows == [SQLRow([value])])
        }
    }

    @Test func commitsManyWritersTogetherAndLosesNone() async throws {
        try await withDatabase { database, _ in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for id in 0..<2_000 {
                    group.addTask {
                        _ = try await database.write { try $0.execute("INSERT INTO thing VALUES (?, 1)", [.int(id)]) }
                    }
                }
                try await group.waitForAll()
            }
            let count = try await database.read { try $0.query("SELECT count(*) FROM thing")[0].int(0) }
            #expect(count == 2_000)
        }
    }

    @Test func undoesAFailedWriteAlone() async throws {
        try await withDatabase { database, _ in
            let failures = await withTaskGroup(of: Bool.self) { group in
                for id in 0..<200 {
                    group.addTask {
                        let result: Void? = try? await database.write { connection in
                            try connection.execute("INSERT INTO thing VALUES (?, 1)", [.int(id)])
                            if id % 3 == 0 { throw Refusal() }
                        }
                        return result == nil
                    }
                }
                return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect(failures == 67)
            let rows = try await database.read { try $0.query("SELECT id FROM thing") }
            #expect(rows.count == 133)
            #expect(rows.allSatisfy { $0.int(0) % 3 != 0 })
        }
    }

    /// What does not fit in the cache reaches the log before the commit, and is read back from there.
    @Test(arguments: [SQLiteDatabase.Durability.full, .normal])
    func writesMoreThanItsCacheHoldsAndUndoesIt(durability: SQLiteDatabase.Durability) async throws {
        var options = SQLiteDatabase.Options()
        options.durability = durability
        options.cacheKiB = 64
        try await withDatabase(options: options) { database, _ in
            for (round, isUndone) in [true, false, true, true, false].enumerated() {
                let result: Int64? = try? await database.write { connection in
                    for id in 0..<300 {
                        let values: [SQLValue] = [.int(id), .blob([UInt8](repeating: UInt8(round), count: 5_000))]
                        try connection.execute("INSERT OR REPLACE INTO thing VALUES (?, ?)", values)
                    }
                    if isUndone { throw Refusal() }
                    return try connection.query("SELECT sum(length(value)) FROM thing")[0].int(0)
                }
                #expect(result == (isUndone ? nil : 1_500_000))
                let read = try await database.read { connection in
                    try connection.query("SELECT DISTINCT value FROM thing").map { $0.blob(0).first }
                }
                #expect(read == (round == 0 ? [] : [round < 4 ? 1 : 4]))
            }
            let check = try await database.write { try $0.query("PRAGMA integrity_check")[0].text(0) }
            #expect(check == "ok")
        }
    }

    @Test func namesAConstraintAndTheStatementButNoValue() async throws {
        try await withDatabase { database, _ in
            try await database.write { try $0.execute("INSERT INTO thing VALUES (1, 'first')") }
            let error = await #expect(throws: SQLError.self) {
                try await database.write { try $0.execute("INSERT INTO thing VALUES (?, ?)", [1, "secret"]) }
            }
            #expect(error?.kind == .constraint)
            #expect(error?.description.contains("INSERT INTO thing VALUES (?, ?)") == true)
            #expect(error?.description.contains("secret") == false)
        }
    }

    @Test func answersEachRowOfABatchInOrder() async throws {
        try await withDatabase { database, _ in
            let rows: [[SQLValue]] = (0..<1_000).map { [.int($0), .text("value \($0)")] }
            let changed = try await database.write { try $0.executeEach("INSERT INTO thing VALUES (?, ?)", rows) }
            #expect(changed == Array(repeating: 1, count: 1_000))
            let answers = try await database.read { connection in
                try connection.queryEach("SELECT value FROM thing WHERE id = ?", [[999], [5_000], [0]])
            }
            #expect(answers == [[SQLRow(["value 999"])], [], [SQLRow(["value 0"])]])
        }
    }

    @Test func undoesABatchWithOneBadRow() async throws {
        try await withDatabase { database, _ in
            let error = await #expect(throws: SQLError.self) {
                try await database.write { connection in
                    try connection.executeEach("INSERT INTO thing VALUES (?, 1)", [[1], [2], [1], [3]])
                }
            }
            #expect(error?.kind == .constraint)
            let count = try await database.read { try $0.query("SELECT count(*) FROM thing")[0].int(0) }
            #expect(count == 0)
        }
    }

    @Test func refusesAWrongNumberOfParameters() async throws {
        try await withDatabase { database, _ in
            let error = await #expect(throws: SQLError.self) {
                try await database.read { try $0.query("SELECT ?, ?", [1]) }
            }
            #expect(error?.kind == .misuse)
        }
    }

    @Test func readsOneSnapshot() async throws {
        try await withDatabase { database, _ in
            let (before, after) = try await database.read { connection in
                let before = try connection.query("SELECT count(*) FROM thing")[0].int(0)
                let committed = DispatchSemaphore(value: 0)
                // Unstructured: the reader must stand still while somebody else commits.
                Task {
                    try await database.write { try $0.execute("INSERT INTO thing VALUES (1, 'late')") }
                    committed.signal()
                }
                committed.wait()
                return (before, try connection.query("SELECT count(*) FROM thing")[0].int(0))
            }
            #expect(before == 0 && after == 0)
            let now = try await database.read { try $0.query("SELECT count(*) FROM thing")[0].int(0) }
            #expect(now == 1)
        }
    }

    @Test func keepsCommittedRowsAfterReopening() async throws {
        try await withDatabase { database, path in
            try await database.write { try $0.execute("INSERT INTO thing VALUES (7, 'kept')") }
            let second = try SQLiteDatabase(path: path)
            defer { second.close() }
            #expect(try await second.read { try $0.query("SELECT value FROM thing")[0].text(0) } == "kept")
        }
    }

    @Test func saysWhyAFileIsNoDatabase() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "sqlite-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appending(path: "notes.txt")
        try Data(String(repeating: "no database ", count: 100).utf8).write(to: file)
        let damaged = #expect(throws: SQLError.self) { try SQLiteDatabase(path: file.path()) }
        #expect(damaged?.kind == .corrupt)
        let missing = #expect(throws: SQLError.self) {
            try SQLiteDatabase(path: folder.appending(path: "no/such/folder.sqlite").path())
        }
        #expect(missing?.kind == .storage)
    }

    @Test func refusesCallsAfterClosing() async throws {
        try await withDatabase { database, _ in
            database.close()
            await #expect(throws: SQLError.self) { try await database.write { try $0.execute("DELETE FROM thing") } }
            await #expect(throws: SQLError.self) { try await database.read { try $0.query("SELECT 1") } }
        }
    }
}
