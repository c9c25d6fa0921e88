// Darkroom
// SPDX-License-Identifier: Apache-2.0

import SQL

/// The table `ImageMetadata` and its versions, in SQLite's words.
enum ImageMetadataSchema {
    /// The scripts that lead from an empty database to the newest table, one a version.
    private static let steps = [first]

    /// Brings the table up to date, in the caller's transaction.
    static func prepare(_ connection: any SQLConnection) throws {
        try connection.executeScript("CREATE TABLE IF NOT EXISTS ImageMetadataVersion (version INTEGER NOT NULL)")
        let present = try connection.query("SELECT version FROM ImageMetadataVersion").first.map { Int($0.int(0)) } ?? 0
        guard present <= steps.count else {
            throw ImageStoreError(
                code: .newerSchema,
                message: "the table ImageMetadata has version \(present), this program knows \(steps.count); "
                    + "start the newer program")
        }
        guard present < steps.count else { return }
        for step in steps[present...] { try connection.executeScript(step) }
        try connection.execute("DELETE FROM ImageMetadataVersion")
        try connection.execute("INSERT INTO ImageMetadataVersion (version) VALUES (?)", [.int(steps.count)])
    }

    /// The five columns people know come first, by their names; times are milliseconds since 1970.
    private static let first = """
        CREATE TABLE ImageMetadata (
            file_name       TEXT NOT NULL,
            file_size_kb    REAL NOT NULL,
            width           INTEGER,
            height          INTEGER,
            format          TEXT,
            id              TEXT NOT NULL PRIMARY KEY,
            account         TEXT NOT NULL,
            container       TEXT NOT NULL,
            blob_name       TEXT NOT NULL,
            etag            TEXT NOT NULL,
            sequence        TEXT NOT NULL,
            status          TEXT NOT NULL,
            reason_code     TEXT,
            reason          TEXT,
            size_bytes      INTEGER NOT NULL,
            sha256          TEXT,
            uploaded_by     TEXT,
            taken_at        TEXT,
            camera          TEXT,
            gps_latitude    REAL,
            gps_longitude   REAL,
            orientation     INTEGER,
            colour_space    TEXT,
            icc_profile     INTEGER,
            bit_depth       INTEGER,
            alpha           INTEGER,
            frames          INTEGER,
            dominant_colour TEXT,
            blurhash        TEXT,
            renditions      TEXT NOT NULL,
            run_id          TEXT,
            created_at      INTEGER NOT NULL,
            updated_at      INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX ImageMetadata_newest ON ImageMetadata (updated_at DESC, id);
        CREATE INDEX ImageMetadata_status ON ImageMetadata (status, updated_at DESC, id);
        CREATE INDEX ImageMetadata_sha256 ON ImageMetadata (sha256);
        """
}
