// Darkroom
// SPDX-License-Identifier: Apache-2.0

import DurableTask
import FoundationEssentials
import ImageStores
import Imaging
import StorageServer
import TaskHubSQL
import Telemetry

/// The data folder, taken, its databases, and who measures what is done with them.
struct Opened: Sendable {
    let lock: FolderLock
    let databases: Databases
    let telemetry: ServerTelemetry

    init(_ settings: Settings, log: Log) throws {
        try settings.data.create()
        telemetry = try ServerTelemetry(settings.telemetry, log: log)
        lock = try settings.data.lock()
        databases = try Databases(in: settings.data)
    }
}

/// Opens the rooms over their databases, side by side.
func openParts(
    _ settings: Settings, _ databases: Databases, _ pool: ImageWorkerPool, _ metrics: MetricRegistry?, log: Log
) async throws -> PipelineParts {
    async let store = BlobStore.open(database: databases.storage, folder: settings.data.blobs, log: log)
    async let hub = EmbeddedTaskHub.sqlite(
        databases.tasks, configuration: settings.hubConfiguration, log: log, metrics: metrics)
    async let records = SQLImageRecordStore(preparing: databases.records)
    return try await PipelineParts(pool: pool, store: store, records: records, hub: hub)
}
