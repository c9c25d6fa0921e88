// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import FoundationEssentials
import Telemetry

extension EmbeddedTaskHub {
    /// Deletes one instance that has ended, with its history; or what was kept for one that was never started.
    public func purge(_ id: String, isRecursive: Bool) async throws -> Int {
        guard let status = try await store.status(of: id) else {
            return try await ask(HubLocks([id])) { $0.purgeExpected([id]) }
        }
        guard status.status.isFinal else { throw TaskHubError.running(id) }
        return try await purge([id], isRecursive: isRecursive)
    }

    /// Deletes instances that have ended, in small transactions.
    public func purge(_ filter: PurgeFilter) async throws -> Int {
        var count = 0
        while true {
            try Task.checkCancellation()
            let ids = try await store.ended(filter, limit: configuration.purgeBatch)
            if ids.isEmpty { return count }
            count += try await purge(ids, isRecursive: filter.isRecursive)
        }
    }

    /// Deletes ended instances, their descendants before them: whoever is interrupted finds the rest again.
    private func purge(_ ids: [String], isRecursive: Bool) async throws -> Int {
        var ids = ids
        if isRecursive { ids += try await endedDescendants(of: ids) }
        var count = 0
        while !ids.isEmpty {
            let batch = Array(ids.suffix(configuration.purgeBatch))
            count += try await ask(HubLocks(Set(batch))) { $0.purge(batch) }
            ids.removeLast(batch.count)
        }
        return count
    }

    /// The children of ended instances, and theirs, as far as they have ended; parents first.
    ///
    /// Children know their parents: a parent that continued as new does not know all its children any more.
    private func endedDescendants(of ids: [String]) async throws -> [String] {
        var known = Set(ids)
        var descendants: [String] = []
        var generation = ids
        while !generation.isEmpty {
            var next: [String] = []
            for id in generation {
                try Task.checkCancellation()
                next += try await store.endedChildren(of: id).filter { known.insert($0).inserted }
            }
            descendants += next
            generation = next
        }
        return descendants
    }

    /// Deletes what has ended long enough ago, again and again.
    func keepRetention(_ retention: HubConfiguration.Retention) async {
        while !Task.isCancelled {
            do {
                let begin = clock.now.adding(.zero - retention.age)
                let count = try await purge(PurgeFilter(endedBefore: begin, statuses: retention.statuses))
                if count > 0 { log(.info, "old instances were deleted", ["count": "\(count)"]) }
                let forgotten = try await purgeExpected(before: begin)
                if forgotten > 0 {
                    log(.warning, "old events for instances that never started were deleted", ["ids": "\(forgotten)"])
                }
            } catch is CancellationError {
                return
            } catch {
                log(.error, "old instances could not be deleted", ["error": "\(error)"])
            }
            try? await clock.sleep(until: clock.now.adding(retention.interval))
        }
    }

    /// Deletes the events that were kept for instances that nobody has started since a time.
    private func purgeExpected(before time: Date) async throws -> Int {
        var count = 0
        while true {
            try Task.checkCancellation()
            let ids = try await store.expected(before: time, limit: configuration.purgeBatch)
            if ids.isEmpty { return count }
            let deleted = try await ask(HubLocks(Set(ids))) { $0.purgeExpected(ids) }
            if deleted == 0 { return count }
            count += deleted
        }
    }
}
