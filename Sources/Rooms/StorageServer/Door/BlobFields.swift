// Darkroom
// SPDX-License-Identifier: Apache-2.0

import AzureStorage
import FoundationEssentials
import HTTP

extension HTTPFields {
    /// The fields of a write's answer.
    static func written(_ etag: ETag, _ modified: StorageTime) -> HTTPFields {
        ["ETag": etag.quoted, "Last-Modified": modified.httpDate.description]
    }

    /// The fields of a blob's new version.
    ///
    /// What is at rest here is not encrypted by this server, and it does not say so.
    static func written(_ properties: BlobProperties) -> HTTPFields {
        var fields = written(properties.etag, properties.lastModified)
        fields["x-ms-request-server-encrypted"] = "false"
        return fields
    }

    /// The fields that describe a container.
    init(_ properties: ContainerProperties) {
        self = .written(properties.etag, properties.lastModified)
        properties.metadata.write(to: &self)
        self["x-ms-lease-status"] = "unlocked"
        self["x-ms-lease-state"] = "available"
        self["x-ms-has-immutability-policy"] = "false"
        self["x-ms-has-legal-hold"] = "false"
        if properties.access != .none { self["x-ms-blob-public-access"] = properties.access.rawValue }
    }

    /// The fields that describe a blob, but for those that depend on the part that is sent.
    init(_ properties: BlobProperties, overrides: ServiceSAS.Overrides) throws {
        self = .written(properties.etag, properties.lastModified)
        let headers = properties.headers
        self["Content-Type"] = try override("rsct", overrides.type) ?? headers.type ?? ContentHeaders.defaultType
        self["Content-Encoding"] = try override("rsce", overrides.encoding) ?? headers.encoding
        self["Content-Language"] = try override("rscl", overrides.language) ?? headers.language
        self["Content-Disposition"] = try override("rscd", overrides.disposition) ?? headers.disposition
        self["Cache-Control"] = try override("rscc", overrides.cacheControl) ?? headers.cacheControl
        self["Accept-Ranges"] = "bytes"
        self["x-ms-creation-time"] = properties.created.httpDate.description
        self["x-ms-blob-type"] = "BlockBlob"
        self["x-ms-lease-status"] = "unlocked"
        self["x-ms-lease-state"] = "available"
        self["x-ms-server-encrypted"] = "false"
        self["x-ms-access-tier"] = "Hot"
        self["x-ms-access-tier-inferred"] = "true"
        if let copy = properties.copy { write(copy, length: properties.length) }
        properties.metadata.write(to: &self)
    }

    private mutating func write(_ copy: BlobCopy, length: Int64) {
        self["x-ms-copy-id"] = copy.id
        self["x-ms-copy-source"] = copy.source
        self["x-ms-copy-status"] = "success"
        self["x-ms-copy-progress"] = "\(length)/\(length)"
        self["x-ms-copy-completion-time"] = copy.completed.httpDate.description
    }
}

/// A field's value out of a signature.
///
/// - Throws: ``StorageError`` `InvalidQueryParameterValue` when it would end the field early.
private func override(_ name: String, _ value: String?) throws -> String? {
    guard let value else { return nil }
    guard value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7f }) else { throw StorageError.invalidQuery(name, "") }
    return value
}

/// Bytes in base64.
func base64(_ bytes: [UInt8]) -> String { Data(bytes).base64EncodedString() }
