// Darkroom
// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import HTTP

extension HTTPQuery {
    /// The parameters of List Blobs.
    init(listing query: BlobListQuery) {
        self = ["restype": "container", "comp": "list", "maxresults": String(query.limit)]
        var includes: [String] = []
        if query.includesMetadata { includes.append("metadata") }
        if query.includesUncommitted { includes.append("uncommittedblobs") }
        let optional = [
            ("prefix", query.prefix), ("delimiter", query.delimiter ?? ""), ("marker", query.marker ?? ""),
            ("include", includes.joined(separator: ",")),
        ]
        items += optional.filter { !$0.1.isEmpty }.map { Item(name: $0.0, value: $0.1) }
    }
}

extension BlobListPage {
    /// The answer to List Blobs.
    init(xml bytes: [UInt8], to call: BlobCall) throws {
        guard let root = try? XMLElement(parsing: bytes), root.name == "EnumerationResults", let list = root["Blobs"]
        else { throw BlobClientError("\(call): the answer is no list of blobs") }
        let entries = try list.children.map { try Entry(xml: $0, to: call) }
        let marker = root["NextMarker"]?.text ?? ""
        self.init(entries: entries, nextMarker: marker.isEmpty ? nil : marker)
    }
}

extension BlobListPage.Entry {
    fileprivate init(xml element: XMLElement, to call: BlobCall) throws {
        let failure = BlobClientError("\(call): the list of blobs has an entry that is none")
        guard let tag = element["Name"] else { throw failure }
        let isEncoded = tag.attributes["Encoded"] == "true"
        guard let text = isEncoded ? percentDecoded(tag.text) : tag.text else { throw failure }
        guard element.name == "Blob" else {
            self = .prefix(text)
            return
        }
        guard let name = try? BlobName(text), let properties = element["Properties"] else { throw failure }
        // A blob that has never been committed has no mark of a version.
        guard let etag = properties["Etag"]?.text else {
            self = .uncommitted(name)
            return
        }
        guard var known = BlobProperties(etag: ETag(etag), { properties[$0.inList]?.text }) else { throw failure }
        let metadata = element["Metadata"]?.children.map { ($0.name, $0.text) } ?? []
        known.metadata = try BlobMetadata(metadata)
        self = .blob(name, known)
    }
}
