// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Imaging

/// A raster by a rule for each pixel.
private func raster(_ width: Int, _ height: Int, _ colour: (Int, Int) -> [Int]) -> SmallRaster {
    let places = (0..<height).flatMap { y in (0..<width).map { ($0, y) } }
    return SmallRaster(width: width, height: height, pixels: places.flatMap(colour).map { UInt8($0 % 256) })
}

@Suite struct ColourTests {
    /// The expected texts come from another implementation of the algorithm, given the same pixels.
    @Test(arguments: [
        (4, 3, "LxH27k2swxX8mHWWjtf7gJfjfQfj"), (1, 1, "00H27k"),
        (
            9, 9,
            "|xH27k2swxX8a|ofWpofWpmHWWjtf7fQf7fQf7fQgJfjfQfjfQfjfQfjfQn,WpjtfQfQfQfQfQfQe;fQfQfQfQfQfQfQ"
                + "fQofWpjtfQfQfQfQfQfQe;fQfQfQfQfQfQfQfQofWpjtfQfQfQfQfQfQeqfQfQfQfQfQfQfQfQ"
        ),
    ])
    func blurhashOfAGradient(columns: Int, rows: Int, text: String) {
        let gradient = raster(32, 24) { [$0 * 8, $1 * 10, 128] }
        #expect(BlurHash(gradient, columns: columns, rows: rows).text == text)
    }

    @Test func blurhashOfAPortraitHasMoreRows() {
        #expect(
            BlurHash.text(of: raster(24, 32) { [$1 * 7, 255 - $0 * 10, $0 * $1] }) == "T;E|t#q2gYBNbXflsQjvfTX4f+fi")
    }

    @Test(arguments: [(0, "L00000fQfQfQfQfQfQfQfQfQfQfQ"), (255, "LfTSUA~qfQ~q~qt7fQt7fQfQfQfQ")])
    func blurhashOfOneGrey(value: Int, text: String) {
        #expect(BlurHash.text(of: raster(8, 8) { _, _ in [value, value, value] }) == text)
    }

    @Test func theDominantColourIsOneThatCoversMost() {
        let flag = raster(10, 10) { x, _ in x < 6 ? [200, 16, 46] : [255, 255, 255] }
        #expect(flag.dominantColour.description == "#c8102e")
        let noisy = raster(4, 4) { x, y in [100 + x % 2, 100 + x % 2, 100 + y % 2] }
        #expect(noisy.dominantColour == RGBColour(red: 101, green: 101, blue: 101))
    }

    @Test(arguments: [
        ("#00ff7f", true), ("#00FF7F", true), ("00ff7f", false), ("#00ff7", false), ("#00ff7g", false),
        ("#+0ff7f", false),
    ])
    func aColourIsReadStrictly(text: String, isColour: Bool) {
        #expect(RGBColour(text) == (isColour ? RGBColour(red: 0, green: 255, blue: 127) : nil))
    }

    @Test func aProfileSaysItsName() throws {
        let file = try bytes(of: fixture("swapped.jpg"))
        let start = try #require(file.indices.first { file[$0...].starts(with: Array("ICC_PROFILE\0".utf8)) })
        #expect(ColourProfile(icc: Array(file[(start + 14)...])).name == "Swapped primaries")
    }

    @Test func aProfileOfTheFourthVersionSaysItsName() {
        var profile =
            [UInt8](repeating: 0, count: 128) + [0, 0, 0, 1] + Array("desc".utf8) + [0, 0, 0, 144, 0, 0, 0, 40]
        profile += Array("mluc".utf8) + [0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 12] + Array("enUS".utf8)
        profile += [0, 0, 0, 4, 0, 0, 0, 28, 0, 0x50, 0, 0x33]
        #expect(ColourProfile(icc: profile).name == "P3")
    }
}
