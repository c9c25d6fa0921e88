// Darkroom
// SPDX-License-Identifier: Apache-2.0

import AzureStorage
import HTTP

/// List Containers.
struct ListContainers: StorageOperation {
    private let request: StorageRequest
    private var query = ContainerListQuery()

    init(_ request: StorageRequest) throws {
        self.request = request
        query.prefix = request[parameter: "prefix"] ?? ""
        query.marker = request[parameter: "marker"]
        query.limit = try request.pageLimit()
        query.includesMetadata = try request.includes(known: ["metadata", "deleted", "system"]).contains("metadata")
    }

    var access: RequiredAccess { .account(.service, .list) }

    func run(_ context: OperationContext) async throws -> HTTPResponse {
        let page = try await context.store.listContainers(of: request.account, query)
        return HTTPResponse(
            status: 200, fields: ["Content-Type": "application/xml"], body: .bytes(xml(page)))
    }

    private func xml(_ page: ContainerListPage) -> [UInt8] {
        var xml = XMLWriter()
        xml.element("EnumerationResults", ["ServiceEndpoint": request.serviceEndpoint]) { xml in
            xml.element("Prefix", query.prefix)
            if let marker = query.marker { xml.element("Marker", marker) }
            xml.element("MaxResults", String(query.limit))
            xml.element("Containers") { xml in
                for entry in page.entries { write(entry, to: &xml) }
            }
            xml.element("NextMarker", page.nextMarker ?? "")
        }
        return xml.bytes
    }

    private func write(_ entry: ContainerListPage.Entry, to xml: inout XMLWriter) {
        let properties = entry.properties
        xml.element("Container") { xml in
            xml.element("Name", entry.name.text)
            xml.element("Properties") { xml in
                xml.element("Last-Modified", properties.lastModified.httpDate.description)
                xml.element("Etag", properties.etag.rawValue)
                xml.element("LeaseStatus", "unlocked")
                xml.element("LeaseState", "available")
                if properties.access != .none { xml.element("PublicAccess", properties.access.rawValue) }
                xml.element("HasImmutabilityPolicy", "false")
                xml.element("HasLegalHold", "false")
            }
            if query.includesMetadata { properties.metadata.write(to: &xml) }
        }
    }
}

extension BlobMetadata {
    /// As an element of a listing.
    func write(to xml: inout XMLWriter) {
        xml.element("Metadata") { xml in
            for entry in entries { xml.element(entry.name, entry.value) }
        }
    }
}

extension StorageRequest {
    /// The address of the service as the client sees it.
    var serviceEndpoint: String {
        "\(http.isSecure ? "https" : "http")://\(fields["Host"] ?? "localhost")/\(account)/"
    }
}
