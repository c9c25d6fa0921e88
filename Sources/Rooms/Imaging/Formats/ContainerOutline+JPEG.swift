// Darkroom
// SPDX-License-Identifier: Apache-2.0

extension ContainerOutline {
    /// JPEG: markers up to the first scan; only a picture of several scans is walked to its end, because an
    /// ordinary one is one long scan that the decoder sees anyway.
    mutating func walkJPEG(_ file: BinaryView) {
        scans = 0
        var components = 0
        var offset = 2
        while let marker = nextMarker(in: file, from: &offset), marker != 0xd9 {
            guard hasLength(marker) else { continue }
            guard let length = file.uint16(at: offset), length >= 2 else { return }
            if isFrame(marker) {
                isProgressive = marker == 0xc2 || marker == 0xca
                components = file.byte(at: offset + 7) ?? 0
            }
            if marker == 0xda {
                scans += 1
                let isOnly = !isProgressive && file.byte(at: offset + 2) == components
                if isOnly { return }
            }
            offset += length
        }
    }

    /// The code behind the next 0xff, with `offset` after it; passes over entropy-coded data.
    private func nextMarker(in file: BinaryView, from offset: inout Int) -> Int? {
        let bytes = file.bytes
        var index = bytes.startIndex + offset
        while let mark = bytes[min(index, bytes.endIndex)...].firstIndex(of: 0xff), mark + 1 < bytes.endIndex {
            let code = bytes[mark + 1]
            index = mark + 1
            if code == 0 || code == 0xff { continue }
            offset = mark + 2 - bytes.startIndex
            return Int(code)
        }
        return nil
    }

    /// Restart marks, start of image and TEM stand alone.
    private func hasLength(_ marker: Int) -> Bool { !(0xd0...0xd8).contains(marker) && marker != 0x01 }

    /// SOF0...SOF15, without the tables that share their numbers.
    private func isFrame(_ marker: Int) -> Bool {
        (0xc0...0xcf).contains(marker) && ![0xc4, 0xc8, 0xcc].contains(marker)
    }
}
