// Darkroom
// SPDX-License-Identifier: Apache-2.0

import SQL
import SQLite

/// The three databases of a data folder.
struct Databases: Sendable {
    /// Blobs, containers and events.
    let storage: SQLiteDatabase
    /// Runs, their histories and queues.
    let tasks: SQLiteDatabase
    /// The table `ImageMetadata`.
    let records: SQLiteDatabase

    /// Opens all three, creating what is missing.
    ///
    /// - Throws: ``SettingsError`` that names the file that cannot be opened.
    init(in folder: DataFolder) throws {
        storage = try open(folder.storageDatabase)
        tasks = try open(folder.tasksDatabase)
        records = try open(folder.recordsDatabase)
    }

    func close() {
        for database in [storage, tasks, records] { database.close() }
    }
}

private func open(_ path: String) throws -> SQLiteDatabase {
    do {
        return try SQLiteDatabase(path: path)
    } catch let error as SQLError {
        throw SettingsError("\(path) cannot be opened: \(error.message). Restore it from a backup, or move it away.")
    }
}
