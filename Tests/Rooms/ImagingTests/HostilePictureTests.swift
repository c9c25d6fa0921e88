// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Imaging

@Suite(.timeLimit(.minutes(5)))
struct HostilePictureTests {
    private static let pool = ImageWorkerPool(.forTests(workers: 2))

    /// Why a picture is refused; nil when it is not.
    private func rejection(
        of file: [UInt8], limits: ImagingLimits = ImagingLimits()
    ) async throws -> ImageRejection? {
        let folder = try TemporaryFolder()
        // The name lies, as names do.
        let source = try folder.write(file, as: "holiday[page=3].jpg")
        let outputs = RenditionPlan.defaults.map { ImageJob.Rendition($0, to: .file(folder.file($0.name))) }
        do {
            _ = try await Self.pool.process(ImageJob(source: .file(source), renditions: outputs, limits: limits))
            return nil
        } catch let rejection as ImageRejection {
            return rejection
        }
    }

    @Test(
        arguments: [
            "grain.jpg", "progressive.jpg", "rgb16.png", "animated.gif", "lossy.webp", "scene.heic",
            "scene.avif",
            "lzw.tif",
        ], [50, 99])
    func aCutPictureIsTruncated(name: String, percent: Int) async throws {
        let whole = try bytes(of: fixture(name))
        let rejection = try await rejection(of: Array(whole.prefix(whole.count * percent / 100)))
        #expect(rejection?.reason == .truncated)
        #expect(rejection?.isRetriable == false)
    }

    @Test(arguments: ["grain.jpg", "progressive.jpg", "lossy.webp", "animated.gif", "lzw.tif"])
    func aPictureCutAtTheStartIsTruncated(name: String) async throws {
        let whole = try bytes(of: fixture(name))
        let rejection = try await rejection(of: Array(whole.prefix(max(24, whole.count / 100))))
        #expect(rejection?.reason == .truncated)
    }

    @Test func anEmptyFileIsTruncated() async throws {
        #expect(try await rejection(of: [])?.reason == .truncated)
    }

    @Test(arguments: [
        "<?xml version=\"1.0\"?><svg xmlns=\"http://www.w3.org/2000/svg\" width=\"9\" height=\"9\"/>",
        "%PDF-1.7\n1 0 obj",
        "push graphic-context\nviewbox 0 0 9 9\nimage over 0,0 0,0 'https://example.com/x'\npop graphic-context",
        "<?xml version=\"1.0\"?><image><read filename=\"/etc/passwd\"/></image>", "2 2\n1 2\n3 4\n",
        "P6\n1 1\n255\nabc",
        "8BPS\0\u{1}", "GIF", "\u{7f}ELF",
    ])
    func whatIsNoPictureIsUnsupportedWhateverItsName(content: String) async throws {
        #expect(try await rejection(of: Array(content.utf8))?.reason == .unsupported)
    }

    @Test func zerosAreUnsupported() async throws {
        #expect(try await rejection(of: [UInt8](repeating: 0, count: 1 << 20))?.reason == .unsupported)
    }

    @Test(arguments: ["grain.jpg", "scene.png", "animated.gif", "lossy.webp", "lzw.tif", "scene.heic", "scene.avif"])
    func theNameDoesNotMatter(name: String) async throws {
        #expect(try await rejection(of: bytes(of: fixture(name))) == nil)
    }

    @Test func anotherFormatsHeadIsCorrupt() async throws {
        let png = try bytes(of: fixture("scene.png"))
        let rejection = try #require(try await rejection(of: [0xff, 0xd8, 0xff] + png))
        #expect([.corrupt, .truncated].contains(rejection.reason), "\(rejection)")
    }

    @Test func aSmallFileWithAHugeProgressivePictureIsRefusedByItsHeader() async throws {
        let bomb = jpegHeader(width: 30_000, height: 30_000, isProgressive: true)
        #expect(bomb.count < 700)
        #expect(try await rejection(of: bomb)?.reason == .tooManyPixels)
    }

    @Test(arguments: [(1, 9_999_999), (30_000, 30_000), (65_536, 65_536), (1_000_000, 100), (10_000, 90)])
    func aPNGWithTooManyPixelsIsRefusedByItsHeader(width: Int, height: Int) async throws {
        let rejection = try await rejection(of: pngHeader(width: width, height: height))
        #expect(rejection?.reason == .tooManyPixels)
        #expect(rejection?.message.contains("\(width) x \(height)") == true)
    }

