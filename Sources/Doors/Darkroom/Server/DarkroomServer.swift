// Darkroom
// SPDX-License-Identifier: Apache-2.0

import AzureStorage
import DurableTask
import FoundationEssentials
import HTTPServer
public import ImageStores
import Imaging
import Mail
import Pipeline
import StorageServer
public import Telemetry

/// A whole server: every part built here, in one place, and run as one group.
public final class DarkroomServer: Sendable {
    /// What it was told.
    public let settings: Settings
    /// How to reach it.
    public var note: ServerNote { doors.note }
    private let lock: FolderLock
    private let databases: Databases
    private let parts: PipelineParts
    private let doors: ServerDoors
    private let telemetry: ServerTelemetry
    private let log: Log

    private init(_ settings: Settings, _ opened: Opened, _ parts: PipelineParts, _ doors: ServerDoors, log: Log) {
        self.settings = settings
        lock = opened.lock
        databases = opened.databases
        telemetry = opened.telemetry
        self.parts = parts
        self.doors = doors
        self.log = log
    }

    /// Which blobs it watches, for people.
    public var watched: String { settings.pipelines.pipelines.map(\.source.description).joined(separator: ", ") }

    /// How a client connects, for people: without a secret.
    public var connectionHint: String {
        note.connectionString == "UseDevelopmentStorage=true"
            ? note.connectionString : "the connection string in \(settings.data.serverNote)"
    }

    /// Where workers and clients of other programs reach the task hub, for people; nil when they do not.
    public var taskHint: String? { note.taskEndpoint }

    /// Where metrics are read, for people; nil when they are not.
    public var metricsHint: String? { note.metricsEndpoint }

    /// Where notices go, for people.
    public var noticeHint: String {
        settings.mail.smtp.map { "mail by \($0.host):\($0.port)" } ?? "\(settings.mail.outbox), as .eml files"
    }

    /// Opens the data folder, starts the workers and takes the ports.
    ///
    /// Clients can connect when it returns.
    ///
    /// - Parameter finished: Hears of every picture whose run has ended, at least once.
    /// - Throws: ``SettingsError``; `FolderInUse`; errors of the parts that cannot be opened.
    public static func open(
        _ settings: Settings, log: Log, finished: @escaping @Sendable (ImageRecord) -> Void
    ) async throws -> DarkroomServer {
        let opened = try Opened(settings, log: log)
        // Before the rest, so that the workers start meanwhile.
        let pool = ImageWorkerPool(settings.imaging.workerConfiguration, log: log)
        let parts = try await openParts(
            settings, opened.databases, pool, opened.telemetry.metrics, log: log)
        let doors = try ServerDoors(
            settings, parts: parts, telemetry: opened.telemetry, log: log, finished: finished)
        for container in settings.pipelines.containers {
            for account in settings.storage.accounts {
                try await parts.store.createContainerIfMissing(
                    try ContainerAddress(account: account.name, container: container))
            }
        }
        try doors.note.write(to: settings.data.serverNote)
        return DarkroomServer(settings, opened, parts, doors, log: log)
    }

    /// Serves until `stop` returns, then lets running work end within the settings' limit.
    ///
    /// - Throws: what made a part of the server fail.
    public func run(until stop: @escaping @Sendable () async -> Void) async throws {
        defer { try? FileManager.default.removeItem(atPath: settings.data.serverNote) }
        try await services.run(until: stop, drainWithin: settings.drainTime)
        await parts.pool.close()
        parts.store.close()
        databases.close()
        telemetry.spans?.close()
        lock.release()
    }

    private var workerConfiguration: WorkerConfiguration {
        var configuration = WorkerConfiguration()
        // As many as the pool has workers, and one more of each that reads the next file meanwhile.
        let pictures = settings.imaging.workerConfiguration.workers + 1
        configuration.activityLimits = [InspectPicture.name: pictures, RenderPicture.name: pictures]
        configuration.drainTime = settings.drainTime
        // Workers of other programs may have what this one does not know.
        if settings.tasks.port != nil { configuration.unknownNames = .leave }
        return configuration
    }

    private var services: ServiceGroup {
        let worker = TaskHubWorker(
            parts.hub, registry: parts.registry(settings, announcer: doors.announcer),
            configuration: workerConfiguration, log: log, spans: telemetry.spans?.sink)
        let trigger = parts.trigger(settings, log: log)
        var services = [
            Service(name: "storage") { [parts] in await parts.store.run() },
            Service(name: "tasks", run: { try await worker.run() }, drain: { _ in worker.stop() }),
            Service(name: "trigger") { try await trigger.run() },
        ]
        if let door = doors.tasks {
            services.append(
                Service(name: "task hub", run: { try await door.run() }, drain: { await door.drain(within: $0) }))
        }
        services += doors.listeners.map { listener in
            Service(name: "listener", run: { try await listener.run() }, drain: { await listener.drain(within: $0) })
        }
        return ServiceGroup(services: services, log: log)
    }
}
