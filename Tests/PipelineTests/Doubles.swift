// Darkroom
// SPDX-License-Identifier: Apache-2.0

import AzureStorage
import Basics
import FoundationEssentials
import ImageStores
import Imaging
import Pipeline

/// A storage in memory: pictures by key, renditions by place.
final class MemoryPictureStorage: PictureStorage {
    private struct State {
        var pictures: [ImageKey: StoredPicture] = [:]
        var renditions: [String: PublishedRendition] = [:]
    }

    private final class Staged: StagedRendition {
        var output: ImageOutput { .file("/dev/null") }
    }

    private let state = Lock(State())

    func put(_ picture: StoredPicture?, at key: ImageKey) {
        state.withLock { $0.pictures[key] = picture }
    }

    var renditions: [String: PublishedRendition] { state.withLock { $0.renditions } }

    func current(_ key: ImageKey) async throws -> StoredPicture? {
        state.withLock { $0.pictures[key] }
    }

    func withContent<Value: Sendable>(
        of key: ImageKey, version: ImageVersion, _ body: (ImageSource) async throws -> Value
    ) async throws -> Value {
        guard let picture = try await current(key) else { throw PictureUnavailable.gone }
        guard picture.version == version else { throw PictureUnavailable.replaced }
        return try await body(.bytes(Array(key.name.utf8)))
    }

    func stage() async throws -> any StagedRendition { Staged() }

    func publish(_ staged: any StagedRendition, as rendition: PublishedRendition) async throws {
        state.withLock { state in
            let place = "\(rendition.container)/\(rendition.name)"
            if let other = state.renditions[place], other.version.isLater(than: rendition.version) { return }
            state.renditions[place] = rendition
        }
    }
}

/// Rejects pictures by the words in their names; everything else is 40 × 30 pixels.
final class NamedProcessor: ImageProcessor {
    private let calls = Lock<[String: Int]>([:])

    func calls(of name: String) -> Int { calls.withLock { $0[name] ?? 0 } }

    func process(_ job: ImageJob) async throws -> ImageResult {
        guard case .bytes(let bytes) = job.source else { throw ImagingFailure(.invalidJob, "no bytes") }
        let name = String(decoding: bytes, as: UTF8.self)
        let call = calls.withLock { calls in
            calls[name, default: 0] += 1
            return calls[name] ?? 0
        }
        if name.contains("torn") { throw ImageRejection(.truncated, "The end is missing.") }
        if name.contains("flaky"), call < 3 { throw ImageRejection(.workerCrashed, "The worker crashed.") }
        if name.contains("killer") { throw ImageRejection(.workerCrashed, "The worker crashed.") }
        let renditions = job.renditions.map { renditionText.replacing("NAME", with: $0.plan.name) }
        return try read(
            """
            {"facts": \(factsText), "renditions": [\(renditions.joined(separator: ","))],
             "cost": {"cpuMilliseconds": 0, "wallMilliseconds": 0, "peakMemoryBytes": 0}}
            """)
    }

    func inspect(_ source: ImageSource, limits: ImagingLimits) async throws -> Imaging.ImageFacts {
        try read(factsText)
    }
}

private let factsText = """
    {"sizeBytes": 100, "sizeKB": 0.1, "format": "JPEG", "width": 40, "height": 30, "orientation": 1,
     "colourSpace": "RGB", "bitDepth": 8, "hasAlpha": false, "frames": 1, "isProgressive": false, "sha256": "5a",
     "warnings": []}
    """

private let renditionText = """
    {"name": "NAME", "width": 4, "height": 3, "sizeBytes": 12, "format": "jpeg", "sha256": "", "md5": ""}
    """

private func read<Value: Decodable>(_ text: String) throws -> Value {
    try JSONDecoder().decode(Value.self, from: Data(text.utf8))
}

/// What a feed says when its disk is full.
private struct FeedFailure: Error {}

/// A feed whose events a test hands in.
final class ScriptedFeed: PictureFeed {
    private let events: AsyncStream<[BlobEvent]>
    private let input: AsyncStream<[BlobEvent]>.Continuation
    private let found: [FoundPicture]
    private let last = Lock<Int64>(0)
    private let failures = Lock(0)

    init(found: [FoundPicture] = []) {
        self.found = found
        (events, input) = AsyncStream.makeStream()
    }

    var acknowledged: Int64 { last.withLock { $0 } }

    func send(_ batch: [BlobEvent]) { input.yield(batch) }

    /// Makes the next calls fail, as a full disk does.
    func fail(times: Int) { failures.withLock { $0 = times } }

    func nextEvents() async throws -> [BlobEvent] {
        let mustFail = failures.withLock { left in
            defer { left = max(0, left - 1) }
            return left > 0
        }
        if mustFail { throw FeedFailure() }
        for await batch in events { return batch }
        throw CancellationError()
    }

    func acknowledge(_ event: BlobEvent) async throws { last.withLock { $0 = event.sequence } }

    func pages(of container: String) -> AsyncThrowingStream<[FoundPicture], any Error> {
        AsyncThrowingStream { continuation in
            continuation.yield(found.filter { $0.key.container == container })
            continuation.finish()
        }
    }
}
