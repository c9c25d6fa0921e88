// Darkroom
// SPDX-License-Identifier: Apache-2.0

import DurableTask
import FoundationEssentials
import ImageStores
import Imaging
import StorageServer
import TaskHubSQL
import Telemetry

/// The data folder, taken, and its databases.
struct Opened: Sendable {
    let lock: FolderLock
    let databases: Databases

    init(_ settings: Settings) throws {
        try settings.data.create()
        lock = try settings.data.lock()
        databases = try Databases(in: settings.data)
    }
}

/// Opens the rooms over their databases, side by side.
func openParts(
    _ settings: Settings, _ databases: Databases, _ pool: ImageWorkerPool, log: Log
) async throws -> PipelineParts {
    async let store = BlobStore.open(database: databases.storage, folder: settings.data.blobs, log: log)
    async let hub = EmbeddedTaskHub.sqlite(
        databases.tasks, configuration: settings.tasks.hubConfiguration, log: log)
    async let records = SQLImageRecordStore(preparing: databases.records)
    return try await PipelineParts(pool: pool, store: store, records: records, hub: hub)
}
