// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Crypto
import Testing

@testable import Imaging

@Suite(.timeLimit(.minutes(5)))
struct RenderingTests {
    private static let pool = ImageWorkerPool(.forTests(workers: 2))

    /// Renders one plan and gives the facts, the rendition and the pixels.
    private func render(
        _ source: String, _ plan: RenditionPlan
    ) async throws -> (facts: ImageFacts, rendition: RenditionResult, file: [UInt8], pixels: SmallRaster) {
        let folder = try TemporaryFolder()
        let output = folder.file("out")
        let job = ImageJob(source: .file(fixture(source)), renditions: [.init(plan, to: .file(output))])
        let result = try await Self.pool.process(job)
        return (result.facts, result.renditions[0], try bytes(of: output), try PixelProbe.pixels(of: output))
    }

    struct Case: Sendable {
        var file: String
        var format: ImageFormat
        var size = (120, 80)
        var frames = 1
        var bits = 8
        var space = ColourSpace.rgb
        var hasAlpha = false
        /// Whether the whole scene is there, opaque.
        var showsScene = true
    }

    @Test(arguments: [
        Case(file: "orientation-1.jpg", format: .jpeg), Case(file: "progressive.jpg", format: .jpeg, size: (640, 480)),
        Case(file: "grain.jpg", format: .jpeg, size: (640, 480)),
        Case(file: "cmyk.jpg", format: .jpeg, space: .cmyk, showsScene: false),
        Case(file: "grey.jpg", format: .jpeg, space: .grey, showsScene: false), Case(file: "scene.png", format: .png),
        Case(file: "rgb16.png", format: .png, bits: 16),
        Case(file: "grey16.png", format: .png, bits: 16, space: .grey, showsScene: false),
        Case(file: "alpha.png", format: .png, hasAlpha: true, showsScene: false),
        Case(file: "grey-alpha.png", format: .png, space: .grey, hasAlpha: true, showsScene: false),
        Case(file: "palette.png", format: .png, bits: 4, hasAlpha: true, showsScene: false),
        Case(file: "animated.png", format: .png, frames: 4), Case(file: "animated.gif", format: .gif, frames: 5),
        Case(file: "animated.webp", format: .webp, frames: 5, hasAlpha: true),
        Case(file: "lossy.webp", format: .webp, size: (320, 240)),
        Case(file: "lossless.webp", format: .webp, hasAlpha: true, showsScene: false),
        Case(file: "lzw.tif", format: .tiff), Case(file: "pages.tif", format: .tiff, frames: 3),
        Case(file: "lab.tif", format: .tiff, space: .lab), Case(file: "scene.avif", format: .avif),
        Case(file: "alpha.avif", format: .avif, hasAlpha: true, showsScene: false),
        Case(file: "scene.heic", format: .heic),
    ])
    func everyFormatIsMeasuredAndRendered(_ test: Case) async throws {
        let (facts, rendition, file, pixels) = try await render(test.file, .web)
        #expect(facts.format == test.format && (facts.width, facts.height) == test.size)
        #expect(facts.frames == test.frames && facts.bitDepth == test.bits && facts.hasAlpha == test.hasAlpha)
        #expect(facts.colourSpace == test.space && facts.sha256.count == 64 && facts.blurhash?.count == 28)
        #expect((rendition.width, rendition.height) == test.size && rendition.sizeBytes == file.count)
        guard test.showsScene else { return }
        for corner in sceneCorners {
            #expect(pixels.colour(corner.across, corner.down).isNear(corner.colour, within: 60), "\(corner)")
        }
    }

    @Test(arguments: 1...8) func everyOrientationIsUprightEverywhere(tag: Int) async throws {
        var small = RenditionPlan(name: "small", width: 60, height: 60)
        small.quality = 95
        for plan in [small, RenditionPlan(name: "full", format: .png)] {
            let (facts, rendition, _, pixels) = try await render("orientation-\(tag).jpg", plan)
            #expect(facts.orientation == tag && (facts.width, facts.height) == (120, 80))
            #expect((rendition.width, rendition.height) == (plan.name == "small" ? (60, 40) : (120, 80)))
            for corner in sceneCorners {
                #expect(pixels.colour(corner.across, corner.down).isNear(corner.colour), "\(plan.name) \(corner)")
            }
        }
    }

