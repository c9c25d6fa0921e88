// Darkroom
// SPDX-License-Identifier: Apache-2.0

import SQL
import Testing

/// One statement for many rows, on every database.
@Suite(.timeLimit(.minutes(5)))
struct BatchTests {
    @Test(arguments: Engine.allCases)
    func answersEachRowInOrder(engine: Engine) async throws {
        try await engine.withDatabase { database, _ in
            let rows: [[SQLValue]] = (0..<2_000).map { id in
                [.int(id), id % 2 == 0 ? .null : .int(id), .text("value \(id)")]
            }
            let changed = try await database.write { connection in
                try connection.executeEach("INSERT INTO thing (id, number, words) VALUES (?, ?, ?)", rows)
            }
            #expect(changed == Array(repeating: 1, count: 2_000))
            let answers = try await database.read { connection in
                try connection.queryEach(
                    "SELECT number, words FROM thing WHERE id = ?", [[1_999], [5_000], [0]])
            }
            #expect(answers == [[SQLRow([1_999, "value 1999"])], [], [SQLRow([.null, "value 0"])]])
        }
    }

    /// Both directions carry more than the buffers between the two sides hold.
    @Test(arguments: Engine.allCases)
    func carriesBigRowsBothWays(engine: Engine) async throws {
        try await engine.withDatabase { database, _ in
            let rows: [[SQLValue]] = (0..<400).map { [.text(String(repeating: "\($0),", count: 5_000))] }
            let answers = try await database.read { try $0.queryEach("SELECT ?", rows) }
            #expect(answers == rows.map { [SQLRow($0)] })
        }
    }

    @Test(arguments: Engine.allCases)
    func undoesABatchWithOneBadRow(engine: Engine) async throws {
        try await engine.withDatabase { database, _ in
            let error = await #expect(throws: SQLError.self) {
                try await database.write { connection in
                    try connection.execute("INSERT INTO thing (id) VALUES (100)")
                    try connection.executeEach("INSERT INTO thing (id) VALUES (?)", [[1], [2], [1], [3]])
                }
            }
            #expect(error?.kind == .constraint)
            try await database.expectThings(0)
            try await database.write { try $0.executeEach("INSERT INTO thing (id) VALUES (?)", [[1], [2]]) }
        }
    }

    @Test(arguments: Engine.allCases)
    func runsWhatCanWaitBeforeTheNextStatementAndTheCommit(engine: Engine) async throws {
        try await engine.withDatabase { database, _ in
            let seen = try await database.write { connection in
                try connection.executeLater("INSERT INTO thing (id) VALUES (?)", [1])
                try connection.executeLater("INSERT INTO thing (id) VALUES (?)", [2])
                let seen = try connection.query("SELECT count(*) FROM thing")
                try connection.executeLater("DELETE FROM thing WHERE id = ?", [1])
                return seen
            }
            #expect(seen == [SQLRow([2])])
            #expect(try await database.queryAll([SQLCall("SELECT id FROM thing")]) == [[SQLRow([2])]])
        }
    }

    @Test(arguments: Engine.allCases)
    func handsRowsOverThatNobodyWaitsForByTheCommit(engine: Engine) async throws {
        try await engine.withDatabase { database, _ in
            let (answers, answering) = AsyncStream<[SQLRow]>.makeStream()
            try await database.write { connection in
                try connection.queryLater(SQLCall("INSERT INTO thing (id) VALUES (?) RETURNING id", [1])) {
                    answering.yield($0)
                }
                try connection.executeLater("INSERT INTO thing (id) VALUES (?)", [2])
                try connection.queryLater(SQLCall("SELECT count(*) FROM thing")) { answering.yield($0) }
            }
            answering.finish()
            #expect(await answers.reduce(into: []) { $0.append($1) } == [[SQLRow([1])], [SQLRow([2])]])
        }
    }

    @Test(arguments: Engine.allCases)
    func failsATransactionNoneOfWhichWasWaitedFor(engine: Engine) async throws {
        try await engine.withDatabase { database, _ in
            let error = await #expect(throws: SQLError.self) {
                try await database.write { connection in
                    for _ in 0..<2 { try connection.executeLater("INSERT INTO thing (id) VALUES (?)", [1]) }
                }
            }
            #expect(error?.kind == .constraint)
            try await database.expectThings(0)
        }
    }

    @Test(arguments: Engine.allCases)
    func failsACommitWithWhatWasToBeDoneBefore(engine: Engine) async throws {
        try await engine.withDatabase { database, _ in
            let error = await #expect(throws: SQLError.self) {
                try await database.write { connection in
                    try connection.execute("INSERT INTO thing (id) VALUES (1)")
                    try connection.executeLater("INSERT INTO thing (id) VALUES (?)", [1])
                    try connection.executeLater("INSERT INTO thing (id) VALUES (?)", [2])
                }
            }
            #expect(error?.kind == .constraint)
            try await database.expectThings(0)
            try await database.write { try $0.execute("INSERT INTO thing (id) VALUES (3)") }
            try await database.expectThings(1)
        }
    }

    @Test(arguments: Engine.allCases)
    func answersStatementsThatTravelTogether(engine: Engine) async throws {
        try await engine.withDatabase { database, _ in
            let answers = try await database.write { connection in
                try connection.queryAll([
                    SQLCall("INSERT INTO thing (id, words) VALUES (?, ?) RETURNING id", [7, "seven"]),
                    SQLCall("SELECT words FROM thing WHERE id = ?", [8]),
                    SQLCall("SELECT words FROM thing"),
                ])
            }
            #expect(answers == [[SQLRow([7])], [], [SQLRow(["seven"])]])
        }
    }

    @Test(arguments: Engine.allCases)
    func answersNoRowsWithNone(engine: Engine) async throws {
        try await engine.withDatabase { database, _ in
            let answers = try await database.write { connection in
                (
                    try connection.executeEach("DELETE FROM thing WHERE id = ?", []),
                    try connection.queryEach("SELECT id FROM thing WHERE id = ?", [])
                )
            }
            #expect(answers.0.isEmpty && answers.1.isEmpty)
        }
    }

    @Test(arguments: Engine.allCases)
    func seesInTheNextStatementWhatTheLastOneWrote(engine: Engine) async throws {
        try await engine.withDatabase { database, _ in
            let numbers = try await database.write { connection in
                try connection.execute("INSERT INTO thing (id, number) VALUES (1, 0)")
                return try connection.queryEach(
                    "UPDATE thing SET number = number + ? WHERE id = 1 RETURNING number", [[1], [10], [100]])
            }
            #expect(numbers == [[SQLRow([1])], [SQLRow([11])], [SQLRow([111])]])
        }
    }
}
