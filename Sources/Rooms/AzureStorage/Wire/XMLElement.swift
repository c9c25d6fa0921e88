// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// An element of a body that was read, with all that is in it.
public struct XMLElement: Sendable, Equatable {
    /// Its name.
    public let name: String
    /// Its attributes.
    public var attributes: [String: String] = [:]
    /// The text directly in it.
    public var text = ""
    /// The elements directly in it, in order.
    public var children: [XMLElement] = []

    /// Reads a whole document.
    ///
    /// - Parameters:
    ///   - bytes: The document, in UTF-8; whoever read it has bounded its length.
    ///   - elementLimit: The most elements.
    /// - Throws: ``StorageError`` `InvalidXmlDocument`.
    public init(parsing bytes: [UInt8], elementLimit: Int = 250_000) throws {
        var scanner = try XMLScanner(bytes)
        var open: [XMLElement] = []
        var count = 0
        while let piece = try scanner.next() {
            switch piece {
            case .start(let name, let attributes):
                count += 1
                guard count <= elementLimit else { throw StorageError(.invalidXmlDocument) }
                open.append(XMLElement(name: name, attributes: attributes))
            case .text(let text):
                open[open.count - 1].text += text
            case .end:
                let done = open.removeLast()
                guard !open.isEmpty else {
                    // The scanner lets nothing but comments and white space follow.
                    while try scanner.next() != nil {}
                    self = done
                    return
                }
                open[open.count - 1].children.append(done)
            }
        }
        throw StorageError(.invalidXmlDocument)
    }

    private init(name: String, attributes: [String: String]) {
        self.name = name
        self.attributes = attributes
    }

    /// The first element of this name directly in it.
    public subscript(name: String) -> XMLElement? { children.first { $0.name == name } }
}
