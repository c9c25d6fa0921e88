// Darkroom
// SPDX-License-Identifier: Apache-2.0

public import AzureStorage
public import DurableTask
public import ImageStores
public import Telemetry

/// Turns events of the storage into runs: every created blob that a pipeline wants, once each.
///
/// The feed's cursor moves only after the runs of a batch are durable; an event that comes again finds its run taken.
public struct PictureTrigger: Sendable {
    private let pipelines: PipelineSet
    private let feed: any PictureFeed
    private let hub: any TaskHubClient
    private let records: any ImageRecordStore
    private let log: Log
    /// The first and the longest pause after a failure.
    public var retryDelay = Duration.seconds(1)...Duration.seconds(60)

    /// A trigger over a feed and a task hub.
    public init(
        pipelines: PipelineSet, feed: any PictureFeed, hub: any TaskHubClient, records: any ImageRecordStore, log: Log
    ) {
        self.pipelines = pipelines
        self.feed = feed
        self.hub = hub
        self.records = records
        self.log = log
    }

    /// Scans the watched containers once, and follows the feed until it is cancelled.
    ///
    /// A storage or hub that fails, as on a full disk, is asked again after a pause; nothing is acknowledged meanwhile.
    ///
    /// - Throws: `CancellationError`.
    public func run() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await persistently { try await scan() } }
            group.addTask { try await persistently { try await follow() } }
            try await group.waitForAll()
        }
    }

    private func persistently(_ work: () async throws -> Void) async throws {
        var pause = retryDelay.lowerBound
        while true {
            let begin = ContinuousClock.now
            do {
                return try await work()
            } catch {
                try Task.checkCancellation()
                // It worked for long: what failed now is another trouble.
                if .now - begin > retryDelay.upperBound { pause = retryDelay.lowerBound }
                log(.error, "the trigger failed and tries again", ["reason": "\(error)", "pause": "\(pause)"])
                try await Task.sleep(for: pause)
                pause = min(pause * 2, retryDelay.upperBound)
            }
        }
    }

    /// Starts the run of an arrival, unless it exists.
    public static func admit(_ arrival: PictureArrival, to hub: any TaskHubClient) async throws {
        _ = try await hub.start(ProcessPicture.self, arrival, id: arrival.instanceID)
    }

    private func follow() async throws {
        while !Task.isCancelled {
            let batch = try await feed.nextEvents()
            try await admit(batch.compactMap(arrival))
            if let last = batch.last { try await feed.acknowledge(last) }
        }
    }

    /// Finds pictures that no event tells of: uploaded before their pipeline was configured.
    private func scan() async throws {
        for pipeline in pipelines.pipelines {
            for try await page in feed.pages(of: pipeline.source.container) {
                try await admit(try await unrecorded(page.compactMap(arrival)))
            }
        }
    }

    private func arrival(_ event: BlobEvent) -> PictureArrival? {
        guard event.kind == .created else { return nil }
        return arrival(
            FoundPicture(
                key: ImageKey(
                    account: event.blob.container.account, container: event.blob.container.container.text,
                    name: event.blob.name.text),
                version: ImageVersion(sequence: event.sequence, etag: event.etag.rawValue),
                sizeInBytes: event.contentLength))
    }

    private func arrival(_ found: FoundPicture) -> PictureArrival? {
        guard let pipeline = pipelines.pipeline(wanting: found.key.container, found.key.name) else { return nil }
        return PictureArrival(found.key, found.version, sizeInBytes: found.sizeInBytes, for: pipeline)
    }

    /// Leaves out what is recorded in this version already: its run may have been purged long ago.
    private func unrecorded(_ arrivals: [PictureArrival]) async throws -> [PictureArrival] {
        var missing: [PictureArrival] = []
        for arrival in arrivals {
            let record = try await records.record(of: arrival.key)
            if record?.version.etag != arrival.version.etag { missing.append(arrival) }
        }
        return missing
    }

    /// Starts runs side by side, so that one commit of the hub serves many.
    private func admit(_ arrivals: [PictureArrival]) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for arrival in arrivals { group.addTask { try await admitWhenThereIsRoom(arrival) } }
            try await group.waitForAll()
        }
        if !arrivals.isEmpty { log(.debug, "admitted pictures", ["count": "\(arrivals.count)"]) }
    }
}

extension PictureTrigger {
    /// How long to wait before a full hub is asked again; nothing is lost meanwhile, the feed waits.
    private static let pause = Duration.milliseconds(500)

    private func admitWhenThereIsRoom(_ arrival: PictureArrival) async throws {
        while true {
            do {
                return try await Self.admit(arrival, to: hub)
            } catch let error as TaskHubError where error.code == .full {
                try await Task.sleep(for: Self.pause)
            }
        }
    }
}

/// A blob that a scan found.
public struct FoundPicture: Sendable, Equatable {
    /// Which blob.
    public var key: ImageKey
    /// Which content of it.
    public var version: ImageVersion
    /// Its size in bytes.
    public var sizeInBytes: Int64

    /// A blob of these parts.
    public init(key: ImageKey, version: ImageVersion, sizeInBytes: Int64) {
        self.key = key
        self.version = version
        self.sizeInBytes = sizeInBytes
    }
}

/// The events of a storage, in order, at least once each.
public protocol PictureFeed: Sendable {
    /// Waits for events behind the cursor and returns some of them, oldest first.
    ///
    /// - Throws: `CancellationError`; when the storage failed.
    func nextEvents() async throws -> [BlobEvent]

    /// Moves the cursor behind an event, durably.
    ///
    /// - Throws: when the storage failed.
    func acknowledge(_ event: BlobEvent) async throws

    /// What a container holds, in pages.
    func pages(of container: String) -> AsyncThrowingStream<[FoundPicture], any Error>
}
