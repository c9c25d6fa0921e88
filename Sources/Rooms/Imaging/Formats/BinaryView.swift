// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// Numbers in untrusted bytes: every read is checked, nothing traps.
struct BinaryView {
    let bytes: ArraySlice<UInt8>
    var isBigEndian = true

    init(_ bytes: ArraySlice<UInt8>, isBigEndian: Bool = true) {
        self.bytes = bytes
        self.isBigEndian = isBigEndian
    }

    init(_ bytes: [UInt8], isBigEndian: Bool = true) {
        self.init(bytes[...], isBigEndian: isBigEndian)
    }

    var count: Int { bytes.count }

    func byte(at offset: Int) -> Int? {
        guard offset >= 0, offset < count else { return nil }
        return Int(bytes[bytes.startIndex + offset])
    }

    func uint16(at offset: Int) -> Int? { number(at: offset, size: 2) }

    func uint32(at offset: Int) -> Int? { number(at: offset, size: 4) }

    /// The bytes of a range; nil when it leaves the view.
    func slice(at offset: Int, count length: Int) -> ArraySlice<UInt8>? {
        guard offset >= 0, length >= 0, offset <= count, length <= count - offset else { return nil }
        let start = bytes.startIndex + offset
        return bytes[start..<start + length]
    }

    /// Whether the ASCII text stands at that place.
    func hasText(_ text: StaticString, at offset: Int) -> Bool {
        guard let found = slice(at: offset, count: text.utf8CodeUnitCount) else { return false }
        return found.elementsEqual(text.description.utf8)
    }

    private func number(at offset: Int, size: Int) -> Int? {
        guard let bytes = slice(at: offset, count: size) else { return nil }
        if isBigEndian { return bytes.reduce(0) { $0 << 8 | Int($1) } }
        return bytes.reversed().reduce(0) { $0 << 8 | Int($1) }
    }
}
