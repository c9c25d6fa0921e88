// Darkroom
// SPDX-License-Identifier: Apache-2.0

import AzureStorage
import Basics
import DurableTask
import FoundationEssentials
import ImageStores
import Imaging
import Pipeline
import Telemetry

/// A pipeline over parts in memory, and a clock that does not make tests wait.
struct World: Sendable {
    let pipelines: PipelineSet
    let hub: EmbeddedTaskHub
    let records = MemoryImageRecordStore()
    let storage = MemoryPictureStorage()
    let processor = NamedProcessor()
    private let announcements = Announcements()

    init() async throws {
        pipelines = try PipelineSet([
            PipelineDefinition(
                name: "uploads", source: BlobPattern("images-input/{name}"),
                targets: [.init(.thumbnail, in: "thumbnails"), .init(.web, in: "optimized-images")],
                stores: ["memory"])
        ])
        hub = try await EmbeddedTaskHub.inMemory(clock: VirtualHubClock())
    }

    var announced: [String] { announcements.all.withLock { $0 } }

    var registry: TaskRegistry {
        let limits = ImagingLimits()
        var registry = TaskRegistry()
        registry.add(ProcessPicture(retry: RetryPolicy(maximumAttempts: 4)))
        registry.add(
            InspectPicture(storage: storage, processor: processor, limits: limits) { [hub] in
                try await PictureTrigger.admit($0, to: hub)
            })
        registry.add(RenderPicture(storage: storage, processor: processor, limits: limits, pipelines: pipelines))
        registry.add(RecordPicture(stores: ["memory": records]))
        registry.add(
            AnnouncePicture { [announcements] ending in
                let line = "\(ending.record.key.name) \(ending.record.status.rawValue)"
                announcements.all.withLock { $0.append(ending.route.map { "\(line) by \($0)" } ?? line) }
            })
        return registry
    }

    func key(_ name: String) -> ImageKey { ImageKey(account: "shop", container: "images-input", name: name) }

    func version(_ sequence: Int64) -> ImageVersion { ImageVersion(sequence: sequence, etag: "0x\(sequence)") }

    func store(_ name: String, sequence: Int64) {
        storage.put(StoredPicture(version: version(sequence), sizeInBytes: 100, user: "vendor"), at: key(name))
    }

    func arrival(_ name: String, sequence: Int64) -> PictureArrival {
        PictureArrival(key(name), version(sequence), sizeInBytes: 100, for: pipelines.pipelines[0])
    }

    /// Stores a picture and starts its run; returns the run's id.
    func upload(_ name: String, sequence: Int64) async throws -> String {
        store(name, sequence: sequence)
        let arrival = arrival(name, sequence: sequence)
        try await PictureTrigger.admit(arrival, to: hub)
        return arrival.instanceID
    }

    func event(_ name: String, sequence: Int64) throws -> BlobEvent {
        let time = StorageTime(ticks: sequence)
        var version = BlobProperties(
            etag: ETag("0x\(sequence)"), modified: time, created: time, length: 100, headers: ContentHeaders())
        version.metadata = .none
        return BlobEvent(
            sequence: sequence, kind: .created,
            blob: try BlobAddress(account: "shop", container: "images-input", name: name), version: version,
            api: "PutBlob")
    }

    /// Runs a trigger for as long as `body` runs.
    func withTrigger(_ feed: ScriptedFeed, _ body: @Sendable () async throws -> Void) async throws {
        var trigger = PictureTrigger(pipelines: pipelines, feed: feed, hub: hub, records: records, log: .silent)
        trigger.retryDelay = .milliseconds(1)...(.milliseconds(4))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { [trigger] in try await trigger.run() }
            defer { group.cancelAll() }
            try await body()
        }
    }
}

/// What was announced, in order.
private final class Announcements: Sendable {
    let all = Lock<[String]>([])
}

/// Runs a worker for as long as `body` runs.
func withPipeline(_ body: @Sendable (World) async throws -> Void) async throws {
    let world = try await World()
    let worker = TaskHubWorker(world.hub, registry: world.registry)
    try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await worker.run() }
        defer { group.cancelAll() }
        try await body(world)
    }
}
