// Darkroom
// SPDX-License-Identifier: Apache-2.0

public import HTTP

extension BlobConditions {
    /// The conditions of a read.
    ///
    /// - Throws: ``StorageError`` `InvalidHeaderValue` for a date that is none, and for `If-None-Match: *`, which no
    ///   read can meet.
    public static func reading(_ fields: HTTPFields) throws -> BlobConditions {
        let conditions = try BlobConditions(fields, prefix: "")
        if conditions.ifNoneMatch == .any { throw StorageError.invalidHeader("If-None-Match", "*") }
        return conditions
    }

    /// The conditions of a write.
    ///
    /// - Parameters:
    ///   - fields: The request's header.
    ///   - prefix: What stands before the names, as in `x-ms-source-`.
    /// - Throws: ``StorageError`` `InvalidHeaderValue`; `MultipleConditionHeadersNotSupported` for several tags and
    ///   for conditions that do not go together.
    public static func writing(_ fields: HTTPFields, prefix: String = "") throws -> BlobConditions {
        let conditions = try BlobConditions(fields, prefix: prefix)
        for versions in [conditions.ifMatch, conditions.ifNoneMatch] {
            guard case .oneOf(let tags) = versions, tags.count != 1 else { continue }
            throw StorageError(.multipleConditionHeadersNotSupported)
        }
        let tags = [conditions.ifMatch, conditions.ifNoneMatch].compactMap(\.self).count
        let times = [conditions.ifModifiedSince, conditions.ifUnmodifiedSince].compactMap(\.self).count
        let crossed =
            conditions.ifMatch != nil && conditions.ifModifiedSince != nil
            || conditions.ifNoneMatch != nil && conditions.ifUnmodifiedSince != nil
        guard tags < 2, times < 2, !crossed else { throw StorageError(.multipleConditionHeadersNotSupported) }
        return conditions
    }

    /// Writes the conditions as header fields.
    public func write(to fields: inout HTTPFields) {
        if let ifMatch { fields["If-Match"] = ifMatch.text }
        if let ifNoneMatch { fields["If-None-Match"] = ifNoneMatch.text }
        if let ifModifiedSince { fields["If-Modified-Since"] = ifModifiedSince.httpDate.description }
        if let ifUnmodifiedSince { fields["If-Unmodified-Since"] = ifUnmodifiedSince.httpDate.description }
    }

    private init(_ fields: HTTPFields, prefix: String) throws {
        self.init()
        ifMatch = Self.versions(fields, prefix + "If-Match")
        ifNoneMatch = Self.versions(fields, prefix + "If-None-Match")
        ifModifiedSince = try Self.time(fields, prefix + "If-Modified-Since")
        ifUnmodifiedSince = try Self.time(fields, prefix + "If-Unmodified-Since")
    }

    private static func versions(_ fields: HTTPFields, _ name: String) -> Versions? {
        guard let value = fields[name], !value.isEmpty else { return nil }
        if value == "*" || value == "\"*\"" { return .any }
        // The service's tags have no comma.
        return .oneOf(value.split(separator: ",").map { ETag(String($0.drop { $0 == " " })) })
    }

    private static func time(_ fields: HTTPFields, _ name: String) throws -> StorageTime? {
        guard let value = fields[name], !value.isEmpty else { return nil }
        guard let date = HTTPDate(parsing: value) else { throw StorageError.invalidHeader(name, value) }
        return StorageTime(date)
    }
}

extension BlobConditions.Versions {
    fileprivate var text: String {
        switch self {
        case .any: "*"
        case .oneOf(let tags): tags.map(\.quoted).joined(separator: ", ")
        }
    }
}
