// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Dispatch
import Peers
import Postgres
import SQL
import Testing

/// Connections that break, and servers that are away.
@Suite(.timeLimit(.minutes(5)))
struct ConnectionTests {
    @Test func replacesConnectionsThatWereCutBetweenCalls() async throws {
        try await withDatabase { database, place in
            for id in 0..<3 {
                try await place.cut()
                try await database.write { try $0.execute("INSERT INTO thing (id) VALUES (?)", [.int(id)]) }
                try await place.cut()
                try await database.expectThings(Int64(id + 1))
            }
            try await place.cut()
            try await database.write { try $0.executeScript("CREATE TABLE other (id BIGINT)") }
        }
    }

    @Test func replacesAConnectionThatWasCutBeforeATransactionOfOneExchange() async throws {
        try await withDatabase { database, place in
            for id in 0..<3 {
                try await place.cutAndWait()
                try await database.write { try $0.executeLater("INSERT INTO thing (id) VALUES (?)", [.int(id)]) }
            }
            try await database.expectThings(3)
        }
    }

    @Test func doesNotHideThatTheOutcomeOfOneExchangeIsUnknown() async throws {
        try await withDatabase { database, _ in
            let error = await #expect(throws: SQLError.self) {
                try await database.write { connection in
                    try connection.executeLater("INSERT INTO thing (id) VALUES (1)", [])
                    try connection.executeLater("SELECT pg_terminate_backend(pg_backend_pid())", [])
                }
            }
            #expect(error?.kind == .unknownOutcome)
            try await database.expectThings(0)
        }
    }

    @Test func writesNothingWhenCutInTheMiddle() async throws {
        try await withDatabase { database, _ in
            let error = await #expect(throws: SQLError.self) {
                try await database.write { connection in
                    try connection.execute("INSERT INTO thing (id) VALUES (1)")
                    try connection.execute("SELECT pg_terminate_backend(pg_backend_pid())")
                    try connection.execute("INSERT INTO thing (id) VALUES (2)")
                }
            }
            #expect(error?.kind == .unavailable)
            #expect(error?.isRetriable == true)
            try await database.expectThings(0)
        }
    }

    @Test func failsAWriteWhoseBodySwallowedTheCut() async throws {
        try await withDatabase { database, _ in
            let error = await #expect(throws: SQLError.self) {
                try await database.write { connection in
                    try connection.execute("INSERT INTO thing (id) VALUES (1)")
                    _ = try? connection.execute("SELECT pg_terminate_backend(pg_backend_pid())")
                    _ = try? connection.execute("INSERT INTO thing (id) VALUES (2)")
                }
            }
            #expect(error?.kind == .unavailable)
            try await database.expectThings(0)
        }
    }

    @Test func knowsThatNothingWasWrittenWhenCutBeforeTheCommit() async throws {
        try await withDatabase { database, place in
            let error = await #expect(throws: SQLError.self) {
                try await database.write { connection in
                    try connection.execute("INSERT INTO thing (id) VALUES (1)")
                    let cut = DispatchSemaphore(value: 0)
                    // Unstructured: the writer must stand still while its connection is cut.
                    Task {
                        defer { cut.signal() }
                        try await place.cutAndWait()
                    }
                    cut.wait()
                }
            }
            #expect(error?.kind == .unavailable)
            try await database.expectThings(0)
        }
    }

    @Test func doesNotHideThatTheOutcomeOfACommitIsUnknown() async throws {
        try await withDatabase { database, _ in
            // The server ends the connection while it commits.
            try await database.write { connection in
                try connection.executeScript(
                    """
                    CREATE FUNCTION cut() RETURNS trigger LANGUAGE plpgsql AS $$
                    BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$;
                    CREATE CONSTRAINT TRIGGER cut AFTER INSERT ON thing DEFERRABLE INITIALLY DEFERRED
                    FOR EACH ROW EXECUTE FUNCTION cut();
                    """)
            }
            let error = await #expect(throws: SQLError.self) {
                try await database.write { try $0.execute("INSERT INTO thing (id) VALUES (1)") }
            }
            #expect(error?.kind == .unknownOutcome)
            #expect(error?.isRetriable == false)
            try await database.expectThings(0)
        }
    }

    @Test func opensNoMoreConnectionsThanItMay() async throws {
        try await withDatabase { database, place in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for id in 0..<200 {
                    group.addTask {
                        _ = try await database.write { try $0.execute("INSERT INTO thing (id) VALUES (?)", [.int(id)]) }
                    }
                }
                try await group.waitForAll()
            }
            let count = try await database.read { connection in
                try connection.query(
                    "SELECT count(*) FROM pg_stat_activity WHERE datname = ? AND application_name = 'darkroom'",
                    [.text(place.database)])[0].int(0)
            }
            #expect(count == 2)
        }
    }

    @Test func refusesMoreCallsThanMayWait() async throws {
        try await withDatabase(.with { $0.waitingCalls = 1 }) { database, _ in
            let refusals = await withTaskGroup(of: SQLError.Kind?.self) { group in
                for _ in 0..<20 {
                    group.addTask {
                        do {
                            _ = try await database.read { try $0.query("SELECT pg_sleep(0.05)") }
                            return nil
                        } catch {
                            return (error as? SQLError)?.kind
                        }
                    }
                }
                return await group.reduce(into: []) { $0 += [$1] }
            }
            #expect(refusals.contains(.busy))
            #expect(refusals.contains(nil))
        }
    }

    @Test func comesByTCPWithAPassword() async throws {
        let server = try await PostgresServer.shared
        let database = try PostgresDatabase(server.networkAddress(of: "postgres"))
        defer { database.close() }
        #expect(try await database.read { try $0.query("SELECT 1")[0].int(0) } == 1)
    }

    @Test func carriesBigBatchesOverTLS() async throws {
        let server = try await PostgresServer.shared
        let database = try PostgresDatabase(
            server.networkAddress(of: "postgres") + "?sslmode=verify-full&sslrootcert=\(server.certificate)")
        defer { database.close() }
        let rows: [[SQLValue]] = (0..<200).map { [.text(String(repeating: "\($0),", count: 5_000))] }
        let (answers, isEncrypted) = try await database.read { connection in
            let encrypted = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
            return (try connection.queryEach("SELECT ?", rows), try connection.query(encrypted)[0].int(0))
        }
        #expect(answers == rows.map { [SQLRow($0)] })
        #expect(isEncrypted == 1)
    }

    @Test func refusesAServerThatNobodyVouchesFor() async throws {
        let server = try await PostgresServer.shared
        let database = try PostgresDatabase(
            server.networkAddress(of: "postgres") + "?sslmode=verify-full&sslrootcert=/dev/null",
            options: .with { $0.patience = .zero })
        defer { database.close() }
        let error = await #expect(throws: SQLError.self) { try await database.read { try $0.query("SELECT 1") } }
        #expect(error?.kind == .unavailable)
        #expect(error?.description.contains("50%") == false)
    }
}

