// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Peers
import Postgres
import SQL
import SQLite
import Testing

/// A database that speaks the vocabulary.
enum Engine: String, CaseIterable, Sendable {
    case sqlite
    case postgres

    /// Lends an empty database with two tables, and the way to close it.
    func withDatabase(
        _ body: (_ database: any SQLDatabase, _ close: () -> Void) async throws -> Void
    ) async throws {
        switch self {
        case .sqlite:
            try await withTemporaryFolder { folder in
                let database = try SQLiteDatabase(path: "\(folder)/test.sqlite")
                defer { database.close() }
                try await prepare(database)
                try await body(database) { database.close() }
            }
        case .postgres:
            let server = try await PostgresServer.shared
            var options = PostgresDatabase.Options()
            options.connections = 4
            let database = try PostgresDatabase(server.address(of: try await server.makeDatabase()), options: options)
            defer { database.close() }
            try await prepare(database)
            try await body(database) { database.close() }
        }
    }

    private func prepare(_ database: any SQLDatabase) async throws {
        try await database.write { connection in
            try connection.executeScript(
                """
                CREATE TABLE thing (
                    id BIGINT PRIMARY KEY,
                    number BIGINT,
                    fraction DOUBLE PRECISION,
                    words TEXT,
                    bytes BYTEA
                );
                CREATE TABLE label (id BIGINT PRIMARY KEY, words TEXT UNIQUE);
                """)
        }
    }
}

extension SQLDatabase {
    /// How many rows the table `thing` has.
    func countThings() async throws -> Int64 {
        try await read { try $0.query("SELECT count(*) FROM thing")[0].int(0) }
    }

    /// Expects that many rows in the table `thing`.
    func expectThings(_ count: Int64, at place: SourceLocation = #_sourceLocation) async throws {
        let counted = try await countThings()
        #expect(counted == count, sourceLocation: place)
    }
}
