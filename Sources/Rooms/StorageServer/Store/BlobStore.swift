// Darkroom
// SPDX-License-Identifier: Apache-2.0

public import AzureStorage
import Basics
public import SQL
public import Telemetry

/// Containers and blobs on this machine: rows in a database, long content in files beside it.
///
/// A write is durable and announced when its call returns: the bytes are synced first, then blob and event become
/// visible in one commit. Content never changes once written, so a reader keeps the version it opened.
///
/// Run ``run()`` for as long as the store is in use; it removes what nobody points to any more.
public final class BlobStore: Sendable {
    /// The bounds.
    public let configuration: BlobStoreConfiguration
    let database: any SQLDatabase
    let folder: ContentFolder
    let disk: BlockingPool
    let log: Log
    let now: @Sendable () -> StorageTime
    let newEvents = Signal()
    let leftovers = Signal()

    private init(
        database: any SQLDatabase, folder: ContentFolder, configuration: BlobStoreConfiguration, log: Log,
        now: @escaping @Sendable () -> StorageTime
    ) {
        self.database = database
        self.folder = folder
        self.configuration = configuration
        self.log = log
        self.now = now
        disk = BlockingPool(name: "content files", threads: configuration.diskThreads)
    }

    /// Opens the store, making its tables and folder when they are missing.
    ///
    /// - Parameters:
    ///   - database: Where the rows are; one store uses it.
    ///   - folder: Where content files are; its parent exists. One process at a time may use it.
    ///   - configuration: The bounds.
    ///   - log: Hears of leftovers that were removed and of faults.
    ///   - now: The clock.
    /// - Throws: `SQLError`; an error that names the folder and what the system said; an error when another
    ///   process uses the folder, or another version of the program wrote the database.
    public static func open(
        database: any SQLDatabase, folder: String, configuration: BlobStoreConfiguration = BlobStoreConfiguration(),
        log: Log = .silent, now: @escaping @Sendable () -> StorageTime = StorageTime.now
    ) async throws -> BlobStore {
        let lock = try FolderLock(folder: folder)
        // A database that was restored from a copy may know of fewer runs than the folder.
        let known = try ContentFolder.runs(in: folder).last ?? 0
        let run = try await database.write { connection in
            try Schema.prepare(connection)
            let rows = try connection.query("UPDATE clock SET run = max(run, ?) + 1 RETURNING run", [.integer(known)])
            return rows.first?.int(0) ?? 0
        }
        let folder = ContentFolder(root: folder, lock: lock, run: run)
        return BlobStore(database: database, folder: folder, configuration: configuration, log: log, now: now)
    }

    /// Ends the event streams and the threads.
    ///
    /// The database stays open: it belongs to whoever opened it.
    public func close() {
        newEvents.finish()
        leftovers.finish()
        disk.close()
        folder.close()
    }

    /// Runs a write and, once it is durable, wakes those whom it concerns.
    func change<Value: Sendable>(
        _ body: @escaping @Sendable (StoreTransaction) throws -> Value
    ) async throws -> Value {
        let now = now()
        let (value, hasNewEvents, hasLeftovers) = try await database.write { connection in
            let transaction = StoreTransaction(connection, now: now)
            let value = try body(transaction)
            return (value, transaction.hasNewEvents, transaction.hasLeftovers)
        }
        if hasNewEvents { newEvents.raise() }
        if hasLeftovers { leftovers.raise() }
        return value
    }
}