/// Servers that stop, crash and come back.
@Suite(.timeLimit(.minutes(5)))
struct OutageTests {
    @Test func failsWithinItsPatienceAndRecoversByItself() async throws {
        try await PostgresServer.with { server in
            try await withDatabase(on: server, .with { $0.patience = .milliseconds(200) }) { database, _ in
                try await database.write { try $0.execute("INSERT INTO thing (id) VALUES (1)") }
                for crashes in [false, true] {
                    if crashes { try await server.crash() } else { try await server.stop() }
                    let start = ContinuousClock.now
                    let error = await #expect(throws: SQLError.self) { try await database.countThings() }
                    #expect(error?.kind == .unavailable)
                    #expect(ContinuousClock.now - start < .seconds(5))
                    try await server.start()
                    try await database.expectThings(1)
                }
            }
        }
    }

    @Test func makesCallsWaitForAServerThatRestarts() async throws {
        try await PostgresServer.with { server in
            try await withDatabase(on: server, .with { $0.patience = .seconds(30) }) { database, _ in
                try await server.crash()
                async let written = database.write { try $0.execute("INSERT INTO thing (id) VALUES (1)") }
                async let counted = database.countThings()
                try await server.start()
                #expect(try await written == 1)
                #expect([0, 1].contains(try await counted))
            }
        }
    }
}
