// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Imaging

@Suite struct ImagingLimitsTests {
    @Test(
        arguments: [
            (4000, 3000, 1, 1, nil), (7071, 7071, 500, 100, nil), (20_000, 2500, 1, 1, nil), (200, 20_000, 1, 1, nil),
            (7072, 7072, 1, 1, .tooManyPixels), (20_001, 1000, 1, 1, .tooManyPixels),
            (1000, 20_001, 1, 1, .tooManyPixels),
            (10_100, 100, 1, 1, .tooManyPixels), (1, 9_999_999, 1, 1, .tooManyPixels),
            (100, 100, 501, 1, .tooManyFrames),
            (100, 100, 1, 101, .tooManyPixels), (0, 100, 1, 1, .corrupt),
        ] as [(Int, Int, Int, Int, ImageRejection.Reason?)])
    func theHeaderIsHeldAgainstTheLimits(
        width: Int, height: Int, frames: Int, scans: Int, reason: ImageRejection.Reason?
    ) {
        let check = { try ImagingLimits().check(PixelSize(width: width, height: height), frames: frames, scans: scans) }
        #expect(throwing(check) == reason)
    }

    @Test(
        arguments: [(0, .truncated), (1, nil), (50 << 20, nil), (50 << 20 + 1, .tooManyBytes)]
            as [(Int, ImageRejection.Reason?)])
    func theFileIsHeldAgainstTheLimits(bytes: Int, reason: ImageRejection.Reason?) {
        #expect(throwing { try ImagingLimits().check(bytes: bytes) } == reason)
    }

    @Test func limitsBelowOneAreRefused() {
        var limits = ImagingLimits()
        limits.maxFrames = 0
        #expect(throws: ImagingLimits.Invalid.self) { try limits.validate() }
    }

    private func throwing(_ body: () throws -> Void) -> ImageRejection.Reason? {
        do {
            try body()
            return nil
        } catch {
            return (error as? ImageRejection)?.reason
        }
    }
}
