// Darkroom
// SPDX-License-Identifier: Apache-2.0

import DurableTask
public import Imaging
public import Pipeline

/// Everything a server is told, checked.
///
/// Made by ``load(from:)`` only, so that what it holds is right.
public struct Settings: Sendable {
    /// Where all data lives.
    public var data: DataFolder
    /// How much is logged.
    public var logLevel: String
    /// How long a stop may take.
    public var drainTime: Duration
    /// The storage service.
    public var storage: StorageSettings
    /// What a picture may cost, and how many are worked on at once.
    public var imaging: ImagingSettings
    /// How work is queued and kept.
    public var tasks: TaskSettings
    /// How mail goes out.
    public var mail: MailSettings
    /// What others may measure and trace.
    public var telemetry: TelemetrySettings
    /// What happens to pictures.
    public var pipelines: PipelineSet
    /// Who hears of it, of all pipelines.
    public var notices: [NoticeRule]

    /// Reads and checks all settings.
    ///
    /// - Throws: ``SettingsError`` for the first that is wrong.
    public static func load(from sources: SettingsSources) throws -> Settings {
        let reader = try SettingsReader(sources)
        let settings = try Settings(reader)
        try reader.refuseUnknownKeys()
        return settings
    }

    /// The lines of help about settings: each key and its meaning.
    public static var helpText: String {
        let keys = (try? describeKeys()) ?? []
        let width = keys.map(\.key.count).max() ?? 0
        return keys.map { key, meaning in
            "  \(key)\(String(repeating: " ", count: width + 2 - key.count))\(meaning)"
        }.joined(separator: "\n")
    }

    /// Every key with its meaning, in the order of reading: for help and documents.
    public static func describeKeys() throws -> [(key: String, meaning: String)] {
        let reader = try SettingsReader(SettingsSources())
        _ = try Settings(reader)
        return reader.descriptions
    }

    private init(_ reader: SettingsReader) throws {
        data = DataFolder(
            try reader.text("data", "the folder that holds all data", default: "./darkroom-data"))
        logLevel = try reader.word(
            "log", "how much is logged: debug, info, warning or error", default: LogSetting.warning
        ).rawValue
        drainTime = try reader.seconds(
            "drainSeconds", "how many seconds a stop may take before work is cut off", default: 20, in: 0...3600)
        storage = try StorageSettings(reader)
        imaging = try ImagingSettings(reader)
        tasks = try TaskSettings(reader)
        mail = try MailSettings(reader, data: data)
        telemetry = try TelemetrySettings(reader)
        (pipelines, notices) = try readPipelines(reader)
    }
}

private enum LogSetting: String, CaseIterable {
    case debug, info, warning, error
}

/// What a picture may cost, and how many are worked on at once.
public struct ImagingSettings: Sendable {
    /// Worker processes.
    public var workers: Int
    /// Pictures after which a worker is replaced by a fresh one.
    public var picturesPerWorker: Int
    /// Address space of a worker, in bytes.
    public var workerMemoryBytes: Int
    /// The bounds of one picture.
    public var limits: ImagingLimits

    /// The same, as the pool of workers takes it.
    public var workerConfiguration: ImageWorkerConfiguration {
        var configuration = ImageWorkerConfiguration()
        if workers > 0 { configuration.workers = workers }
        configuration.picturesPerWorker = picturesPerWorker
        configuration.memoryBytes = workerMemoryBytes
        return configuration
    }

    init(_ reader: SettingsReader) throws {
        workers = try reader.int(
            "imaging.workers", "how many worker processes decode pictures; 0 means one for each core", default: 0,
            in: 0...256)
        picturesPerWorker = try reader.int(
            "imaging.picturesPerWorker", "after how many pictures a worker is replaced", default: 200,
            in: 1...1_000_000)
        let memory = try reader.int(
            "imaging.workerMemoryMB", "how much address space a worker may take, in MB", default: 1536,
            in: 256...65_536)
        workerMemoryBytes = memory << 20
        limits = ImagingLimits()
        limits.maxBytes =
            try reader.int("imaging.maxMB", "the largest picture file, in MB", default: 50, in: 1...2048) << 20
        limits.maxPixels =
            try reader.int(
                "imaging.maxMegapixels", "the most pixels of a picture, in millions", default: 50, in: 1...1000)
            * 1_000_000
        limits.maxFrames = try reader.int(
            "imaging.maxFrames", "the most frames of an animation", default: 500, in: 1...100_000)
        limits.wallSeconds = try reader.int(
            "imaging.timeoutSeconds", "how many seconds one picture may take", default: 30, in: 1...3600)
    }
}

/// How work is queued and kept.
public struct TaskSettings: Sendable {
    /// How often a step of a run is tried.
    public var attempts: Int
    /// How long a finished run is kept.
    public var retention: Duration
    /// The port for workers and clients in other languages, on the loopback address; nil when none may come.
    public var port: Int?

    /// The same, as the hub takes it.
    var hubConfiguration: HubConfiguration {
        var configuration = HubConfiguration()
        configuration.retention = HubConfiguration.Retention(age: retention)
        return configuration
    }

    /// How a failing step is tried again.
    var retry: RetryPolicy { RetryPolicy(maximumAttempts: attempts, firstDelay: .milliseconds(500)) }

    init(_ reader: SettingsReader) throws {
        attempts = try reader.int(
            "tasks.attempts", "how often a failing step is tried", default: 4, in: 1...100)
        let days = try reader.int(
            "tasks.retentionDays", "for how many days a finished run is kept", default: 30, in: 1...3650)
        retention = .seconds(days * 86_400)
        port = try reader.optionalInt(
            "tasks.port",
            """
            the port where workers and clients of other programs reach the task hub, from this machine only; \
            0 takes a free one
            """,
            in: 0...65_535)
    }
}
