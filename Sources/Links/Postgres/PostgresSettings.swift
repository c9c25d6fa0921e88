// Darkroom
// SPDX-License-Identifier: Apache-2.0

import CPostgres
import SQL

/// What a connection is opened with.
///
/// The connection string may hold a password: nothing of it goes into an error.
struct PostgresSettings: Sendable {
    /// The keywords of libpq in order; a later one overrides an earlier one.
    let keywords: [(name: String, value: String)]
    /// What each session is set to, as a script.
    let session: String
    /// A server that is silent for longer in the middle of an exchange is given up.
    let silence: Duration
    /// How many prepared statements a connection keeps.
    let keptStatements: Int

    /// Checks the connection string.
    ///
    /// - Throws: `SQLError` of kind `misuse`.
    init(_ connectionString: String, _ options: PostgresDatabase.Options) throws {
        try Self.check(connectionString)
        let keepAlive = [("keepalives_idle", "30"), ("keepalives_interval", "10"), ("keepalives_count", "3")]
        keywords =
            [
                ("fallback_application_name", options.applicationName),
                ("connect_timeout", "\(options.connectTimeout.roundedUpSeconds)"),
            ] + keepAlive + [("dbname", connectionString), ("client_encoding", "UTF8")]
        session = """
            SET statement_timeout = \(options.statementTimeout.roundedUpMilliseconds);
            SET client_min_messages = warning;
            SET bytea_output = hex;
            SET standard_conforming_strings = on;
            SET tcp_keepalives_idle = 30;
            SET tcp_keepalives_interval = 10;
            SET tcp_keepalives_count = 3
            """
        silence = options.statementTimeout + .seconds(5)
        keptStatements = options.keptStatements
    }

    /// Refuses what libpq cannot parse, and parts of a password that would pass for a host or port and come back in
    /// its messages.
    private static func check(_ connectionString: String) throws {
        guard let options = unsafe PQconninfoParse(connectionString, nil) else {
            throw SQLError.misuse(
                "the connection string cannot be read; it is postgresql://user:password@host:port/database, with other "
                    + "characters than letters and digits percent-encoded in each part, or key=value pairs",
                statement: nil)
        }
        defer { unsafe PQconninfoFree(options) }
        var option = unsafe options
        while let keyword = unsafe option.pointee.keyword {
            if let value = unsafe option.pointee.val {
                try unsafe check(String(cString: keyword), String(cString: value))
            }
            unsafe option += 1
        }
    }

    private static func check(_ keyword: String, _ value: String) throws {
        let isWrong =
            switch keyword {
            case "port": !value.utf8.allSatisfy { (0x30...0x39).contains($0) || $0 == 0x2C }
            case "host": value.contains("@") && !value.hasPrefix("@")
            default: false
            }
        guard isWrong else { return }
        throw SQLError.misuse(
            "the \(keyword) in the connection string is none; percent-encode @, : and / in the password", statement: nil
        )
    }
}
