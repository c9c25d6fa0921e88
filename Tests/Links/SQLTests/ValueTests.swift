// Darkroom
// SPDX-License-Identifier: Apache-2.0

import SQL
import Testing

/// What goes in comes out, on every database.
@Suite(.timeLimit(.minutes(5)))
struct ValueTests {
    static let values: [(column: String, value: SQLValue)] =
        ["number", "fraction", "words", "bytes"].map { ($0, .null) }
        + [0, 1, -1, .max, .min].map { ("number", .integer($0)) }
        + [0.1, -0.0, 3, 1e308, .leastNonzeroMagnitude].map { ("fraction", .real($0)) }
        + ["", " ", "ż𝒳日", "a'b\"c\\d", "'; DROP TABLE thing; --", "$1 ? %s", "\r\n\t", "NULL"].map {
            ("words", .text($0))
        }
        + [[], [0], [0, 255, 0], Array("\\x00'".utf8), Array(0...255)].map { ("bytes", .blob($0)) }
        + [("words", .text(String(repeating: "日本", count: 100_000)))]
        + [("bytes", .blob((0..<1_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }))]

    @Test(arguments: Engine.allCases)
    func returnsWhatItWasGiven(engine: Engine) async throws {
        try await engine.withDatabase { database, _ in
            for (id, (column, value)) in Self.values.enumerated() {
                try await database.write { connection in
                    try connection.execute("INSERT INTO thing (id, \(column)) VALUES (?, ?)", [.int(id), value])
                }
                let rows = try await database.read { connection in
                    try connection.query("SELECT \(column) FROM thing WHERE id = ?", [.int(id)])
                }
                #expect(rows == [SQLRow([value])], "\(column)")
                try await database.write { try $0.execute("DELETE FROM thing") }
            }
        }
    }

    @Test(arguments: Engine.allCases)
    func comparesByValuesOfEveryType(engine: Engine) async throws {
        try await engine.withDatabase { database, _ in
            let count = try await database.write { connection in
                try connection.execute(
                    "INSERT INTO thing VALUES (?, ?, ?, ?, ?)", [1, 10, .real(0.5), "ten", .blob([1, 2])])
                return try connection.query(
                    """
                    SELECT count(*), sum(number), max(words) FROM thing
                    WHERE number + ? > ? AND fraction < ? AND words = ? AND bytes = ?
                    """, [.integer(1 << 40), 5, .real(0.75), "ten", .blob([1, 2])])[0]
            }
            #expect(count == SQLRow([1, 10, "ten"]))
        }
    }

    @Test(arguments: Engine.allCases)
    func returnsNumbersOfAStatementAlone(engine: Engine) async throws {
        try await engine.withDatabase { database, _ in
            let rows = try await database.read { try $0.query("SELECT ?, ?, ?", [.integer(.min), .real(0.5), "x"]) }
            #expect(rows == [SQLRow([.integer(.min), .real(0.5), "x"])])
        }
    }

    @Test(arguments: Engine.allCases)
    func takesAnotherTypeOrNothingForTheSameParameter(engine: Engine) async throws {
        try await engine.withDatabase { database, _ in
            let rows = try await database.write { connection in
                let values: [SQLValue] = [.null, 5, .null, .real(7), 8, .null]
                for (id, value) in values.enumerated() {
                    try connection.execute("INSERT INTO thing (id, fraction) VALUES (?, ?)", [.int(id), value])
                }
                return try connection.query("SELECT fraction FROM thing ORDER BY id")
            }
            #expect(rows.map { $0.optionalReal(0) } == [nil, 5, nil, 7, 8, nil])
        }
    }

    @Test(arguments: Engine.allCases)
    func leavesQuestionMarksInQuotesAlone(engine: Engine) async throws {
        try await engine.withDatabase { database, _ in
            let rows = try await database.read { connection in
                try connection.query(
                    """
                    SELECT '?', 'it''s ?', ? AS "what?" -- ?
                    /* ? */
                    """, [1])
            }
            #expect(rows == [SQLRow(["?", "it's ?", 1])])
        }
    }
}
