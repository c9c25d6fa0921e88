// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Imaging

@Suite struct ExifReadingTests {
    @Test func readsWhatACameraWrote() throws {
        let file = try bytes(of: fixture("camera.jpg"))
        let reading = ExifReading(Array(try #require(exifBlock(of: file))))
        var facts = ExifFacts()
        facts.takenAt = "2024-05-31T18:04:05+02:00"
        facts.cameraMake = "Darkroom Works"
        facts.cameraModel = "Test Camera 1"
        facts.lensModel = "50mm f/1.8"
        facts.exposureSeconds = 0.004
        facts.fNumber = 2.8
        facts.isoSpeed = 400
        facts.focalLengthMillimetres = 50
        #expect(reading.facts == facts)
        let place = try #require(reading.location)
        #expect(abs(place.latitude - -33.859833) < 0.000001)
        #expect(abs(place.longitude - 151.211111) < 0.000001)
        #expect(place.altitudeMetres == 58.5)
    }

    @Test func readsATIFFFileItself() throws {
        #expect(ExifReading(try bytes(of: fixture("lzw.tif"))).facts?.cameraMake == "Darkroom Works")
    }

    @Test(arguments: [
        [], Array("Exif\0\0".utf8), Array("Exif\0\0MM\0*\0\0\0\u{8}".utf8), [0x49, 0x49, 0x2a, 0, 8, 0, 0, 0],
    ])
    func findsNothingInNothing(block: [UInt8]) {
        let reading = ExifReading(block)
        #expect(reading.facts == nil && reading.location == nil)
    }

    @Test func aDirectoryThatPointsToItselfIsReadOnce() {
        // One entry, the camera's directory, at the place of the main one.
        let entry: [UInt8] = [0x87, 0x69, 0, 4, 0, 0, 0, 1, 0, 0, 0, 8]
        let reading = ExifReading([0x4d, 0x4d, 0, 0x2a, 0, 0, 0, 8, 0, 1] + entry + [0, 0, 0, 8])
        #expect(reading.facts == nil)
    }

    @Test(
        arguments: [
            ("2024:05:31 18:04:05\0", "2024-05-31T18:04:05"), ("0000:00:00 00:00:00\0", nil),
            ("    :  :     :  :  \0", nil),
            ("2024-05-31T18:04:05\0", "2024-05-31T18:04:05"), ("yesterday, at noon..\0", nil),
        ] as [(String, String?)])
    func readsTheCameraClock(text: String, moment: String?) {
        // The main directory names the camera's at 26, whose one entry is the time, at 44.
        var block: [UInt8] = [
            0x4d, 0x4d, 0, 0x2a, 0, 0, 0, 8, 0, 1, 0x87, 0x69, 0, 4, 0, 0, 0, 1, 0, 0, 0, 26, 0, 0, 0, 0,
        ]
        block += [0, 1, 0x90, 0x03, 0, 2, 0, 0, 0, UInt8(text.utf8.count), 0, 0, 0, 44, 0, 0, 0, 0]
        #expect(ExifReading(block + Array(text.utf8)).facts?.takenAt == moment)
    }

    /// The block of the first APP1 segment.
    private func exifBlock(of file: [UInt8]) -> ArraySlice<UInt8>? {
        let view = BinaryView(file)
        guard let start = file.indices.first(where: { view.hasText("Exif\0\0", at: $0) }),
            let length = view.uint16(at: start - 2)
        else { return nil }
        return view.slice(at: start, count: length - 2)
    }
}
