// Darkroom
// SPDX-License-Identifier: Apache-2.0

extension ContainerOutline {
    /// GIF (89a): blocks up to the trailer.
    ///
    /// The decoder neither counts beyond 4097 frames nor notices a file that ends early, so this does. A
    /// missing trailer alone is common in the wild and no cut.
    mutating func walkGIF(_ file: BinaryView) {
        frames = 0
        defer { frames = max(1, frames) }
        guard let flags = file.byte(at: 10) else {
            isCut = true
            return
        }
        var offset = 13 + tableSize(flags)
        while let introducer = file.byte(at: offset) {
            switch introducer {
            case 0x3b: return
            case 0x21: offset += 2
            case 0x2c:
                frames += 1
                offset += 11 + tableSize(file.byte(at: offset + 9) ?? 0)
            default: return
            }
            guard skipBlocks(file, from: &offset) else {
                isCut = true
                return
            }
        }
        isCut = offset > file.count || frames == 0
    }

    /// A colour table of 2...256 entries of three bytes.
    private func tableSize(_ flags: Int) -> Int { flags & 0x80 == 0 ? 0 : 3 << ((flags & 7) + 1) }

    /// Sub-blocks, each with its length before it, up to an empty one; false when the file ends among them.
    private func skipBlocks(_ file: BinaryView, from offset: inout Int) -> Bool {
        while let length = file.byte(at: offset) {
            offset += 1 + length
            if length == 0 { return true }
        }
        return false
    }
}
