// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Dispatch
import SQL
import Testing

/// What a transaction promises, on every database.
@Suite(.timeLimit(.minutes(5)))
struct TransactionTests {
    private struct Refusal: Error {}

    @Test(arguments: Engine.allCases)
    func losesNoneOfManyWriters(engine: Engine) async throws {
        try await engine.withDatabase { database, _ in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for id in 0..<500 {
                    group.addTask {
                        try await database.write { connection in
                            try connection.execute("INSERT INTO thing (id, number) VALUES (?, 1)", [.int(id)])
                            try connection.execute("UPDATE thing SET number = number + 1 WHERE id = ?", [.int(id)])
                        }
                    }
                }
                try await group.waitForAll()
            }
            let row = try await database.read { try $0.query("SELECT count(*), sum(number) FROM thing")[0] }
            #expect(row == SQLRow([500, 1_000]))
        }
    }

    @Test(arguments: Engine.allCases)
    func undoesAFailedWriteAlone(engine: Engine) async throws {
        try await engine.withDatabase { database, _ in
            let failures = await withTaskGroup(of: Bool.self) { group in
                for id in 0..<100 {
                    group.addTask {
                        let result: Void? = try? await database.write { connection in
                            try connection.execute("INSERT INTO thing (id) VALUES (?)", [.int(id)])
                            if id % 3 == 0 { throw Refusal() }
                        }
                        return result == nil
                    }
                }
                return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect(failures == 34)
            let rows = try await database.read { try $0.query("SELECT id FROM thing") }
            #expect(rows.count == 66)
            #expect(rows.allSatisfy { $0.int(0) % 3 != 0 })
        }
    }

    @Test(arguments: Engine.allCases)
    func readsOneSnapshot(engine: Engine) async throws {
        try await engine.withDatabase { database, _ in
            let (before, after) = try await database.read { connection in
                let before = try connection.query("SELECT count(*) FROM thing")[0].int(0)
                let committed = DispatchSemaphore(value: 0)
                // Unstructured: the reader must stand still while somebody else commits.
                Task {
                    try await database.write { try $0.execute("INSERT INTO thing (id) VALUES (1)") }
                    committed.signal()
                }
                committed.wait()
                return (before, try connection.query("SELECT count(*) FROM thing")[0].int(0))
            }
            #expect(before == 0 && after == 0)
            let now = try await database.countThings()
            #expect(now == 1)
        }
    }

    @Test(arguments: Engine.allCases)
    func countsWhatWasChanged(engine: Engine) async throws {
        try await engine.withDatabase { database, _ in
            let insert = "INSERT INTO thing (id, words) VALUES (?, ?) ON CONFLICT (id) DO NOTHING"
            let counts = try await database.write { connection in
                [
                    try connection.execute(insert, [1, "one"]), try connection.execute(insert, [1, "uno"]),
                    try connection.execute(insert, [2, "two"]), try connection.execute("UPDATE thing SET number = 1"),
                    try connection.execute("DELETE FROM thing WHERE id > ?", [5]),
                ]
            }
            #expect(counts == [1, 0, 1, 2, 0])
            let returned = try await database.write { connection in
                try connection.query("UPDATE thing SET number = 7 WHERE id = ? RETURNING words, number", [2])
            }
            #expect(returned == [SQLRow(["two", 7])])
        }
    }

    @Test(arguments: Engine.allCases)
    func refusesToWriteInARead(engine: Engine) async throws {
        try await engine.withDatabase { database, _ in
            await #expect(throws: SQLError.self) {
                try await database.read { try $0.execute("INSERT INTO thing (id) VALUES (1)") }
            }
            try await database.expectThings(0)
        }
    }

    @Test(arguments: Engine.allCases)
    func refusesCallsAfterClosing(engine: Engine) async throws {
        try await engine.withDatabase { database, close in
            close()
            let write = await #expect(throws: SQLError.self) { try await database.write { try $0.execute("SELECT 1") } }
            let read = await #expect(throws: SQLError.self) { try await database.read { try $0.query("SELECT 1") } }
            #expect(write?.kind == .unavailable && read?.kind == .unavailable)
        }
    }
}