    @Test(arguments: OutputFormat.allCases) func nothingOfTheMetadataIsWritten(format: OutputFormat) async throws {
        let (facts, _, file, _) = try await render("camera.jpg", RenditionPlan(name: "full", format: format))
        #expect(facts.location != nil && facts.exif?.cameraModel == "Test Camera 1")
        for secret in ["Darkroom Works", "Test Camera", "2024:05:31", "SECRET-COMMENT", "50mm"] {
            #expect(!file.contains(Array(secret.utf8)), "\(secret)")
        }
    }

    @Test func coloursBecomeSRGB() async throws {
        let (facts, _, file, pixels) = try await render("swapped.jpg", RenditionPlan(name: "full", format: .png))
        #expect(facts.profile?.name == "Swapped primaries" && !file.contains(Array("Swapped".utf8)))
        let (topLeft, topRight) = (pixels.colour(0.1, 0.1), pixels.colour(0.9, 0.1))
        #expect(topLeft.green > 150 && topLeft.red < 100, "red and green change places: \(topLeft)")
        #expect(topRight.red > 150 && topRight.green < 100, "red and green change places: \(topRight)")
    }

    @Test(
        arguments: ["alpha.png", "grey-alpha.png", "lossless.webp", "alpha.avif"],
        [RGBColour.white, RGBColour(red: 250, green: 128, blue: 0)])
    func transparentPartsShowTheBackground(file: String, background: RGBColour) async throws {
        for size in [nil, 60] {
            var plan = RenditionPlan(name: "flat", width: size, height: size)
            plan.background = background
            let pixels = try await render(file, plan).pixels
            #expect(pixels.colour(0.75, 0.5).isNear(background, within: 6), "\(pixels.colour(0.75, 0.5))")
        }
    }

    @Test(arguments: [OutputFormat.png, .webp, .avif]) func alphaIsKeptWhereTheFormatHasIt(format: OutputFormat)
        async throws
    {
        let folder = try TemporaryFolder()
        let kept = ImageJob.Rendition(RenditionPlan(name: "kept", format: format), to: .file(folder.file("kept")))
        let flat = ImageJob.Rendition(RenditionPlan(name: "flat"), to: .file(folder.file("flat")))
        _ = try await Self.pool.process(ImageJob(source: .file(fixture("alpha.png")), renditions: [kept, flat]))
        #expect(try await Self.pool.inspect(.file(folder.file("kept"))).hasAlpha)
        #expect(try PixelProbe.pixels(of: folder.file("flat")).colour(0.75, 0.5).isNear(.white, within: 4))
    }

    @Test(arguments: OutputFormat.allCases) func everyOutputIsWhatItSays(format: OutputFormat) async throws {
        let (_, rendition, file, _) = try await render(
            "grain.jpg", RenditionPlan(name: "web", width: 200, format: format))
        #expect(try await inspect(file).format.rawValue.lowercased() == format.rawValue)
        #expect(rendition.contentType == "image/\(format.rawValue)" && rendition.sha256 == digest(.sha256, file))
        #expect(rendition.md5 == digest(.md5, file) && (rendition.width, rendition.height) == (200, 150))
        #expect(rendition.quality == (format == .png ? nil : format.defaultQuality))
    }

    @Test func severalRenditionsComeFromOneJob() async throws {
        let folder = try TemporaryFolder()
        var plans =
            RenditionPlan.defaults + [RenditionPlan(name: "card", fit: .cover, width: 90, height: 160, format: .webp)]
        plans[1].progressive = true
        plans.append(RenditionPlan(name: "full"))
        let job = ImageJob(
            source: .file(fixture("grain.jpg")), renditions: plans.map { .init($0, to: .file(folder.file($0.name))) })
        let result = try await Self.pool.process(job)
        #expect(result.renditions.map { [$0.width, $0.height] } == [[100, 75], [640, 480], [90, 160], [640, 480]])
        #expect(result.cost.cpuMilliseconds > 0 && result.cost.peakMemoryBytes > 1 << 20)
        #expect(try await Self.pool.inspect(.file(folder.file("web"))).isProgressive)
        #expect(try await !Self.pool.inspect(.file(folder.file("full"))).isProgressive)
    }

