// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Imaging
import Pipeline
import Testing

struct BlobPatternTests {
    @Test(arguments: [
        ("images-input/{name}", "images-input", "cat.jpg", true),
        ("images-input/{name}", "images-input", "a/b/cat.jpg", true),
        ("images-input/{name}", "other", "cat.jpg", false),
        ("in/2026/{name}.jpg", "in", "2026/cat.jpg", true),
        ("in/2026/{name}.jpg", "in", "2026/cat.png", false),
        ("in/2026/{name}.jpg", "in", "2025/cat.jpg", false),
        ("in/2026/{name}.jpg", "in", "2026/.jpg", false),
    ])
    func wantsTheBlobsThatItNames(pattern: String, container: String, name: String, isWanted: Bool) throws {
        #expect(try BlobPattern(pattern).matches(container: container, name: name) == isWanted)
    }

    @Test(arguments: ["", "in", "/{name}", "in/name", "in/{name}{name}", "in/{other}", "in/{name", "in/{name}}"])
    func refusesWhatIsNoPattern(text: String) {
        #expect(throws: BlobPattern.Invalid.self) { try BlobPattern(text) }
    }

    @Test func printsAsItWasWritten() throws {
        #expect(try BlobPattern("in/a-{name}.jpg").description == "in/a-{name}.jpg")
    }
}

struct RenditionNameTests {
    @Test(
        arguments: [
            ("cat.jpg", .jpeg, "cat.jpg"), ("cat.JPEG", .jpeg, "cat.JPEG"), ("cat.png", .jpeg, "cat.png.jpg"),
            ("a/b/cat", .webp, "a/b/cat.webp"), ("cat.webp", .avif, "cat.webp.avif"),
        ] as [(String, OutputFormat, String)])
    func keepsTheNameAndNamesTheFormat(picture: String, format: OutputFormat, expected: String) {
        #expect(renditionName(of: picture, as: format) == expected)
    }
}

struct PipelineSetTests {
    private func pipeline(_ name: String, from source: String, to containers: [String]) throws -> PipelineDefinition {
        PipelineDefinition(
            name: name, source: try BlobPattern(source),
            targets: containers.map { .init(RenditionPlan(name: "to-\($0)", width: 10), in: $0) }, stores: ["sqlite"])
    }

    @Test func refusesAPipelineThatFeedsOnItsOwnOutput() throws {
        let loop = try pipeline("loop", from: "images/{name}", to: ["thumbnails", "images"])
        let error = #expect(throws: PipelineSet.Invalid.self) { try PipelineSet([loop]) }
        #expect(error?.description.contains("its own output") == true)
    }

    @Test func refusesTwoPipelinesThatFeedEachOther() throws {
        let there = try pipeline("there", from: "images-a/{name}", to: ["images-b"])
        let back = try pipeline("back", from: "images-b/{name}", to: ["images-a"])
        #expect(throws: PipelineSet.Invalid.self) { try PipelineSet([there, back]) }
    }

    @Test func refusesOutputsThatOverwriteEachOther() throws {
        let first = try pipeline("first", from: "images-a/{name}", to: ["thumbnails"])
        let second = try pipeline("second", from: "images-b/{name}", to: ["thumbnails"])
        #expect(throws: PipelineSet.Invalid.self) { try PipelineSet([first, second]) }
        #expect(throws: PipelineSet.Invalid.self) { try PipelineSet([first, first]) }
    }

    @Test func refusesNamesThatAreNoContainers() throws {
        let wrong = try pipeline("wrong", from: "images/{name}", to: ["Thumb_Nails"])
        let error = #expect(throws: PipelineSet.Invalid.self) { try PipelineSet([wrong]) }
        #expect(error?.description.contains("Thumb_Nails") == true)
    }

    @Test func givesABlobToTheFirstPipelineThatWantsIt() throws {
        let set = try PipelineSet([
            pipeline("cats", from: "images/cats/{name}", to: ["cat-thumbs"]),
            pipeline("rest", from: "images/{name}", to: ["thumbs"]),
        ])
        #expect(set.pipeline(wanting: "images", "cats/tom.jpg")?.name == "cats")
        #expect(set.pipeline(wanting: "images", "dog.jpg")?.name == "rest")
        #expect(set.pipeline(wanting: "thumbs", "dog.jpg") == nil)
        #expect(set.containers == ["cat-thumbs", "images", "thumbs"])
    }
}
