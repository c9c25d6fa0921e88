// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import Testing

@testable import Imaging

/// Looks into written pictures: libvips in the test's own process, one at a time.
enum PixelProbe {
    private static let isStarted = Lock(false)

    /// A picture's pixels as displayed, transparent parts on white.
    static func pixels(of path: String) throws -> SmallRaster {
        let file = try bytes(of: path)
        let format = try #require(ImageFormat.sniff(file))
        return try isStarted.withLock { isStarted in
            if !isStarted { try Vips.start() }
            isStarted = true
            let size = try Vips.header(of: file, as: format).displayed
            return try Vips.raster(of: file, VipsDecoding(format: format), size: size).pixels()
        }
    }
}

extension SmallRaster {
    /// The colour at a place given in parts of the width and height.
    func colour(_ across: Double, _ down: Double) -> RGBColour {
        let x = min(width - 1, Int(Double(width) * across))
        let y = min(height - 1, Int(Double(height) * down))
        let place = (y * width + x) * 3
        return RGBColour(red: pixels[place], green: pixels[place + 1], blue: pixels[place + 2])
    }
}

extension RGBColour {
    /// Whether no channel differs by more than `tolerance`.
    func isNear(_ other: RGBColour, within tolerance: Int = 24) -> Bool {
        let channels = zip([red, green, blue], [other.red, other.green, other.blue])
        return channels.allSatisfy { abs(Int($0) - Int($1)) <= tolerance }
    }
}

/// The four corners of the drawn scene, from the top left in reading order.
let sceneCorners: [(across: Double, down: Double, colour: RGBColour)] = [
    (0.1, 0.1, RGBColour(red: 230, green: 20, blue: 20)), (0.9, 0.1, RGBColour(red: 20, green: 200, blue: 20)),
    (0.1, 0.9, RGBColour(red: 20, green: 20, blue: 230)), (0.9, 0.9, RGBColour(red: 250, green: 250, blue: 250)),
]
