// Darkroom
// SPDX-License-Identifier: Apache-2.0

import AzureStorage
import HTTP

/// List Blobs: flat, or folder by folder.
struct ListBlobs: StorageOperation {
    /// Parts that may be asked for; of those that this server does not have, there is nothing to show.
    private static let known: Set<String> = [
        "copy", "deleted", "deletedwithversions", "immutabilitypolicy", "legalhold", "metadata", "permissions",
        "snapshots", "tags", "uncommittedblobs", "versions",
    ]

    private let request: StorageRequest
    private let address: ContainerAddress
    private let includesCopies: Bool
    private var query = BlobListQuery()

    init(_ request: StorageRequest) throws {
        self.request = request
        address = try request.container()
        for parameter in ["startfrom", "endbefore"] where request[parameter: parameter] != nil {
            throw StorageError.notImplemented("The parameter \(parameter)")
        }
        let includes = try request.includes(known: Self.known)
        includesCopies = includes.contains("copy")
        query.prefix = request[parameter: "prefix"] ?? ""
        query.delimiter = request[parameter: "delimiter"]
        query.marker = request[parameter: "marker"]
        query.limit = try request.pageLimit()
        query.includesMetadata = includes.contains("metadata")
        query.includesUncommitted = includes.contains("uncommittedblobs")
    }

    var access: RequiredAccess {
        RequiredAccess(resourceType: .container, permissions: [.list], openness: .container)
    }

    func run(_ context: OperationContext) async throws -> HTTPResponse {
        let page = try await context.store.listBlobs(in: address, query)
        return HTTPResponse(status: 200, fields: ["Content-Type": "application/xml"], body: .bytes(xml(page)))
    }

    private func xml(_ page: BlobListPage) -> [UInt8] {
        var xml = XMLWriter()
        let attributes: KeyValuePairs = [
            "ServiceEndpoint": request.serviceEndpoint, "ContainerName": address.container.text,
        ]
        xml.element("EnumerationResults", attributes) { xml in
            xml.element("Prefix", query.prefix)
            xml.element("Marker", query.marker ?? "")
            xml.element("MaxResults", String(query.limit))
            if let delimiter = query.delimiter { xml.element("Delimiter", delimiter) }
            xml.element("Blobs") { xml in
                for entry in page.entries { write(entry, to: &xml) }
            }
            xml.element("NextMarker", page.nextMarker ?? "")
        }
        return xml.bytes
    }

    private func write(_ entry: BlobListPage.Entry, to xml: inout XMLWriter) {
        switch entry {
        case .prefix(let prefix):
            xml.element("BlobPrefix") { Self.writeName(prefix, to: &$0) }
        case .uncommitted(let name):
            xml.element("Blob") { xml in
                Self.writeName(name.text, to: &xml)
                xml.element("Properties") { xml in
                    xml.element("Content-Length", "0")
                    xml.element("BlobType", "BlockBlob")
                }
            }
        case .blob(let name, let properties):
            xml.element("Blob") { xml in
                Self.writeName(name.text, to: &xml)
                xml.element("Properties") { write(properties, to: &$0) }
                if query.includesMetadata { properties.metadata.write(to: &xml) }
            }
        }
    }

    private func write(_ properties: BlobProperties, to xml: inout XMLWriter) {
        let headers = properties.headers
        xml.element("Creation-Time", properties.created.httpDate.description)
        xml.element("Last-Modified", properties.lastModified.httpDate.description)
        xml.element("Etag", properties.etag.rawValue)
        xml.element("Content-Length", String(properties.length))
        xml.element("Content-Type", headers.type ?? ContentHeaders.defaultType)
        xml.element("Content-Encoding", headers.encoding ?? "")
        xml.element("Content-Language", headers.language ?? "")
        xml.element("Content-MD5", headers.md5.map(base64) ?? "")
        xml.element("Cache-Control", headers.cacheControl ?? "")
        xml.element("Content-Disposition", headers.disposition ?? "")
        xml.element("BlobType", "BlockBlob")
        xml.element("AccessTier", "Hot")
        xml.element("AccessTierInferred", "true")
        xml.element("LeaseStatus", "unlocked")
        xml.element("LeaseState", "available")
        xml.element("ServerEncrypted", "false")
        if includesCopies, let copy = properties.copy { Self.write(copy, length: properties.length, to: &xml) }
    }

    private static func write(_ copy: BlobCopy, length: Int64, to xml: inout XMLWriter) {
        xml.element("CopyId", copy.id)
        xml.element("CopySource", copy.source)
        xml.element("CopyStatus", "success")
        xml.element("CopyProgress", "\(length)/\(length)")
        xml.element("CopyCompletionTime", copy.completed.httpDate.description)
    }

    /// A name that XML cannot hold goes percent-encoded, and says so.
    private static func writeName(_ name: String, to xml: inout XMLWriter) {
        if isXMLText(name) {
            xml.element("Name", name)
        } else {
            xml.element("Name", percentEncoded(name), ["Encoded": "true"])
        }
    }
}
