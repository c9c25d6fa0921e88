// Darkroom
// SPDX-License-Identifier: Apache-2.0

import HTTP
import Testing

@testable import AzureStorage

struct ByteRangeTests {
    @Test(
        arguments: [
            ("bytes=0-0", 0..<1), ("bytes=0-", 0..<10), ("bytes=3-5", 3..<6), ("bytes=9-99", 9..<10),
            ("bytes=-3", 7..<10),
            ("bytes=-30", 0..<10), ("bytes=2-9223372036854775807", 2..<10),
        ] as [(String, Range<Int64>)])
    func findsThePlaces(text: String, expected: Range<Int64>) throws {
        #expect(try ByteRange(text)?.resolve(length: 10) == expected)
    }

    @Test(arguments: [
        "", "bytes", "bytes=", "bytes=-", "bytes=5-3", "bytes=a-b", "bytes=1-2,4-5", "items=0-1", "bytes=+1-2",
        "bytes=99999999999999999999-", "bytes=1--2", "Bytes=0-1",
    ])
    func takesNonsenseForNoRange(text: String) { #expect(ByteRange(text) == nil) }

    @Test(arguments: ["bytes=10-", "bytes=10-20", "bytes=9223372036854775807-", "bytes=-0"])
    func refusesARangeBehindTheEnd(text: String) {
        #expect(throws: StorageError.self) { try ByteRange(text)?.resolve(length: 10) }
    }

    @Test func anEmptyBlobHasNoPlaces() {
        #expect(throws: StorageError.self) { try ByteRange.from(0).resolve(length: 0) }
        #expect(throws: StorageError.self) { try ByteRange.last(5).resolve(length: 0) }
    }

    @Test func theServicesOwnFieldGoesFirst() {
        #expect(ByteRange(fields: ["Range": "bytes=0-1", "x-ms-range": "bytes=2-3"]) == .between(2, 3))
        #expect(ByteRange(fields: ["Range": "bytes=0-1"]) == .between(0, 1))
        #expect(ByteRange(fields: [:]) == nil)
    }

    @Test func anyRangeLiesInsideTheBlob() throws {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<2_000 {
            let length = Int64.random(in: 0...50, using: &generator)
            let first = Int64.random(in: 0...60, using: &generator)
            let last = Int64.random(in: first...70, using: &generator)
            let range = [ByteRange.from(first), .between(first, last), .last(first)].randomElement()
            guard let places = try? range?.resolve(length: length) else { continue }
            #expect(!places.isEmpty && places.lowerBound >= 0 && places.upperBound <= length)
        }
    }
}
