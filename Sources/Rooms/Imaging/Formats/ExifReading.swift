// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// What EXIF tells (CIPA DC-008), with the place kept apart.
struct ExifReading {
    var facts: ExifFacts?
    var location: ImageLocation?

    /// Reads an EXIF block, with or without `Exif\0\0` before it, or a TIFF file.
    init(_ block: [UInt8]) {
        let hasPrefix = block.starts(with: Array("Exif\0\0".utf8))
        guard let reader = TIFFReader(hasPrefix ? block.dropFirst(6) : block[...]), let main = reader.first else {
            return
        }
        let camera = reader.directory(under: 0x8769, of: main) ?? [:]
        let facts = ExifFacts(reader, main: main, camera: camera)
        self.facts = facts == ExifFacts() ? nil : facts
        location = reader.directory(under: 0x8825, of: main).flatMap { ImageLocation(reader, $0) }
    }
}

extension ExifFacts {
    fileprivate init(_ reader: TIFFReader, main: TIFFReader.Directory, camera: TIFFReader.Directory) {
        self.init()
        takenAt = timestamp(
            reader.text(0x9003, in: camera) ?? reader.text(0x9004, in: camera),
            zone: reader.text(0x9011, in: camera) ?? reader.text(0x9012, in: camera))
        cameraMake = reader.text(0x010f, in: main)
        cameraModel = reader.text(0x0110, in: main)
        lensModel = reader.text(0xa434, in: camera)
        exposureSeconds = reader.rationals(0x829a, in: camera).first
        fNumber = reader.rationals(0x829d, in: camera).first
        isoSpeed = reader.integers(0x8827, in: camera).first
        focalLengthMillimetres = reader.rationals(0x920a, in: camera).first
    }
}

/// `2024:05:31 18:04:05` as ISO 8601; nil for the blanks and zeros of a camera whose clock was never set.
private func timestamp(_ text: String?, zone: String?) -> String? {
    guard let text else { return nil }
    let parts = text.split { ":. -/T".contains($0) }
    guard parts.count >= 6, parts[0].utf8.count == 4,
        parts[1..<6].allSatisfy({ $0.utf8.count == 2 }), parts[0..<6].allSatisfy({ Int($0) != nil }),
        parts[0] != "0000", parts[1] != "00", parts[2] != "00"
    else { return nil }
    let local = parts[0..<3].joined(separator: "-") + "T" + parts[3..<6].joined(separator: ":")
    return local + (zone.flatMap { isZone($0) ? $0 : nil } ?? "")
}

/// `+02:00` or `Z`.
private func isZone(_ text: String) -> Bool {
    let signs = text.utf8.map { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") ? "9" : String(UnicodeScalar($0)) }
    return ["+99:99", "-99:99", "Z"].contains(signs.joined())
}

extension ImageLocation {
    fileprivate init?(_ reader: TIFFReader, _ directory: TIFFReader.Directory) {
        guard let latitude = degrees(reader.rationals(2, in: directory)), latitude <= 90,
            let longitude = degrees(reader.rationals(4, in: directory)), longitude <= 180
        else { return nil }
        let isSouth = reader.firstByte(1, in: directory) == Int(UInt8(ascii: "S"))
        let isWest = reader.firstByte(3, in: directory) == Int(UInt8(ascii: "W"))
        let isBelowSea = reader.firstByte(5, in: directory) == 1
        self.init(
            latitude: isSouth ? -latitude : latitude, longitude: isWest ? -longitude : longitude,
            altitudeMetres: reader.rationals(6, in: directory).first.map { isBelowSea ? -$0 : $0 })
    }
}

/// Degrees, minutes and seconds as degrees; nil when one is missing.
private func degrees(_ parts: [Double]) -> Double? {
    guard parts.count == 3 else { return nil }
    return parts[0] + parts[1] / 60 + parts[2] / 3600
}
