// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Dispatch
import Peers
import Postgres
import SQL
import Testing

/// What PostgreSQL has that others have not, and how it fails.
@Suite(.timeLimit(.minutes(5)))
struct DialectTests {
    @Test(
        arguments: [
            ("7::smallint", .integer(7)), ("7::int", .integer(7)), ("true", .integer(1)), ("false", .integer(0)),
            ("1.5::real", .real(1.5)), ("'NaN'::float8", nil), ("'-Infinity'::float8", .real(-.infinity)),
            ("2.50::numeric", .real(2.5)), ("sum(9223372036854775807)", .integer(.max)),
            ("'{\"a\": 1}'::json", .text("{\"a\": 1}")), ("'{\"a\":1}'::jsonb", .text("{\"a\": 1}")),
            ("'x'::varchar(3)", .text("x")), ("pg_notify('a', 'b')", .null), ("'\\x00ff'::bytea", .blob([0, 255])),
            ("'a=>?'::text", .text("a=>?")),
        ] as [(String, SQLValue?)])
    func readsTypesOfItsOwn(expression: String, value: SQLValue?) async throws {
        try await withSharedDatabase { database in
            let rows = try await database.read { try $0.query("SELECT \(expression)") }
            // NaN equals nothing, itself included.
            if let value { #expect(rows == [SQLRow([value])]) } else { #expect(rows[0].optionalReal(0)?.isNaN == true) }
        }
    }

    @Test func writesTextIntoTypesThatReadIt() async throws {
        try await withDatabase { database, _ in
            let row = try await database.write { connection in
                try connection.executeScript(
                    "CREATE TABLE rich (j JSONB, u UUID, t TIMESTAMPTZ, n NUMERIC, s SMALLINT)")
                try connection.execute(
                    "INSERT INTO rich VALUES (?, ?, ?, ?, ?)",
                    [
                        "{\"a\": [1]}", "6f1c7a30-0000-4000-8000-000000000000", "2026-01-02T03:04:05Z", .real(1.5), 3,
                    ])
                return try connection.query("SELECT j, u, extract(epoch FROM t), n, s FROM rich WHERE j ?? ?", ["a"])[0]
            }
            #expect(
                row.values == [
                    "{\"a\": [1]}", "6f1c7a30-0000-4000-8000-000000000000", .real(1_767_323_045), .real(1.5), 3,
                ])
        }
    }

