// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Peers
import Postgres
import SQL
import Testing

/// Lends a database with one table, on the server that all tests share.
func withDatabase(
    _ options: PostgresDatabase.Options = .with { _ in },
    _ body: (_ database: PostgresDatabase, _ place: Place) async throws -> Void
) async throws {
    let server = try await PostgresServer.shared
    try await withDatabase(on: server, options, body)
}

/// Lends a database with one table.
func withDatabase(
    on server: PostgresServer, _ options: PostgresDatabase.Options = .with { _ in },
    _ body: (_ database: PostgresDatabase, _ place: Place) async throws -> Void
) async throws {
    let place = Place(server: server, database: try await server.makeDatabase())
    let database = try PostgresDatabase(server.address(of: place.database), options: options)
    defer { database.close() }
    try await database.write { try $0.executeScript("CREATE TABLE thing (id BIGINT PRIMARY KEY, words TEXT)") }
    try await body(database, place)
}

/// Lends the database that every server has, for tests that write nothing.
func withSharedDatabase(_ body: (_ database: PostgresDatabase) async throws -> Void) async throws {
    let database = try PostgresDatabase(
        try await PostgresServer.shared.address(of: "postgres"), options: .with { $0.connections = 1 })
    defer { database.close() }
    try await body(database)
}

/// Where a database is.
struct Place: Sendable {
    let server: PostgresServer
    let database: String

    /// Cuts all of its connections.
    func cut() async throws { try await server.cut(database) }

    /// Cuts all of its connections, and waits until the server has forgotten them.
    func cutAndWait() async throws {
        try await cut()
        let sessions = "SELECT count(*) FROM pg_stat_activity WHERE datname = ? AND pg_sleep(0.01) IS NOT NULL"
        try await withSharedDatabase { shared in
            while try await shared.read({ try $0.query(sessions, [.text(database)])[0].int(0) }) > 0 {}
        }
    }
}

extension SQLDatabase {
    /// How many rows the table has.
    func countThings() async throws -> Int64 {
        try await read { try $0.query("SELECT count(*) FROM thing")[0].int(0) }
    }

    /// Expects that many rows in the table.
    func expectThings(_ count: Int64, at place: SourceLocation = #_sourceLocation) async throws {
        let counted = try await countThings()
        #expect(counted == count, sourceLocation: place)
    }
}

extension PostgresDatabase.Options {
    /// Two connections, and what a test changes.
    static func with(_ change: (inout Self) -> Void) -> Self {
        var options = Self()
        options.connections = 2
        change(&options)
        return options
    }
}
