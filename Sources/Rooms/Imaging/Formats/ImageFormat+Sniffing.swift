// Darkroom
// SPDX-License-Identifier: Apache-2.0

extension ImageFormat {
    /// The format that the first bytes of a file show; nil when it is none that is read here.
    ///
    /// The only way in: names and media types are never looked at, and libvips is never asked to guess.
    static func sniff(_ bytes: [UInt8]) -> ImageFormat? {
        let start = BinaryView(bytes.prefix(64))
        if start.bytes.starts(with: [0xff, 0xd8, 0xff]) { return .jpeg }
        if start.bytes.starts(with: [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]) { return .png }
        if start.hasText("GIF87a", at: 0) || start.hasText("GIF89a", at: 0) { return .gif }
        if start.hasText("RIFF", at: 0), start.hasText("WEBP", at: 8) { return .webp }
        if isTIFF(start) { return .tiff }
        return heif(start)
    }

    /// Classic TIFF and BigTIFF, in both byte orders.
    private static func isTIFF(_ start: BinaryView) -> Bool {
        let marks: [[UInt8]] = [
            [0x49, 0x49, 0x2a, 0x00], [0x4d, 0x4d, 0x00, 0x2a], [0x49, 0x49, 0x2b, 0x00], [0x4d, 0x4d, 0x00, 0x2b],
        ]
        return marks.contains { start.bytes.starts(with: $0) }
    }

    /// The brands of an ISO base media file (ISO 14496-12): the major one decides, then the compatible ones.
    private static func heif(_ start: BinaryView) -> ImageFormat? {
        guard start.hasText("ftyp", at: 4), let size = start.uint32(at: 0) else { return nil }
        let compatible = stride(from: 16, to: min(size, start.count) - 3, by: 4)
        for offset in [8] + Array(compatible) {
            if start.hasText("avif", at: offset) || start.hasText("avis", at: offset) { return .avif }
            if hevcBrands.contains(where: { start.hasText($0, at: offset) }) { return .heic }
        }
        return nil
    }

    private static let hevcBrands: [StaticString] = ["heic", "heix", "heim", "heis", "hevc", "hevx"]
}
