// Darkroom
// SPDX-License-Identifier: Apache-2.0

import DurableTask
import FoundationEssentials
import SQL
import SQLite
import TaskHubSQL
import Telemetry
import Testing

/// The kinds of hub that the conformance suite runs against.
enum HubKind: String, CaseIterable, CustomTestStringConvertible {
    case memory
    case sqlite
    case postgres

    var testDescription: String { rawValue }
}

/// A store that outlives the hubs opened on it, so that a test can "crash" and start again.
final class HubHouse: Sendable {
    let clock: VirtualHubClock
    private let open: @Sendable (HubConfiguration) async throws -> EmbeddedTaskHub
    private let folder: URL?

    init(_ kind: HubKind, clock: VirtualHubClock = VirtualHubClock()) throws {
        self.clock = clock
        switch kind {
        case .memory:
            let store = EmbeddedTaskHub.memoryStore()
            folder = nil
            open = { try await EmbeddedTaskHub(store: store, clock: clock, configuration: $0, log: .silent) }
        case .sqlite:
            let folder = FileManager.default.temporaryDirectory.appending(path: "hub-\(UUID().uuidString)")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            let path = folder.appending(path: "hub.sqlite").path
            self.folder = folder
            open = { try await .sqlite(try SQLiteDatabase(path: path), clock: clock, configuration: $0) }
        case .postgres:
            folder = nil
            let room = PostgresRoom()
            open = { configuration in
                // Whoever opens the hub again plays that the process before it died long ago.
                try await room.expireMembers()
                let housed = HousedClock(clock: clock, room: room)
                return try await .postgres(try await room.open(), clock: housed, configuration: configuration)
            }
        }
    }

    deinit {
        if let folder { try? FileManager.default.removeItem(at: folder) }
    }

    func hub(_ change: (inout HubConfiguration) -> Void = { _ in }) async throws -> EmbeddedTaskHub {
        var configuration = HubConfiguration()
        change(&configuration)
        return try await open(configuration)
    }
}

/// Keeps the database of a hub for as long as the hub is used.
private struct HousedClock: HubClock {
    let clock: VirtualHubClock
    let room: PostgresRoom

    var now: Date { clock.now }

    func sleep(until time: Date) async throws { try await clock.sleep(until: time) }

    func idle(until time: Date) { clock.idle(until: time) }
}

/// Runs a worker around `body` and stops it after.
func withWorker<Value: Sendable>(
    _ hub: EmbeddedTaskHub, _ registry: TaskRegistry, _ configuration: WorkerConfiguration = WorkerConfiguration(),
    spans: SpanSink? = nil, _ body: @Sendable @escaping () async throws -> Value
) async throws -> Value {
    let worker = TaskHubWorker(hub, registry: registry, configuration: configuration, spans: spans)
    return try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await worker.run() }
        defer { worker.stop() }
        return try await body()
    }
}

extension TaskRegistry {
    /// A registry with an orchestration "main" of whole numbers.
    static func main(
        _ body: @escaping @Sendable (OrchestrationContext, Int) async throws -> Int
    ) -> TaskRegistry {
        var registry = TaskRegistry()
        registry.addOrchestration("main", body)
        return registry
    }

    /// The same registry with an activity of whole numbers.
    func with(
        _ name: String, _ body: @escaping @Sendable (ActivityContext, Int) async throws -> Int
    ) -> TaskRegistry {
        var registry = self
        registry.addActivity(name, body)
        return registry
    }
}

extension EmbeddedTaskHub {
    /// Starts "main" and waits for its end.
    func run(_ id: String, _ input: Int = 0) async throws -> InstanceStatus {
        _ = try await start(StartRequest(id: id, name: "main", input: "\(input)"))
        return try await waitForCompletion(of: id)
    }
}

/// The code with which a hub refuses a call; nil when it does not.
func refusal(_ call: @Sendable () async throws -> Void) async throws -> TaskHubError.Code? {
    do {
        try await call()
        return nil
    } catch let error as TaskHubError {
        return error.code
    }
}
