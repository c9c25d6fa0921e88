// Darkroom
// SPDX-License-Identifier: Apache-2.0

import AzureStorage
import Basics
import SQL
import Telemetry

// Nothing here is needed for a right answer: it only gives back space, in small steps between other work.
extension BlobStore {
    /// Removes what nobody points to any more: at the start what a crash has left, then whatever comes up.
    ///
    /// Returns when the store closes or the task is cancelled.
    public func run() async {
        let wake = leftovers.subscribe()
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.raiseRegularly() }
            group.addTask {
                await self.attempt("sweep files of earlier runs") { try await self.sweepEarlierRuns() }
                for await _ in wake { await self.tidy() }
            }
            await group.next()
            group.cancelAll()
        }
    }

    /// One round of everything that ``run()`` does again and again.
    func tidy() async {
        await attempt("empty deleted containers") { try await self.emptyDeletedContainers() }
        await attempt("expire uncommitted blocks") { try await self.expireUploads() }
        await attempt("drop old events") { try await self.dropOldEvents() }
        await attempt("remove discarded files") { try await self.removeDiscardedFiles() }
    }

    private func raiseRegularly() async {
        while (try? await Task.sleep(for: configuration.housekeepingInterval)) != nil { leftovers.raise() }
    }

    private func attempt(_ what: String, _ work: () async throws -> Void) async {
        do {
            try await work()
        } catch {
            log(.warning, "Housekeeping failed; it will be tried again", ["step": what, "reason": "\(error)"])
        }
    }
}

extension BlobStore {
    private static let namesPerStep = 256
    private static let rowsPerStep = 200

    /// Removes files that no row points to, of runs that were not swept before.
    func sweepEarlierRuns() async throws {
        let swept = try await database.read { try $0.query("SELECT swept FROM clock").first?.int(0) ?? 0 }
        let runs = try await disk.run { [folder] in try folder.earlierRuns() }
        var removed = 0
        for run in runs where run > swept {
            for shard in try await disk.run({ [folder] in try folder.shards(of: run) }) {
                removed += try await sweep(shard: shard)
            }
            try await disk.run { [folder] in try folder.removeEmptyFolders(of: run) }
        }
        if let last = runs.last {
            _ = try await database.write { try $0.execute("UPDATE clock SET swept = max(swept, ?)", [.integer(last)]) }
        }
        if removed > 0 { log(.info, "Removed content files without a blob", ["files": "\(removed)"]) }
    }

    private func sweep(shard: String) async throws -> Int {
        let names = try await disk.run { [folder] in try folder.files(in: shard) }
        let orphans = try await database.read { connection in
            try names.filter { try connection.query("SELECT 1 FROM content WHERE file = ?", [.text($0)]).isEmpty }
        }
        try await disk.run { [folder] in
            for name in orphans { try folder.remove(name) }
        }
        return orphans.count
    }

    func removeDiscardedFiles() async throws {
        while true {
            let names = try await database.read { connection in
                try connection.query("SELECT name FROM discarded_file LIMIT ?", [.int(Self.namesPerStep)])
                    .map { $0.text(0) }
            }
            if names.isEmpty { return }
            try await disk.run { [folder] in
                for name in names { try folder.remove(name) }
            }
            try await database.write { connection in
                for name in names { try connection.execute("DELETE FROM discarded_file WHERE name = ?", [.text(name)]) }
            }
        }
    }

    func emptyDeletedContainers() async throws {
        while try await change({ try $0.emptyDeletedContainer(rows: Self.rowsPerStep) }) {}
    }

    func expireUploads() async throws {
        let limit = now() - configuration.blockExpiry
        while try await change({ try $0.expireUploads(before: limit, count: Self.rowsPerStep) }) > 0 {}
    }

    func dropOldEvents() async throws {
        let limit = now() - configuration.eventRetention
        let dropped = try await database.write { [configuration] connection in
            let excess = try connection.query(
                "SELECT sequence FROM event ORDER BY sequence DESC LIMIT 1 OFFSET ?", [.int(configuration.eventLimit)])
            let last = max(limit.ticks, excess.first?.int(0) ?? 0)
            let lost = try connection.query(
                "SELECT count(*) FROM event WHERE sequence <= ? AND EXISTS (SELECT 1 FROM event_cursor)",
                [.integer(last)])
            try connection.execute("DELETE FROM event WHERE sequence <= ?", [.integer(last)])
            return lost.first?.int(0) ?? 0
        }
        if dropped > 0 {
            log(.warning, "Dropped events that a consumer has not acknowledged in time", ["events": "\(dropped)"])
        }
    }
}

extension StoreTransaction {
    /// Takes some rows out of a deleted container; says whether there may be more to do.
    fileprivate func emptyDeletedContainer(rows limit: Int) throws -> Bool {
        guard let id = try connection.query("SELECT id FROM container WHERE deleted = 1 LIMIT 1").first?.int(0) else {
            return false
        }
        let blobs = try connection.query(
            "SELECT name, content FROM blob WHERE container = ? LIMIT ?", [.integer(id), .int(limit)])
        for blob in blobs {
            try connection.execute(
                "DELETE FROM blob WHERE container = ? AND name = ?", [.integer(id), blob.values[0]])
            try release(content: blob.int(1))
        }
        let uploads = try connection.query(
            "SELECT name FROM upload WHERE container = ? LIMIT ?", [.integer(id), .int(limit)])
        for upload in uploads { try discardUpload(BlobName(upload.text(0)), in: id) }
        if blobs.isEmpty, uploads.isEmpty {
            try connection.execute("DELETE FROM container WHERE id = ?", [.integer(id)])
        }
        return true
    }

    fileprivate func expireUploads(before limit: StorageTime, count: Int) throws -> Int {
        let uploads = try connection.query(
            "SELECT container, name FROM upload WHERE stamp < ? LIMIT ?", [.integer(limit.ticks), .int(count)])
        for upload in uploads { try discardUpload(BlobName(upload.text(1)), in: upload.int(0)) }
        return uploads.count
    }
}
