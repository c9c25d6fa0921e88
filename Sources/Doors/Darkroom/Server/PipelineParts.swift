// Darkroom
// SPDX-License-Identifier: Apache-2.0

import AzureStorage
import DurableTask
import FoundationEssentials
import ImageStores
import Imaging
import Pipeline
import StorageServer
import Telemetry

/// The pipeline's rooms, put together: what turns an event into a finished picture.
struct PipelineParts: Sendable {
    let pool: ImageWorkerPool
    let store: BlobStore
    let records: any ImageRecordStore
    let hub: any TaskHub
}

extension PipelineParts {
    /// The workflow and its activities, with what they need injected.
    func registry(_ settings: Settings, announcer: PictureAnnouncer) -> TaskRegistry {
        let storage = EmbeddedPictureStorage(store)
        let limits = settings.imaging.limits
        var registry = TaskRegistry()
        registry.add(ProcessPicture(retry: settings.tasks.retry))
        registry.add(
            InspectPicture(storage: storage, processor: pool, limits: limits) { [hub] in
                try await PictureTrigger.admit($0, to: hub)
            })
        registry.add(
            RenderPicture(storage: storage, processor: pool, limits: limits, pipelines: settings.pipelines))
        registry.add(RecordPicture(stores: ["sqlite": records]))
        registry.add(AnnouncePicture { try await announcer.announce($0) })
        return registry
    }

    /// What starts the runs.
    func trigger(_ settings: Settings, log: Log) -> PictureTrigger {
        let feed = EmbeddedPictureFeed(store, accounts: settings.storage.accounts.map(\.name))
        return PictureTrigger(pipelines: settings.pipelines, feed: feed, hub: hub, records: records, log: log)
    }
}
