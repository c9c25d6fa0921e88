// Darkroom
// SPDX-License-Identifier: Apache-2.0

import SQL

/// The tables of a blob store.
///
/// Every write takes a stamp from `clock`: its moment, made unique and rising. The stamp is the ETag, the
/// Last-Modified, the id of new content and the event's place in the feed.
enum Schema {
    /// The layout that this program writes.
    static let version: Int64 = 1

    /// Makes the tables in an empty database.
    ///
    /// - Throws: ``UnknownSchema`` when a newer program wrote the database.
    static func prepare(_ connection: any SQLConnection) throws {
        try connection.executeScript(tables)
        try connection.execute("INSERT OR IGNORE INTO clock (id, stamp, run, swept) VALUES (0, 0, 0, 0)")
        try connection.execute(
            "INSERT INTO layout (version) SELECT ? WHERE NOT EXISTS (SELECT 1 FROM layout)", [.int(version)])
        let found = try connection.query("SELECT version FROM layout").first?.int(0) ?? 0
        guard found == version else { throw UnknownSchema(found: found) }
    }

    private static let tables = """
        CREATE TABLE IF NOT EXISTS layout (version INTEGER NOT NULL);

        CREATE TABLE IF NOT EXISTS clock (
            id INTEGER PRIMARY KEY CHECK (id = 0),
            stamp INTEGER NOT NULL,
            run INTEGER NOT NULL,
            swept INTEGER NOT NULL
        );

        CREATE TABLE IF NOT EXISTS container (
            id INTEGER PRIMARY KEY,
            account TEXT NOT NULL,
            name TEXT NOT NULL,
            stamp INTEGER NOT NULL,
            access TEXT NOT NULL,
            metadata TEXT,
            deleted INTEGER NOT NULL DEFAULT 0
        );
        CREATE UNIQUE INDEX IF NOT EXISTS container_by_name ON container (account, name) WHERE deleted = 0;
        CREATE INDEX IF NOT EXISTS container_deleted ON container (id) WHERE deleted = 1;

        CREATE TABLE IF NOT EXISTS blob (
            container INTEGER NOT NULL,
            name TEXT NOT NULL,
            stamp INTEGER NOT NULL,
            created INTEGER NOT NULL,
            content INTEGER NOT NULL,
            length INTEGER NOT NULL,
            type TEXT, encoding TEXT, language TEXT, disposition TEXT, cache_control TEXT,
            md5 BLOB,
            metadata TEXT,
            copy_id TEXT, copy_source TEXT, copy_completed INTEGER,
            PRIMARY KEY (container, name)
        ) WITHOUT ROWID;

        CREATE TABLE IF NOT EXISTS content (
            id INTEGER PRIMARY KEY,
            users INTEGER NOT NULL,
            length INTEGER NOT NULL,
            file TEXT,
            blocks TEXT,
            bytes BLOB
        );
        CREATE UNIQUE INDEX IF NOT EXISTS content_by_file ON content (file) WHERE file IS NOT NULL;

        CREATE TABLE IF NOT EXISTS upload (
            container INTEGER NOT NULL,
            name TEXT NOT NULL,
            blocks INTEGER NOT NULL,
            id_length INTEGER NOT NULL,
            stamp INTEGER NOT NULL,
            PRIMARY KEY (container, name)
        ) WITHOUT ROWID;

        CREATE TABLE IF NOT EXISTS block (
            container INTEGER NOT NULL,
            name TEXT NOT NULL,
            id TEXT NOT NULL,
            content INTEGER NOT NULL,
            length INTEGER NOT NULL,
            PRIMARY KEY (container, name, id)
        ) WITHOUT ROWID;

        CREATE TABLE IF NOT EXISTS discarded_file (name TEXT PRIMARY KEY) WITHOUT ROWID;

        CREATE TABLE IF NOT EXISTS event (
            sequence INTEGER PRIMARY KEY,
            kind TEXT NOT NULL,
            account TEXT NOT NULL,
            container TEXT NOT NULL,
            name TEXT NOT NULL,
            stamp INTEGER NOT NULL,
            length INTEGER NOT NULL,
            type TEXT,
            api TEXT NOT NULL
        );

        CREATE TABLE IF NOT EXISTS event_cursor (
            consumer TEXT PRIMARY KEY,
            sequence INTEGER NOT NULL
        ) WITHOUT ROWID;
        """
}

/// The database was written by another version of the program.
struct UnknownSchema: Error, CustomStringConvertible {
    let found: Int64

    var description: String {
        "the blob database has layout \(found), this program knows layout \(Schema.version); "
            + "start the version of Darkroom that wrote it, or give this one another data folder"
    }
}
