// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// What the container says beside the pixels, found without decoding.
struct ContainerOutline: Equatable {
    /// Passes over the picture; more than one only in JPEG.
    var scans = 1
    /// Frames, where the container counts better than the decoder; 1 elsewhere.
    var frames = 1
    /// Bits per channel, where the decoder widens them.
    var bitDepth: Int?
    /// Whether the picture refines in passes.
    var isProgressive = false
    /// Whether the bytes end before the container does.
    var isCut = false

    /// Walks the container of that format.
    init(of bytes: [UInt8], as format: ImageFormat) {
        switch format {
        case .jpeg: walkJPEG(BinaryView(bytes))
        case .png: walkPNG(BinaryView(bytes))
        case .gif: walkGIF(BinaryView(bytes))
        case .webp: walkRIFF(BinaryView(bytes, isBigEndian: false))
        case .heic, .avif: walkBoxes(BinaryView(bytes))
        case .tiff: isCut = TIFFReader(bytes[...])?.lacksData ?? true
        }
    }
}

extension ContainerOutline {
    /// PNG: chunks of length, type, data, check sum, up to IEND.
    private mutating func walkPNG(_ file: BinaryView) {
        bitDepth = file.byte(at: 24)
        isProgressive = file.byte(at: 28) == 1
        var offset = 8
        while let length = file.uint32(at: offset), offset + 12 + length <= file.count {
            if file.hasText("IEND", at: offset + 4) { return }
            if file.hasText("acTL", at: offset + 4) { frames = max(1, file.uint32(at: offset + 8) ?? 1) }
            offset += 12 + length
        }
        isCut = true
    }

    /// WebP: a RIFF chunk that says how long it is; animations have a chunk per frame.
    private mutating func walkRIFF(_ file: BinaryView) {
        let end = 8 + (file.uint32(at: 4) ?? 0)
        isCut = end > file.count
        var offset = 12
        var found = 0
        while offset + 8 <= min(end, file.count), let length = file.uint32(at: offset + 4) {
            if file.hasText("ANMF", at: offset) { found += 1 }
            offset += 8 + length + length % 2
        }
        frames = max(1, found)
    }

    /// HEIF: boxes of size and type; size 0 reaches to the end, size 1 has a 64-bit size behind it.
    private mutating func walkBoxes(_ file: BinaryView) {
        var offset = 0
        while offset < file.count {
            guard let size = boxSize(file, at: offset), size >= 8, size <= file.count - offset else {
                isCut = true
                return
            }
            offset += size
        }
    }

    private func boxSize(_ file: BinaryView, at offset: Int) -> Int? {
        guard let size = file.uint32(at: offset) else { return nil }
        if size == 0 { return file.count - offset }
        if size > 1 { return size }
        guard file.uint32(at: offset + 8) == 0 else { return nil }
        return file.uint32(at: offset + 12)
    }
}