    /// The documents' recipe: the picture is encoded while it is decoded, and the thumbnail made on the way.
    @Test(arguments: [
        "grain.jpg", "progressive.jpg", "orientation-1.jpg", "orientation-6.jpg", "swapped.jpg", "rgb16.png", "lab.tif",
    ])
    func aFullSizePictureAndItsThumbnailLookAlike(name: String) async throws {
        let folder = try TemporaryFolder()
        var full = RenditionPlan(name: "full")
        full.quality = 85
        let small = RenditionPlan(name: "small", width: 50, height: 50, format: .png)
        let job = ImageJob(
            source: .file(fixture(name)),
            renditions: [.init(small, to: .file(folder.file("small"))), .init(full, to: .file(folder.file("full")))])
        let result = try await Self.pool.process(job)
        #expect(result.renditions.map(\.name) == ["small", "full"])
        #expect((result.renditions[1].width, result.renditions[1].height) == (result.facts.width, result.facts.height))
        let pictures = try ["small", "full"].map { try PixelProbe.pixels(of: folder.file($0)) }
        #expect(try !bytes(of: folder.file("full")).contains(Array("Swapped".utf8)))
        for corner in sceneCorners {
            let colours = pictures.map { $0.colour(corner.across, corner.down) }
            #expect(colours[0].isNear(colours[1], within: name == "grain.jpg" ? 60 : 24), "\(corner) \(colours)")
        }
    }

    @Test func aPictureIsEnlargedOnlyWhenTold() async throws {
        var plan = RenditionPlan(name: "large", width: 480, height: 480)
        #expect(try await render("scene.png", plan).rendition.width == 120)
        plan.enlarge = true
        #expect(try await render("scene.png", plan).rendition.width == 480)
    }

    @Test func withoutPlansThereAreOnlyFacts() async throws {
        let result = try await Self.pool.process(ImageJob(source: .file(fixture("camera.jpg"))))
        var header = try await Self.pool.inspect(.file(fixture("camera.jpg")))
        #expect(header.dominantColour == nil && header.blurhash == nil && result.facts.blurhash != nil)
        header.dominantColour = result.facts.dominantColour
        header.blurhash = result.facts.blurhash
        #expect(header == result.facts && header.sizeKB == 2.27)
    }

    @Test(arguments: [OutputFormat.jpeg, .webp, .avif], [40_000, 28_000]) func aLimitOfBytesIsMet(
        format: OutputFormat, limit: Int
    ) async throws {
        var plan = RenditionPlan(name: "web", width: 600, format: format)
        plan.maxBytes = limit
        let rendition = try await render("grain.jpg", plan).rendition
        #expect(rendition.sizeBytes <= limit && rendition.sizeBytes > limit / 3, "\(rendition)")
    }

    @Test func aPictureThatCannotMeetItsLimitByQualityShrinksUntilItDoes() async throws {
        var plan = RenditionPlan(name: "web", width: 600)
        plan.maxBytes = 2000
        let rendition = try await render("grain.jpg", plan).rendition
        #expect(rendition.sizeBytes <= 2000 && rendition.width < 480 && rendition.width * 3 / 4 == rendition.height)
    }

    @Test func bytesInMemoryServeAsSource() async throws {
        let source = ImageSource.bytes(try bytes(of: fixture("grain.jpg")))
        let fromMemory = try await withPool { try await $0.process(ImageJob(source: source)) }
        let fromFile = try await withPool { try await $0.process(ImageJob(source: .file(fixture("grain.jpg")))) }
        #expect(fromMemory.facts == fromFile.facts)
    }

    @Test func descriptorsServeAsSourceAndOutput() async throws {
        let folder = try TemporaryFolder()
        let source = try Descriptor(fixture("grain.jpg"), writing: false)
        let output = try Descriptor(folder.write([UInt8](repeating: 7, count: 1 << 20), as: "out"), writing: true)
        let job = ImageJob(
            source: .descriptor(source.number), renditions: [.init(.thumbnail, to: .descriptor(output.number))])
        let result = try await Self.pool.process(job)
        #expect(try bytes(of: folder.file("out")).count == result.renditions[0].sizeBytes, "the old content is cut off")
        #expect(source.isOpen && output.isOpen)
    }

    private func inspect(_ file: [UInt8]) async throws -> ImageFacts {
        let folder = try TemporaryFolder()
        return try await Self.pool.inspect(.file(try folder.write(file, as: "file")))
    }
}
