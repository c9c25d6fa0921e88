// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import FoundationEssentials
import GRPC
import SQL
import SQLite
import Sockets
import TaskHubGRPC
import TaskHubSQL
import Telemetry
import Testing

@testable import DurableTask

/// The kinds of hub that the conformance suite runs against.
enum HubKind: String, CaseIterable, CustomTestStringConvertible {
    case memory
    case sqlite
    case postgres
    /// In memory, its worker and client behind the Durable Task protocol.
    case protocolled

    /// The hubs of this process, with all that they can do.
    static let allCases: [HubKind] = [.memory, .sqlite, .postgres]

    /// Those and the protocol, for tests that need no more than its words.
    static let everywhere: [HubKind] = allCases + [.protocolled]

    /// Those that give what a test needs.
    static func giving(_ need: HubNeed) -> [HubKind] { everywhere.filter { $0.lacks[need] == nil } }

    /// What the hub cannot do, and why.
    private var lacks: [HubNeed: String] {
        self == .protocolled
            ? [
                .waits: "the protocol has no question for what an instance waits for",
                .keptEvents: "the protocol has no word for keeping an event until its instance is started",
                .fetching: "work comes on a stream, to a worker that runs; a test cannot fetch an item by hand",
                .reasons: "one status code stands for all requests that are invalid",
                .fullPages: "names are chosen by the client, so a page may be short of its limit",
                .cancellation: "nobody tells a worker that the result of an activity is not wanted any more",
                .memory: "a worker replays each episode, and keeps nothing that could tell of what comes back later",
            ] : [:]
    }

    var testDescription: String { rawValue }
}

/// What a test may need of a hub that not every kind gives.
enum HubNeed {
    case waits
    case keptEvents
    case fetching
    case reasons
    case fullPages
    case cancellation
    case memory
}

/// A store that outlives the hubs opened on it, so that a test can "crash" and start again.
final class HubHouse: Sendable {
    let clock: VirtualHubClock
    private let kind: HubKind
    private let open: @Sendable (HubConfiguration) async throws -> EmbeddedTaskHub
    /// How many rows there are for large payloads.
    let payloadRows: @Sendable () async throws -> Int
    private let folder: URL?

    init(_ kind: HubKind, clock: VirtualHubClock = VirtualHubClock()) throws {
        self.clock = clock
        self.kind = kind
        switch kind {
        case .memory, .protocolled:
            let store = EmbeddedTaskHub.memoryStore()
            folder = nil
            open = { try await EmbeddedTaskHub(store: store, clock: clock, configuration: $0, log: .silent) }
            payloadRows = { (store as? MemoryHubStore)?.rows.withLock { $0.payloads.count } ?? 0 }
        case .sqlite:
            let folder = FileManager.default.temporaryDirectory.appending(path: "hub-\(UUID().uuidString)")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            let path = folder.appending(path: "hub.sqlite").path
            self.folder = folder
            open = { try await .sqlite(try SQLiteDatabase(path: path), clock: clock, configuration: $0) }
            payloadRows = { try await Self.payloadRows(in: try SQLiteDatabase(path: path)) }
        case .postgres:
            folder = nil
            let room = PostgresRoom()
            payloadRows = { try await Self.payloadRows(in: try await room.open()) }
            open = { configuration in
                // Whoever opens the hub again plays that the process before it died long ago.
                try await room.expireMembers()
                let housed = HousedClock(clock: clock, room: room)
                return try await .postgres(try await room.open(), clock: housed, configuration: configuration)
            }
        }
    }

    private static func payloadRows(in database: any SQLDatabase) async throws -> Int {
        let count = [SQLCall("SELECT COUNT(*) FROM hub_payload")]
        return Int(try await database.queryAll(count)[0][0].int(0))
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

extension HubHouse {
    /// The hub as a worker or client elsewhere sees it, where there is a protocol between.
    func door(_ change: (inout HubConfiguration) -> Void = { _ in }) async throws -> any TaskHub {
        let hub = try await hub(change)
        return kind == .protocolled ? try HubDoor(hub).hub() : hub
    }
}

/// Serves a hub until nobody uses it any more.
private final class HubDoor: Sendable {
    /// One for all doors: a test that ends must not wait for a thread that works for others.
    private static let sharedLoops = Result { try EventLoops(count: 1) }

    private let loops: EventLoops
    private let port: UInt16
    private let work: Task<Void, Never>

    init(_ hub: EmbeddedTaskHub) throws {
        loops = try Self.sharedLoops.get()
        let server = GRPCServer(
            configuration: GRPCServerConfiguration(), handlers: TaskHubService(hub).handlers, loops: loops)
        port = UInt16(try server.bind().port)
        // Unstructured: it ends with the door.
        work = Task {
            await withTaskGroup(of: Void.self) { group in
                group.addTask { try? await server.run() }
                group.addTask { try? await hub.run() }
            }
        }
    }

    deinit { work.cancel() }

    /// The hub behind the door, which stays open as long as that is used.
    func hub() throws -> GRPCTaskHub {
        let address = HubAddress(host: "127.0.0.1", port: port)
        return try GRPCTaskHub(
            GRPCTaskHubConfiguration(address, backend: .darkroom), log: Log(from: .error) { _ in _ = self },
            loops: loops)
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
    _ hub: any TaskHub, _ registry: TaskRegistry, _ configuration: WorkerConfiguration = WorkerConfiguration(),
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

extension TaskHub {
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
