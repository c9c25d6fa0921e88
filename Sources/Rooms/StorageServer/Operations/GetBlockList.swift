// Darkroom
// SPDX-License-Identifier: Apache-2.0

import AzureStorage
import HTTP

/// Get Block List: the blocks of a blob, committed and not.
struct GetBlockList: StorageOperation {
    private enum Kind: String {
        case committed
        case uncommitted
        case all
    }

    private let address: BlobAddress
    private let kind: Kind

    init(_ request: StorageRequest) throws {
        address = try request.blob()
        let text = request[parameter: "blocklisttype"] ?? Kind.committed.rawValue
        guard let kind = Kind(rawValue: text.lowercased()) else {
            throw StorageError.invalidQuery("blocklisttype", text)
        }
        self.kind = kind
    }

    var access: RequiredAccess { .readBlob }

    func run(_ context: OperationContext) async throws -> HTTPResponse {
        let blocks = try await context.store.blocks(of: address)
        if kind == .committed, blocks.version == nil { throw StorageError(.blobNotFound) }
        var fields: HTTPFields = ["Content-Type": "application/xml"]
        if let version = blocks.version {
            fields["ETag"] = version.etag.quoted
            fields["Last-Modified"] = version.lastModified.httpDate.description
        }
        fields["x-ms-blob-content-length"] = String(blocks.version?.length ?? 0)
        return HTTPResponse(status: 200, fields: fields, body: .bytes(xml(blocks)))
    }

    private func xml(_ blocks: BlobBlocks) -> [UInt8] {
        var xml = XMLWriter()
        xml.element("BlockList") { list in
            if kind != .uncommitted { Self.write(blocks.committed, as: "CommittedBlocks", to: &list) }
            if kind != .committed { Self.write(blocks.uncommitted, as: "UncommittedBlocks", to: &list) }
        }
        return xml.bytes
    }

    private static func write(_ blocks: [BlockSize], as name: String, to xml: inout XMLWriter) {
        xml.element(name) { xml in
            for block in blocks {
                xml.element("Block") { xml in
                    xml.element("Name", block.id.text)
                    xml.element("Size", String(block.length))
                }
            }
        }
    }
}
