// Darkroom
// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import HTTP

/// A property by the names that answers and lists give it.
enum PropertyName {
    case lastModified, created, length, type, encoding, language, disposition, cacheControl, md5

    /// In the header of an answer.
    var inAnswer: String {
        switch self {
        case .created: "x-ms-creation-time"
        default: inList
        }
    }

    /// In a list of blobs.
    var inList: String {
        switch self {
        case .lastModified: "Last-Modified"
        case .created: "Creation-Time"
        case .length: "Content-Length"
        case .type: "Content-Type"
        case .encoding: "Content-Encoding"
        case .language: "Content-Language"
        case .disposition: "Content-Disposition"
        case .cacheControl: "Cache-Control"
        case .md5: "Content-MD5"
        }
    }
}

extension BlobProperties {
    /// The properties in the header of an answer.
    ///
    /// - Throws: ``BlobClientError`` when it lacks what every blob has.
    init(answer fields: HTTPFields, to call: BlobCall) throws {
        guard let etag = fields["ETag"], let properties = BlobProperties(etag: ETag(etag), { fields[$0.inAnswer] })
        else { throw BlobClientError("\(call): the answer lacks the blob's properties") }
        self = properties
        metadata = try BlobMetadata(fields: fields)
        // The whole blob's, in the answer to a range.
        if let whole = fields["x-ms-blob-content-md5"] { headers.md5 = Data(base64Encoded: whole).map(Array.init) }
    }

    /// Properties by their names; nil when one that every blob has is missing.
    init?(etag: ETag, _ value: (PropertyName) -> String?) {
        guard let modified = value(.lastModified).flatMap(HTTPDate.init(parsing:)),
            let length = value(.length).flatMap({ Int64($0) })
        else { return nil }
        func text(_ name: PropertyName) -> String? { value(name).flatMap { $0.isEmpty ? nil : $0 } }
        let created = value(.created).flatMap(HTTPDate.init(parsing:)) ?? modified
        var headers = ContentHeaders(type: text(.type))
        headers.encoding = text(.encoding)
        headers.language = text(.language)
        headers.disposition = text(.disposition)
        headers.cacheControl = text(.cacheControl)
        headers.md5 = text(.md5).flatMap { Data(base64Encoded: $0) }.map(Array.init)
        self.init(
            etag: etag, modified: StorageTime(modified), created: StorageTime(created), length: length,
            headers: headers)
    }
}
