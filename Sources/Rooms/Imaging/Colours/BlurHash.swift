// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// A blurred stand-in for a picture as a short text (the BlurHash algorithm, https://blurha.sh): the lowest
/// frequencies of the picture in linear light, written in base 83.
struct BlurHash {
    private let raster: SmallRaster
    private let columns: Int
    private let rows: Int
    private let light: [Double]

    /// The hash of a picture: four components along its long side, three along the other.
    static func text(of raster: SmallRaster) -> String {
        let isPortrait = raster.height > raster.width
        return BlurHash(raster, columns: isPortrait ? 3 : 4, rows: isPortrait ? 4 : 3).text
    }

    /// A hash of `columns` x `rows` components, 1...9 each.
    init(_ raster: SmallRaster, columns: Int, rows: Int) {
        precondition((1...9).contains(columns) && (1...9).contains(rows), "a blurhash has 1...9 components a side")
        self.raster = raster
        self.columns = columns
        self.rows = rows
        light = raster.pixels.map { linearLight[Int($0)] }
    }

    /// Size flag, largest amplitude, mean colour, then the other components.
    var text: String {
        let mean = component(0, 0)
        let others = (0..<rows * columns).dropFirst().map { component($0 % columns, $0 / columns) }
        let largest = others.joined().map(abs).max() ?? 0
        let step = max(0, min(82, Int((largest * 166 - 0.5).rounded(.down))))
        let amplitude = others.isEmpty ? 1 : Double(step + 1) / 166
        return base83(columns - 1 + (rows - 1) * 9, digits: 1) + base83(step, digits: 1)
            + base83(packed(mean), digits: 4)
            + others.map { base83(packed($0, amplitude: amplitude), digits: 2) }.joined()
    }

    /// The weight of one cosine pattern in each channel.
    private func component(_ column: Int, _ row: Int) -> [Double] {
        let across = (0..<raster.width).map { cos(.pi * Double(column * $0) / Double(raster.width)) }
        let down = (0..<raster.height).map { cos(.pi * Double(row * $0) / Double(raster.height)) }
        var sums = [0.0, 0.0, 0.0]
        for y in 0..<raster.height {
            for x in 0..<raster.width {
                let weight = across[x] * down[y]
                let place = (y * raster.width + x) * 3
                for channel in 0..<3 { sums[channel] += weight * light[place + channel] }
            }
        }
        let scale = (column == 0 && row == 0 ? 1.0 : 2.0) / Double(raster.width * raster.height)
        return sums.map { $0 * scale }
    }
}

/// The mean colour as 24 bits of sRGB.
private func packed(_ mean: [Double]) -> Int {
    mean.reduce(0) { $0 << 8 | storedLight($1) }
}

/// A component as three numbers of 0...18, 9 being nothing, larger ones spread by a square root.
private func packed(_ component: [Double], amplitude: Double) -> Int {
    component.reduce(0) { value, weight in
        let share = weight / amplitude
        let root = share < 0 ? -(-share).squareRoot() : share.squareRoot()
        return value * 19 + max(0, min(18, Int((root * 9 + 9.5).rounded(.down))))
    }
}

private func base83(_ value: Int, digits: Int) -> String {
    var rest = value
    var text: [UInt8] = []
    for _ in 0..<digits {
        text.append(alphabet[rest % 83])
        rest /= 83
    }
    return String(decoding: text.reversed(), as: UTF8.self)
}

private let alphabet = Array(
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz#$%*+,-.:;=?@[]^_{|}~".utf8)

/// The light of each stored value (IEC 61966-2-1).
private let linearLight: [Double] = (0...255).map { stored in
    let value = Double(stored) / 255
    return value <= 0.04045 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4)
}

private func storedLight(_ light: Double) -> Int {
    let value = max(0, min(1, light))
    let stored = value <= 0.0031308 ? value * 12.92 : 1.055 * pow(value, 1 / 2.4) - 0.055
    return Int(stored * 255 + 0.5)
}
