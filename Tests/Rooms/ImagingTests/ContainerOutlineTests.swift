// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Imaging

@Suite struct ContainerOutlineTests {
    @Test(arguments: [
        ("animated.gif", ImageFormat.gif, 5), ("animated.webp", .webp, 5), ("animated.png", .png, 4),
        ("scene.png", .png, 1), ("lossy.webp", .webp, 1), ("scene.heic", .heic, 1), ("lzw.tif", .tiff, 1),
    ])
    func countsFrames(name: String, format: ImageFormat, frames: Int) throws {
        let outline = ContainerOutline(of: try bytes(of: fixture(name)), as: format)
        #expect(outline.frames == frames)
        #expect(!outline.isCut)
    }

    @Test(
        arguments: [
            ("animated.gif", ImageFormat.gif), ("lossy.webp", .webp), ("scene.png", .png), ("scene.heic", .heic),
            ("scene.avif", .avif), ("lzw.tif", .tiff),
        ], [1, 50, 97])
    func seesThatTheEndIsMissing(file: (name: String, format: ImageFormat), percent: Int) throws {
        let whole = try bytes(of: fixture(file.name))
        let part = Array(whole.prefix(whole.count * percent / 100))
        #expect(ContainerOutline(of: part, as: file.format).isCut)
    }

    @Test func aMissingTrailerAloneIsNoCutOfAGIF() throws {
        let whole = try bytes(of: fixture("animated.gif"))
        #expect(!ContainerOutline(of: whole.dropLast(), as: .gif).isCut)
    }

    @Test(arguments: [("grain.jpg", 1, false), ("grey.jpg", 1, false), ("progressive.jpg", 10, true)])
    func countsThePassesOfAJPEG(name: String, scans: Int, isProgressive: Bool) throws {
        let outline = ContainerOutline(of: try bytes(of: fixture(name)), as: .jpeg)
        #expect(outline.scans == scans)
        #expect(outline.isProgressive == isProgressive)
    }

    @Test(arguments: [("rgb16.png", 16), ("grey16.png", 16), ("palette.png", 4), ("scene.png", 8)])
    func knowsTheBitDepthOfAPNG(name: String, bitDepth: Int) throws {
        #expect(ContainerOutline(of: try bytes(of: fixture(name)), as: .png).bitDepth == bitDepth)
    }

    @Test(arguments: ImageFormat.allCases) func survivesAnyBytes(format: ImageFormat) throws {
        var generator = Seeded(seed: 7)
        let seeds = ["animated.gif", "lossy.webp", "scene.png", "scene.heic", "pages.tif", "progressive.jpg"]
        for seed in seeds {
            let whole = Array(try bytes(of: fixture(seed)).prefix(600))
            for _ in 0..<200 {
                var mutant = whole
                for _ in 0..<8 {
                    mutant[.random(in: 0..<whole.count, using: &generator)] = .random(in: 0...255, using: &generator)
                }
                _ = ContainerOutline(of: mutant, as: format)
                _ = ExifReading(mutant)
                _ = ColourProfile(icc: mutant)
            }
        }
    }
}

/// Chance that repeats (SplitMix64).
struct Seeded: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = (state ^ (state >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
