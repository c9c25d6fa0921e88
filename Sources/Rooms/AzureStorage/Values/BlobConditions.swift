// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// What must hold of a blob or container before an operation touches it.
public struct BlobConditions: Sendable, Equatable {
    /// Which versions are meant.
    public enum Versions: Sendable, Equatable {
        /// Whichever is there.
        case any
        /// One of these.
        case oneOf([ETag])

        func contain(_ etag: ETag) -> Bool {
            switch self {
            case .any: true
            case .oneOf(let tags): tags.contains(etag)
            }
        }
    }

    /// How a condition came out for a read.
    public enum Outcome: Sendable, Equatable {
        /// Read on.
        case holds
        /// The caller has this version already.
        case notModified
        /// The caller expected another version.
        case failed
    }

    /// `If-Match`.
    public var ifMatch: Versions?
    /// `If-None-Match`.
    public var ifNoneMatch: Versions?
    /// `If-Modified-Since`, to the second.
    public var ifModifiedSince: StorageTime?
    /// `If-Unmodified-Since`, to the second.
    public var ifUnmodifiedSince: StorageTime?

    /// No conditions.
    public init() {}

    /// No conditions.
    public static let none = BlobConditions()

    /// Only when nothing is there yet.
    public static var ifAbsent: BlobConditions {
        var conditions = BlobConditions()
        conditions.ifNoneMatch = .any
        return conditions
    }

    /// Only when this version is there.
    public static func ifMatch(_ etag: ETag) -> BlobConditions {
        var conditions = BlobConditions()
        conditions.ifMatch = .oneOf([etag])
        return conditions
    }
}

// Reads: lists of tags are allowed, and a caller that is up to date is told so.
extension BlobConditions {
    /// Says whether a read of this version may go on.
    ///
    /// Holds when `If-Match` and `If-Unmodified-Since` hold and, if any of them is given, `If-None-Match` or
    /// `If-Modified-Since` holds.
    public func checkRead(etag: ETag, modified: StorageTime) -> Outcome {
        if let ifMatch, !ifMatch.contain(etag) { return .failed }
        if let ifUnmodifiedSince, modified.wholeSecond > ifUnmodifiedSince { return .failed }
        let changed = [
            ifNoneMatch.map { !$0.contain(etag) },
            ifModifiedSince.map { modified.wholeSecond > $0 },
        ].compactMap(\.self)
        return changed.isEmpty || changed.contains(true) ? .holds : .notModified
    }
}

// Writes: one tag, and every failure is a failure.
extension BlobConditions {
    /// Throws unless a write over this version may go on.
    ///
    /// - Throws: ``StorageError`` `ConditionNotMet`.
    public func checkWrite(etag: ETag, modified: StorageTime) throws {
        let holds =
            if let ifMatch {
                ifMatch.contain(etag)
            } else if let ifNoneMatch {
                !ifNoneMatch.contain(etag)
            } else if let ifModifiedSince {
                modified.wholeSecond > ifModifiedSince
            } else if let ifUnmodifiedSince {
                modified.wholeSecond <= ifUnmodifiedSince
            } else {
                true
            }
        guard holds else { throw StorageError(.conditionNotMet) }
    }

    /// Throws unless a write that creates may go on, over `existing` or where nothing is.
    ///
    /// - Throws: ``StorageError`` `BlobAlreadyExists` when only something new was wanted; `ConditionNotMet`.
    public func checkCreate(over existing: (etag: ETag, modified: StorageTime)?) throws {
        guard let existing else {
            if ifMatch != nil { throw StorageError(.conditionNotMet) }
            return
        }
        if ifNoneMatch == .any { throw StorageError(.blobAlreadyExists) }
        try checkWrite(etag: existing.etag, modified: existing.modified)
    }
}
