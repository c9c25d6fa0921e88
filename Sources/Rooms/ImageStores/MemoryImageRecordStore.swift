// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import Synchronization

/// Records in memory, for tests and one-off runs; they end with the process.
public final class MemoryImageRecordStore: ImageRecordStore {
    private let records = Lock<[ImageKey: ImageRecord]>([:])

    /// An empty store.
    public init() {}

    /// Keeps a record unless a later version is there.
    @discardableResult
    public func upsert(_ record: ImageRecord) async throws -> ImageUpsert {
        records.withLock { records in
            guard let present = records[record.key] else {
                records[record.key] = record
                return .stored
            }
            if present.version.isLater(than: record.version) { return .superseded }
            var successor = record
            successor.createdAt = present.createdAt
            records[record.key] = successor
            return .stored
        }
    }

    /// The record of a picture; nil when there is none.
    public func record(of key: ImageKey) async throws -> ImageRecord? {
        records.withLock { $0[key] }
    }

    /// One page of the records that match.
    public func page(of query: ImageQuery) async throws -> ImagePage {
        let cursor = try query.cursor.map { try ImageCursor($0, order: query.order) }
        let matching = matching(query.filter).map { (place: ImageCursor(after: $0, order: query.order), record: $0) }
        let rest =
            matching
            .filter { entry in cursor.map { $0.precedes(entry.place) } ?? true }
            .sorted { $0.place.precedes($1.place) }
        let page = rest.prefix(query.pageSize)
        return ImagePage(
            records: page.map(\.record), next: rest.count > page.count ? page.last?.place.text(query.order) : nil)
    }

    /// How many records match.
    public func count(matching filter: ImageFilter) async throws -> Int { matching(filter).count }

    /// Removes the record of a picture.
    @discardableResult
    public func delete(_ key: ImageKey) async throws -> Bool {
        records.withLock { $0.removeValue(forKey: key) != nil }
    }

    private func matching(_ filter: ImageFilter) -> [ImageRecord] {
        records.withLock { $0.values.filter(filter.matches) }
    }
}

extension ImageCursor {
    /// Later times come first, then smaller ids.
    fileprivate func precedes(_ other: ImageCursor) -> Bool {
        if updatedAt != other.updatedAt { return updatedAt > other.updatedAt }
        return id.utf8.lexicographicallyPrecedes(other.id.utf8)
    }
}

extension ImageFilter {
    fileprivate func matches(_ record: ImageRecord) -> Bool {
        func agrees<Value: Equatable>(_ wanted: Value?, _ value: Value?) -> Bool { wanted == nil || wanted == value }
        return agrees(account, record.key.account) && agrees(container, record.key.container)
            && agrees(status, record.status) && agrees(user, record.user) && agrees(sha256, record.sha256)
            && (text.map { lowerASCII(record.key.name).contains(lowerASCII($0)) } ?? true)
    }
}

private func lowerASCII(_ text: String) -> [UInt8] {
    text.utf8.map { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) ? $0 | 0x20 : $0 }
}
