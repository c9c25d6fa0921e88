// Darkroom
// SPDX-License-Identifier: Apache-2.0

extension [BlockReference] {
    /// The body of Put Block List: which blocks, in order.
    ///
    /// - Throws: ``StorageError`` `InvalidXmlDocument`; `InvalidBlockList` for an id that is none.
    public init(xml bytes: [UInt8]) throws {
        let root = try XMLElement(parsing: bytes)
        guard root.name == "BlockList" else { throw StorageError(.invalidXmlDocument) }
        self = try root.children.map { element in
            guard let source = BlockReference.Source(rawValue: element.name), element.children.isEmpty else {
                throw StorageError(.invalidXmlDocument)
            }
            guard let id = try? BlockID(element.text) else { throw StorageError(.invalidBlockList) }
            return BlockReference(source, id)
        }
    }

    /// The list as the body of Put Block List.
    public var xml: [UInt8] {
        var xml = XMLWriter()
        xml.element("BlockList") { list in
            for reference in self { list.element(reference.source.rawValue, reference.id.text) }
        }
        return xml.bytes
    }
}
