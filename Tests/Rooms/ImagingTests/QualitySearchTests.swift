// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Glibc
import Testing

@testable import Imaging

@Suite struct QualitySearchTests {
    private let floor = 55

    /// Runs a search over a made-up encoder.
    private func run(
        maxBytes: Int, from quality: Int, upTo ceiling: Int? = nil, encoder: (Int) -> Int
    ) -> (quality: Int?, tried: [Int]) {
        var search = QualitySearch(maxBytes: maxBytes, floor: floor, ceiling: ceiling ?? quality)
        var tried: [Int] = []
        var next = quality
        while tried.count < 100 {
            tried.append(next)
            switch search.next(after: next, bytes: encoder(next)) {
            case .encode(let quality): next = quality
            case .accept(let quality): return (quality, tried)
            case .giveUp: return (nil, tried)
            }
        }
        return (nil, tried)
    }

    @Test func aFileThatFitsAtOnceIsTaken() {
        let found = run(maxBytes: 1000, from: 80) { _ in 1000 }
        #expect(found.quality == 80 && found.tried == [80])
    }

    @Test func aFileThatNeverFitsIsGivenUpAtTheFloor() {
        let found = run(maxBytes: 1000, from: 80) { 5000 + $0 }
        #expect(found.quality == nil && found.tried.last == floor)
    }

    @Test func aQualityBelowTheFloorIsTriedOnce() {
        #expect(run(maxBytes: 1000, from: 30) { _ in 1001 }.tried == [30])
    }

    @Test(arguments: 0..<300) func theBestFittingFileIsFoundInFewEncodings(round: Int) {
        var generator = Seeded(seed: UInt64(round))
        let slope = Double.random(in: 0.012...0.05, using: &generator)
        let bend = Double.random(in: -0.0002...0.0002, using: &generator)
        let base = Double.random(in: 50_000...900_000, using: &generator)
        let size: (Int) -> Int = { Int(base * exp(slope * Double($0 - 80) + bend * pow(Double($0 - 80), 2))) }
        let limit = 200 * 1024
        let found = run(maxBytes: limit, from: 80, encoder: size)
        let best = (floor...80).last { size($0) <= limit }
        #expect((found.quality == nil) == (best == nil))
        #expect(found.tried.count <= 6 && Set(found.tried).count == found.tried.count)
        #expect(found.tried.allSatisfy { (floor...80).contains($0) })
        if let quality = found.quality, let best {
            #expect(size(quality) <= limit)
            #expect(quality == best || Double(size(quality)) >= 0.93 * Double(limit))
        }
    }

    @Test(arguments: 55...80) func aStartBelowTheBestClimbsToIt(start: Int) {
        let size: (Int) -> Int = { Int(150_000 * exp(0.024 * Double($0 - 55))) }
        let found = run(maxBytes: 200_000, from: start, upTo: 80, encoder: size)
        #expect(found.tried.count <= 4)
        #expect(found.quality.map { size($0) <= 200_000 && size($0) >= 186_000 } == true, "\(found)")
    }

    @Test func aStartIsGuessedFromWhatDidNotFit() {
        let start = QualitySearch.start(after: 55, bytes: 240_000, scale: 0.8, maxBytes: 200_000)
        #expect((60...70).contains(start), "\(start)")
    }

    @Test(arguments: 0..<100) func anEncoderWithoutRhymeOrReasonStillEnds(round: Int) {
        var generator = Seeded(seed: UInt64(round))
        let sizes = (0...100).map { _ in Int.random(in: 1...400_000, using: &generator) }
        let found = run(maxBytes: 200_000, from: 80) { sizes[$0] }
        #expect(found.tried.count <= 7)
        if let quality = found.quality { #expect(sizes[quality] <= 200_000) }
    }
}
