// Darkroom
// SPDX-License-Identifier: Apache-2.0

import SQL
import Testing

/// What failures say, on every database.
@Suite(.timeLimit(.minutes(5)))
struct FailureTests {
    private static let failures: [(statement: String, kind: SQLError.Kind)] = [
        ("INSERT INTO label (id, words) VALUES (?, 'secret')", .constraint),
        ("INSERT INTO label (id, words) VALUES (? + 1, 'taken')", .constraint),
        ("INSERT INTO nowhere VALUES (?)", .misuse),
        ("INSERT INTO label (nothing) VALUES (?)", .misuse),
        ("INSERT INTO label SELECT WHERE (?", .misuse),
    ]

    @Test(arguments: Engine.allCases)
    func tellsFailuresByKind(engine: Engine) async throws {
        try await engine.withDatabase { database, _ in
            try await database.write { try $0.execute("INSERT INTO label (id, words) VALUES (1, 'taken')") }
            for (statement, kind) in Self.failures {
                let error = await #expect(throws: SQLError.self) {
                    try await database.write { try $0.execute(statement, [1]) }
                }
                #expect(error?.kind == kind)
                #expect(error?.isRetriable == false)
                #expect(error?.statement == statement)
            }
            let rows = try await database.read { try $0.query("SELECT id FROM label") }
            #expect(rows == [SQLRow([1])])
        }
    }

    @Test(arguments: Engine.allCases)
    func namesTheStatementButNoValue(engine: Engine) async throws {
        try await engine.withDatabase { database, _ in
            let insert = "INSERT INTO label (id, words) VALUES (?, ?)"
            try await database.write { try $0.execute(insert, [1, "secret"]) }
            let error = await #expect(throws: SQLError.self) {
                try await database.write { try $0.execute(insert, [2, "secret"]) }
            }
            #expect(error?.description.contains(insert) == true)
            #expect(error?.description.contains("secret") == false)
        }
    }

    @Test(arguments: Engine.allCases)
    func refusesAStatementThatIsEmpty(engine: Engine) async throws {
        try await engine.withDatabase { database, _ in
            for statement in ["", " -- nothing"] {
                let error = await #expect(throws: SQLError.self) {
                    try await database.write { try $0.query(statement) }
                }
                #expect(error?.kind == .misuse)
            }
            try await database.expectThings(0)
        }
    }

    @Test(arguments: Engine.allCases)
    func refusesAWrongNumberOfParameters(engine: Engine) async throws {
        try await engine.withDatabase { database, _ in
            for parameters: [SQLValue] in [[], [1], [1, 2, 3]] {
                let error = await #expect(throws: SQLError.self) {
                    try await database.read { try $0.query("SELECT ?, ?", parameters) }
                }
                #expect(error?.kind == .misuse)
            }
        }
    }
}
