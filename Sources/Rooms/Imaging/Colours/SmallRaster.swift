// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// A picture of a few pixels, for judging colours.
struct SmallRaster: Equatable {
    let width: Int
    let height: Int
    /// Red, green, blue, row by row.
    let pixels: [UInt8]

    /// The long side of the rasters that colours are judged on: enough for a placeholder, cheap to make.
    static let longSide = 32

    init(width: Int, height: Int, pixels: [UInt8]) {
        precondition(width > 0 && height > 0 && pixels.count == width * height * 3, "three bytes per pixel")
        self.width = width
        self.height = height
        self.pixels = pixels
    }
}

extension SmallRaster {
    /// The colour that covers most of the picture.
    ///
    /// Pixels are sorted into 4096 boxes of similar colours; the answer is the mean of the fullest box,
    /// which, unlike the mean of all pixels, is a colour that can be seen in the picture.
    var dominantColour: RGBColour {
        var counts = [Int](repeating: 0, count: 4096)
        for offset in stride(from: 0, to: pixels.count, by: 3) { counts[box(at: offset)] += 1 }
        let fullest = counts.indices.max { counts[$0] < counts[$1] } ?? 0
        var sums = [0, 0, 0]
        for offset in stride(from: 0, to: pixels.count, by: 3) where box(at: offset) == fullest {
            for channel in 0..<3 { sums[channel] += Int(pixels[offset + channel]) }
        }
        let means = sums.map { UInt8(($0 + counts[fullest] / 2) / counts[fullest]) }
        return RGBColour(red: means[0], green: means[1], blue: means[2])
    }

    /// Four bits of each channel.
    private func box(at offset: Int) -> Int {
        Int(pixels[offset] >> 4) << 8 | Int(pixels[offset + 1] >> 4) << 4 | Int(pixels[offset + 2] >> 4)
    }
}