    @Test func aGIFWithTooManyFramesIsRefused() async throws {
        #expect(try await rejection(of: gif(frames: 501))?.reason == .tooManyFrames)
        #expect(try await rejection(of: gif(frames: 100_000))?.reason == .tooManyFrames)
        #expect(try await rejection(of: gif(frames: 400)) == nil)
    }

    @Test func aPictureDrawnTooOftenIsRefused() async throws {
        var file = try bytes(of: fixture("progressive.jpg"))
        // The last scan, over and over.
        let scan = try #require(file.indices.last { file[$0...].starts(with: [0xff, 0xda]) })
        let passes = Array(file[scan...].dropLast(2))
        file = Array(file[..<scan]) + (0..<100).flatMap { _ in passes } + [0xff, 0xd9]
        #expect(try await rejection(of: file)?.reason == .tooManyPixels)
    }

    @Test func aFileThatIsTooLargeIsRefused() async throws {
        var limits = ImagingLimits()
        limits.maxBytes = 1000
        #expect(try await rejection(of: bytes(of: fixture("grain.jpg")), limits: limits)?.reason == .tooManyBytes)
    }

    @Test func flippedBitsNeverHarmAWorker() async throws {
        var generator = Seeded(seed: 3)
        let before = Self.pool.statistics.started
        for name in [
            "grain.jpg", "progressive.jpg", "scene.png", "animated.gif", "lossy.webp", "lzw.tif", "scene.heic",
            "scene.avif",
        ] {
            let whole = try bytes(of: fixture(name))
            for _ in 0..<6 {
                var mutant = whole
                for _ in 0..<4 {
                    let place = Int.random(in: 0..<whole.count, using: &generator)
                    mutant[place] ^= UInt8.random(in: 1...255, using: &generator)
                }
                let reason = try await rejection(of: mutant)?.reason
                #expect(reason != .workerCrashed && reason != .timeout, "\(name)")
            }
        }
        #expect(Self.pool.statistics.started <= max(before, 2))
    }
}

/// A JPEG of tables and a frame, and a scan without data.
private func jpegHeader(width: Int, height: Int, isProgressive: Bool) -> [UInt8] {
    var file: [UInt8] = [0xff, 0xd8, 0xff, 0xdb, 0, 67, 0] + [UInt8](repeating: 1, count: 64)
    file +=
        [0xff, isProgressive ? 0xc2 : 0xc0, 0, 17, 8]
        + [height >> 8, height & 255, width >> 8, width & 255].map(UInt8.init)
    file += [3, 1, 0x22, 0, 2, 0x11, 0, 3, 0x11, 0]
    file += [0xff, 0xc4, 0, 20, 0, 1] + [UInt8](repeating: 0, count: 15) + [0]
    return file + [0xff, 0xda, 0, 12, 3, 1, 0, 2, 0, 3, 0, 0, 0, 0, 0xff, 0xd9]
}

/// A grey PNG whose header says that size, with next to no data.
private func pngHeader(width: Int, height: Int) -> [UInt8] {
    let header = bigEndian(width) + bigEndian(height) + [8, 0, 0, 0, 0]
    let data: [UInt8] = [0x78, 0x9c, 0x63, 0x60, 0x18, 0x05, 0xa3, 0x60]
    let signature: [UInt8] = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]
    return signature + chunk("IHDR", header) + chunk("IDAT", data) + chunk("IEND", [])
}

private func chunk(_ kind: String, _ data: [UInt8]) -> [UInt8] {
    let body = Array(kind.utf8) + data
    return bigEndian(data.count) + body + bigEndian(Int(checksum(body)))
}

private func bigEndian(_ number: Int) -> [UInt8] {
    [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> $0) }
}

/// CRC-32 as PNG wants it.
private func checksum(_ bytes: [UInt8]) -> UInt32 {
    ~bytes.reduce(~0) { sum, byte in
        (0..<8).reduce(sum ^ UInt32(byte)) { sum, _ in sum & 1 == 1 ? 0xedb8_8320 ^ (sum >> 1) : sum >> 1 }
    }
}

/// Frames of one pixel.
private func gif(frames: Int) -> [UInt8] {
    let head = Array("GIF89a".utf8) + [1, 0, 1, 0, 0x80, 0, 0, 0, 0, 0, 255, 255, 255]
    let frame: [UInt8] = [0x2c, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, 0x44, 1, 0]
    return head + (0..<frames).flatMap { _ in frame } + [0x3b]
}
