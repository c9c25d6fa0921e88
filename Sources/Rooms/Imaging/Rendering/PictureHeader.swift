// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// What a picture's header says.
struct PictureHeader {
    /// The size as stored, before the orientation is applied.
    var stored: PixelSize
    var orientation = 1
    var frames = 1
    var bitDepth = 8
    var hasAlpha = false
    var isProgressive = false
    var colourSpace = ColourSpace.rgb
    /// The EXIF block.
    var exif: [UInt8]?
    /// The ICC profile.
    var profile: [UInt8]?

    /// The size as displayed: orientations 5...8 lie on their side.
    var displayed: PixelSize {
        orientation >= 5 ? PixelSize(width: stored.height, height: stored.width) : stored
    }
}

extension ImagingLimits {
    /// Refuses what the file's size alone forbids.
    func check(bytes: Int) throws {
        guard bytes > 0 else { throw ImageRejection(.truncated, "The file is empty. Upload it again.") }
        guard bytes <= maxBytes else {
            throw ImageRejection(
                .tooManyBytes,
                "The file has \(bytes) bytes; the limit is \(maxBytes). Save it smaller and upload again.")
        }
    }

    /// Refuses what the header forbids, before a pixel is decoded.
    func check(_ size: PixelSize, frames: Int, scans: Int) throws {
        let shape = "\(size.width) x \(size.height) pixels"
        let short = min(size.width, size.height)
        guard short >= 1 else { throw ImageRejection(.corrupt, "The header says \(shape), which is no picture.") }
        guard size.longSide <= maxSide else {
            throw ImageRejection(.tooManyPixels, "The picture has \(shape); the limit is \(maxSide) on a side.")
        }
        guard size.pixels <= maxPixels else {
            throw ImageRejection(.tooManyPixels, "The picture has \(shape); the limit is \(maxPixels) in all.")
        }
        guard size.longSide <= short * maxRatio else {
            throw ImageRejection(
                .tooManyPixels, "The picture has \(shape); one side may be \(maxRatio) times the other at most.")
        }
        guard frames <= maxFrames else {
            throw ImageRejection(.tooManyFrames, "The file has \(frames) frames or pages; the limit is \(maxFrames).")
        }
        guard scans <= maxScans else {
            throw ImageRejection(
                .tooManyPixels, "The picture is drawn in \(scans) passes; the limit is \(maxScans). Save it anew.")
        }
    }
}
