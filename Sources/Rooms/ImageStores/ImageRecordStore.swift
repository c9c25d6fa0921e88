// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// Where records are kept.
///
/// Any number of runs write at once, in any order; the later version of a picture wins.
public protocol ImageRecordStore: Sendable {
    /// Writes a record over an older or equal version of the same picture, and returns once it is durable.
    /// Writing the same record again changes nothing.
    ///
    /// - Returns: `.superseded` when a later version is recorded already; then nothing was written.
    /// - Throws: when the store failed; the same call may be made again.
    @discardableResult
    func upsert(_ record: ImageRecord) async throws -> ImageUpsert

    /// The record of a picture; nil when there is none.
    ///
    /// - Throws: when the store failed.
    func record(of key: ImageKey) async throws -> ImageRecord?

    /// One page of the records that match.
    ///
    /// Pages do not repeat a record unless it was written meanwhile.
    ///
    /// - Throws: ``ImageStoreError`` when `query.cursor` is not one that this store gave out; other errors when
    ///   the store failed.
    func page(of query: ImageQuery) async throws -> ImagePage

    /// How many records match, whatever the page.
    ///
    /// - Throws: when the store failed.
    func count(matching filter: ImageFilter) async throws -> Int

    /// Removes the record of a picture.
    ///
    /// - Returns: Whether there was one.
    /// - Throws: when the store failed.
    @discardableResult
    func delete(_ key: ImageKey) async throws -> Bool
}

/// What became of a record.
public enum ImageUpsert: Sendable, Equatable {
    /// It is the picture's record now.
    case stored
    /// A later version was there, and stays.
    case superseded
}

/// Which records are meant; every condition that is set must hold.
public struct ImageFilter: Sendable, Equatable {
    /// Part of the blob's name, ASCII case ignored.
    public var text: String?
    /// The account.
    public var account: String?
    /// The container.
    public var container: String?
    /// How the run ended.
    public var status: ImageRecord.Status?
    /// The uploader.
    public var user: String?
    /// The original's bytes, to find copies.
    public var sha256: String?

    /// All records.
    public init() {}
}

/// A filter, an order and a page.
public struct ImageQuery: Sendable, Equatable {
    /// In which order records come.
    public enum Order: String, Sendable, CaseIterable {
        /// The latest written first.
        case newest
        /// By account, container and name, byte by byte.
        case name
    }

    /// The most records a page holds.
    public static let maximumPageSize = 1000

    /// Which records.
    public var filter: ImageFilter
    /// In which order.
    public var order: Order
    /// How many records at most; larger values mean ``maximumPageSize``, smaller ones 1.
    public var limit: Int
    /// Where to go on: ``ImagePage/next`` of the page before, under the same filter and order.
    public var cursor: String?

    /// The first page under a filter.
    public init(_ filter: ImageFilter = ImageFilter(), order: Order = .newest, limit: Int = 100) {
        self.filter = filter
        self.order = order
        self.limit = limit
    }

    /// ``limit`` within its bounds.
    var pageSize: Int { min(max(limit, 1), ImageQuery.maximumPageSize) }
}

/// Some of the records that match.
public struct ImagePage: Sendable, Equatable {
    /// The records in order.
    public let records: [ImageRecord]
    /// The cursor of the page after this; nil after the last.
    public let next: String?

    /// A page of these records.
    public init(records: [ImageRecord], next: String?) {
        self.records = records
        self.next = next
    }
}

/// A store refused a call or cannot work with what it found.
///
/// Trying again does not help.
public struct ImageStoreError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What is wrong.
    public enum Code: String, Sendable {
        /// The cursor is not one that this store gave out for this order.
        case invalidCursor
        /// The table was made by a newer program.
        case newerSchema
        /// A row holds something that is no record.
        case invalidRow
    }

    /// What is wrong.
    public let code: Code
    /// What failed and what to do.
    public let message: String

    /// The same as ``message``.
    public var description: String { message }
}