    @Test func takesArraysOfNumbersAndTexts() async throws {
        let texts: [String?] = ["", nil, "ż𝒳日", "{\"a\",NULL}", String(repeating: "x", count: 100_000)]
        let numbers: [Int64?] = [0, .min, nil, .max, -1]
        try await withSharedDatabase { database in
            let statement = "SELECT * FROM unnest(CAST(? AS TEXT[]), CAST(? AS BIGINT[]))"
            let rows = try await database.queryAll([
                SQLCall(statement, [.texts(texts), .integers(numbers)]),
                SQLCall(statement, [.texts([]), .integers([])]),
                SQLCall("SELECT ? = ANY(?)", [5, .integers([4, 5])]),
            ])
            #expect(rows[0].map { $0.optionalText(0) } == texts)
            #expect(rows[0].map { $0.optionalInt(1) } == numbers)
            #expect(rows[1...] == [[], [SQLRow([1])]])
            let error = await #expect(throws: SQLError.self) {
                try await database.queryAll([SQLCall(statement, [.texts(["a", "cut\u{0}short"]), .integers([])])])
            }
            #expect(error?.kind == .value)
        }
    }

    @Test func looksInOneExchangeWithoutATransactionAround() async throws {
        try await withDatabase { database, place in
            try await database.expectThings(0)
            try await place.cut()
            let set = SQLCall("SELECT set_config('application_name', 'here', true)")
            let name = SQLCall("SELECT current_setting('application_name')")
            #expect(try await database.queryAll([set, name]).last == [SQLRow(["here"])])
            #expect(try await database.queryAll([name]).last != [SQLRow(["here"])])
            await #expect(throws: SQLError.self) { try await database.queryAll([SQLCall("SELECT nothing")]) }
            let open = SQLCall(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in%'")
            #expect(try await database.queryAll([open]) == [[SQLRow([0])]])
        }
    }

    @Test func refusesTextWithANULAndKeepsTheConnection() async throws {
        try await withDatabase { database, _ in
            let error = await #expect(throws: SQLError.self) {
                try await database.write { try $0.execute("INSERT INTO thing VALUES (1, ?)", ["cut\u{0}short"]) }
            }
            #expect(error?.kind == .value)
            try await database.expectThings(0)
        }
    }

    @Test func refusesWhatIsTooLongForAnIndex() async throws {
        try await withDatabase { database, _ in
            try await database.write { try $0.executeScript("CREATE UNIQUE INDEX thing_words ON thing (words)") }
            // An index holds less than a third of a page of what does not compress.
            let long = (0..<1_000).map { _ in "\(Int.random(in: 1_000...9_999))" }.joined()
            let error = await #expect(throws: SQLError.self) {
                try await database.write { try $0.execute("INSERT INTO thing VALUES (1, ?)", [.text(long)]) }
            }
            #expect(error?.kind == .value)
            try await database.expectThings(0)
        }
    }

    @Test(arguments: ["SELECT CAST(? AS INTEGER)", "SELECT CAST(? AS TIMESTAMP)", "SELECT CAST(? AS JSON)"])
    func keepsValuesOutOfErrors(statement: String) async throws {
        try await withSharedDatabase { database in
            let error = await #expect(throws: SQLError.self) {
                try await database.read { try $0.query(statement, ["se\"cret"]) }
            }
            #expect(error?.kind == .value)
            #expect(error?.description.contains("cret") == false)
        }
    }

    @Test func failsAWriteWhoseBodySwallowedAFailure() async throws {
        try await withDatabase { database, _ in
            let error = await #expect(throws: SQLError.self) {
                try await database.write { connection in
                    try connection.execute("INSERT INTO thing VALUES (1, 'one')")
                    _ = try? connection.execute("INSERT INTO thing VALUES (1, 'again')")
                }
            }
            #expect(error?.kind == .constraint)
            try await database.expectThings(0)
        }
    }

    @Test func callsADeadlockBusy() async throws {
        try await withDatabase { database, _ in
            try await database.write { try $0.execute("INSERT INTO thing VALUES (1, ''), (2, '')") }
            let met = Meeting()
            let update = "UPDATE thing SET words = words || 'x' WHERE id = ?"
            let outcomes = await withTaskGroup(of: SQLError.Kind?.self) { group in
                for ids: [SQLValue] in [[1, 2], [2, 1]] {
                    group.addTask {
                        do {
                            try await database.write { connection in
                                try connection.execute(update, [ids[0]])
                                met.meet()
                                try connection.execute(update, [ids[1]])
                            }
                            return nil
                        } catch {
                            return (error as? SQLError)?.kind
                        }
                    }
                }
                return await group.reduce(into: []) { $0 += [$1] }
            }
            #expect(outcomes.count { $0 == .busy } == 1)
            #expect(outcomes.count { $0 == nil } == 1)
        }
    }

    @Test func cancelsAStatementThatTakesTooLong() async throws {
        try await withDatabase(.with { $0.statementTimeout = .seconds(1) }) { database, _ in
            let error = await #expect(throws: SQLError.self) {
                try await database.read { try $0.query("SELECT pg_sleep(20)") }
            }
            #expect(error?.kind == .timeout)
            try await database.expectThings(0)
        }
    }

    @Test func keepsFewStatementsPrepared() async throws {
        try await withDatabase(.with { ($0.connections, $0.keptStatements) = (1, 4) }) { database, _ in
            for number in 0..<20 { _ = try await database.read { try $0.query("SELECT \(number)") } }
            let count = try await database.read { connection in
                try connection.query("SELECT count(*) FROM pg_prepared_statements")[0].int(0)
            }
            #expect((1...5).contains(count))
        }
    }

    @Test func preparesAgainAfterATableChanged() async throws {
        try await withDatabase(.with { $0.connections = 1 }) { database, _ in
            let everything = "SELECT * FROM thing"
            _ = try await database.read { try $0.query(everything) }
            try await database.write { connection in
                try connection.executeScript("ALTER TABLE thing ADD COLUMN more BIGINT DEFAULT 5")
                try connection.execute("INSERT INTO thing VALUES (1, 'one')")
            }
            let error = await #expect(throws: SQLError.self) { try await database.read { try $0.query(everything) } }
            #expect(error?.kind == .busy)
            #expect(try await database.read { try $0.query(everything) } == [SQLRow([1, "one", 5])])
        }
    }

    @Test func refusesAConnectionStringWithoutRepeatingIt() async throws {
        let wrong = [
            "postgresql://user:sec@ret@host/database", "postgresql://user:sec/ret@host/database", "sec ret",
            "host=here password='sec ret", "postgresql://user:%zzsecret@host/x", "postgresql://user:sec:ret@host/x/y?z",
        ]
        for connectionString in wrong {
            let error = #expect(throws: SQLError.self, "\(connectionString)") {
                try PostgresDatabase(connectionString)
            }
            #expect(error?.kind == .misuse)
            #expect(error?.description.contains("ret@") == false && error?.description.contains("sec") == false)
        }
    }

    @Test func keepsAWrongPasswordOutOfTheError() async throws {
        let server = try await PostgresServer.shared
        var options = PostgresDatabase.Options()
        options.patience = .zero
        let database = try PostgresDatabase(
            "host=127.0.0.1 port=\(server.port) user=tester dbname=postgres password=swordfish", options: options)
        defer { database.close() }
        let error = await #expect(throws: SQLError.self) { try await database.read { try $0.query("SELECT 1") } }
        #expect(error?.kind == .unavailable)
        #expect(error?.description.contains("tester") == true)
        #expect(error?.description.contains("swordfish") == false)
    }
}

/// Two threads wait here for each other.
private final class Meeting: Sendable {
    private let arrivals = [DispatchSemaphore(value: 0), DispatchSemaphore(value: 0)]
    private let first = DispatchSemaphore(value: 0)

    init() { first.signal() }

    func meet() {
        let mine = first.wait(timeout: .now()) == .success ? 0 : 1
        arrivals[mine].signal()
        arrivals[1 - mine].wait()
    }
}
