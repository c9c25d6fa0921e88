// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import Peers
import Postgres
import SQL

/// A PostgreSQL database of one test, opened as often as there are processes to play.
///
/// Its texts are in the order of a language, as they are in most databases, so that nothing counts on their bytes.
actor PostgresRoom {
    private var naming: Task<String, any Error>?
    private var opened: [PostgresDatabase] = []

    /// The database's URI.
    func address() async throws -> String {
        let server = try await PostgresServer.shared
        return server.address(of: try await name(on: server))
    }

    private func name(on server: PostgresServer) async throws -> String {
        // Unstructured: whoever asks first has the database made, the others wait for the same one.
        let naming = self.naming ?? Task { try await server.makeDatabase(in: "en-US") }
        self.naming = naming
        return try await naming.value
    }

    /// Connections to the database, as another process would have them.
    func open() async throws -> PostgresDatabase {
        var options = PostgresDatabase.Options()
        options.connections = 4
        let database = try PostgresDatabase(try await address(), options: options)
        opened.append(database)
        return database
    }

    /// Makes the database believe that nobody has renewed a membership for long.
    func expireMembers() async throws {
        guard let database = opened.first else { return }
        try await database.write { _ = try $0.execute("UPDATE hub_member SET expires_at = 0") }
    }

    /// Cuts all connections to the database.
    func cut() async throws {
        let server = try await PostgresServer.shared
        try await server.cut(try await name(on: server))
    }

    deinit {
        for database in opened { database.close() }
    }
}
