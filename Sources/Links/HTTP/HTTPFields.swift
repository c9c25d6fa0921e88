// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// Header fields in order, names compared without regard to case (RFC 9110, section 5).
public struct HTTPFields: Sendable, Equatable, ExpressibleByDictionaryLiteral {
    /// One field.
    public struct Field: Sendable, Equatable {
        /// As written on the wire.
        public var name: String
        /// Without surrounding white space.
        public var value: String

        /// A field of this name and value.
        public init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    /// All fields, in the order of the wire.
    public private(set) var all: [Field] = []

    /// No fields.
    public init() {}

    /// These fields, in this order.
    public init(_ fields: [Field]) { all = fields }

    /// These fields, in this order.
    public init(dictionaryLiteral elements: (String, String)...) {
        all = elements.map { Field(name: $0.0, value: $0.1) }
    }

    /// The first field of this name; setting replaces all of them, nil removes them.
    public subscript(name: String) -> String? {
        get { all.first { sameFieldName($0.name, name) }?.value }
        set {
            let place = all.firstIndex { sameFieldName($0.name, name) }
            all.removeAll { sameFieldName($0.name, name) }
            guard let newValue else { return }
            all.insert(Field(name: name, value: newValue), at: min(place ?? all.count, all.count))
        }
    }

    /// Every value of this name, in order.
    public func values(of name: String) -> [String] {
        all.filter { sameFieldName($0.name, name) }.map(\.value)
    }

    /// Adds a field at the end, beside others of its name.
    public mutating func append(_ name: String, _ value: String) {
        all.append(Field(name: name, value: value))
    }
}

/// Whether two field names are the same, ASCII case ignored.
public func sameFieldName(_ left: String, _ right: String) -> Bool {
    left.utf8.count == right.utf8.count
        && left.utf8.elementsEqual(right.utf8) { lowerASCII($0) == lowerASCII($1) }
}

private func lowerASCII(_ byte: UInt8) -> UInt8 {
    (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
}
