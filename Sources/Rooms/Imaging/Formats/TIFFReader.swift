// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// Reads the directories of a TIFF structure: a TIFF file's own, or the one inside EXIF.
///
/// The bytes are untrusted: a directory is read once, its entries are bounded, offsets are checked.
struct TIFFReader {
    /// One value list of a directory.
    struct Entry {
        let type: Int
        let count: Int
        /// Where the values stand.
        let offset: Int
    }

    /// The entries by their tags.
    typealias Directory = [Int: Entry]

    private let file: BinaryView
    private let firstOffset: Int
    private static let maxEntries = 512
    /// Bytes per value for the types 1...12 of TIFF 6.0.
    private static let sizes = [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8]

    /// Nil when the bytes do not begin as classic TIFF.
    init?(_ bytes: ArraySlice<UInt8>) {
        let isBigEndian = bytes.first == 0x4d
        let file = BinaryView(bytes, isBigEndian: isBigEndian)
        guard file.uint16(at: 2) == 42, let offset = file.uint32(at: 4) else { return nil }
        self.file = file
        firstOffset = offset
    }

    /// The first directory; nil when it is cut off.
    var first: Directory? { directory(at: firstOffset) }

    /// The directory that a tag of another one points to.
    func directory(under tag: Int, of parent: Directory) -> Directory? {
        integers(tag, in: parent).first.flatMap { directory(at: $0) }
    }

    /// Text, without the zeros, spaces and control characters that cameras pad with.
    func text(_ tag: Int, in directory: Directory) -> String? {
        guard let entry = directory[tag], entry.type == 2,
            let bytes = file.slice(at: entry.offset, count: min(entry.count, 256))
        else { return nil }
        let text = String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        let printable = text.unicodeScalars.filter { $0.properties.generalCategory != .control }
        let words = String(String.UnicodeScalarView(printable)).split(separator: " ")
        return words.isEmpty ? nil : words.joined(separator: " ")
    }

    /// Whole numbers of 8, 16 or 32 bits.
    func integers(_ tag: Int, in directory: Directory) -> [Int] {
        guard let entry = directory[tag] else { return [] }
        return (0..<min(entry.count, 65_536)).compactMap { index in
            switch entry.type {
            case 1: file.byte(at: entry.offset + index)
            case 3: file.uint16(at: entry.offset + 2 * index)
            case 4: file.uint32(at: entry.offset + 4 * index)
            default: nil
            }
        }
    }

    /// Fractions; one with a zero below is left out.
    func rationals(_ tag: Int, in directory: Directory) -> [Double] {
        guard let entry = directory[tag], entry.type == 5 || entry.type == 10 else { return [] }
        return (0..<min(entry.count, 8)).compactMap { index in
            guard let above = file.uint32(at: entry.offset + 8 * index),
                let below = file.uint32(at: entry.offset + 8 * index + 4), below != 0
            else { return nil }
            if entry.type == 5 { return Double(above) / Double(below) }
            return Double(Int32(truncatingIfNeeded: above)) / Double(Int32(truncatingIfNeeded: below))
        }
    }

    /// The first byte of a value, for tags whose letters or flags fit in one.
    func firstByte(_ tag: Int, in directory: Directory) -> Int? {
        directory[tag].flatMap { file.byte(at: $0.offset) }
    }

    /// Whether the first directory, or the strips or tiles that it names, lie beyond the end.
    var lacksData: Bool {
        guard let first else { return true }
        return [(273, 279), (324, 325)].contains { places, lengths in
            let ends = zip(integers(places, in: first), integers(lengths, in: first)).map { $0 + $1 }
            return (ends.max() ?? 0) > file.count
        }
    }

    private func directory(at offset: Int) -> Directory? {
        guard let count = file.uint16(at: offset), count <= Self.maxEntries else { return nil }
        var entries: Directory = [:]
        for index in 0..<count {
            let place = offset + 2 + 12 * index
            guard let tag = file.uint16(at: place), let type = file.uint16(at: place + 2),
                let count = file.uint32(at: place + 4), let value = file.uint32(at: place + 8)
            else { return nil }
            let size = Self.sizes.indices.contains(type) ? Self.sizes[type] * count : 0
            entries[tag] = Entry(type: type, count: count, offset: size <= 4 ? place + 8 : value)
        }
        return entries
    }
}
