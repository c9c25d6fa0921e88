// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
public import Telemetry

/// Runs the orchestrations and activities of a hub.
///
/// ``run()`` works until ``stop()`` or cancellation. Stopping ends the fetching and lets what runs finish within the
/// drain time; after it, or when the task of `run()` is cancelled, running activities are cancelled and given back.
/// An activity that ignores its cancellation holds `run()` up.
public final class TaskHubWorker: Sendable {
    let hub: any TaskHub
    let registry: TaskRegistry
    let configuration: WorkerConfiguration
    let log: Log
    let spans: SpanSink?
    let intake = Intake(isImmediate: true)
    let live: Lock<LiveInstances>
    let running: Lock<Watch>
    let runningBell = Bell()
    private let lanes: [ActivityLane]
    let refusals = Lock(FIFO<Refusal>())
    let refusalBell = Bell()
    let troubles = Lock(TroubleCount())
    let escapes: AsyncStream<String>
    let escapeReporter: AsyncStream<String>.Continuation
    private let stopBell = Bell()
    /// How often an instance is woken before it is given up: a minute or so.
    private static let mostWakes = 12

    private enum Role: Sendable {
        case service
        case work
        case drainDeadline
    }

    /// A worker for a hub; nothing runs before ``run()``.
    ///
    /// - Parameter spans: Where the spans of what it runs go, once the hub has stored that they ended; nil for nowhere.
    public init(
        _ hub: any TaskHub, registry: TaskRegistry, configuration: WorkerConfiguration = WorkerConfiguration(),
        log: Log = .silent, spans: SpanSink? = nil
    ) {
        self.hub = hub
        self.registry = registry
        self.configuration = configuration
        self.log = log
        self.spans = spans
        live = Lock(LiveInstances(capacity: configuration.liveInstances))
        running = Lock(
            Watch(
                activities: RunningActivities(
                    leaseDuration: hub.leaseDuration, progressInterval: configuration.progressInterval)))
        lanes = configuration.lanes(known: registry.activityNames, clock: hub.clock)
        (escapes, escapeReporter) = AsyncStream.makeStream()
    }

    /// Lets what runs finish and fetches nothing more; ``run()`` returns then.
    public func stop() {
        hub.close(intake)
        for lane in lanes { lane.gate?.close() }
        stopBell.ring()
    }

    /// Works until stopped.
    ///
    /// Call it once.
    ///
    /// - Throws: what the hub cannot outlive, as ``TaskHubError`` `ownerChanged`.
    public func run() async throws {
        (hub as? EmbeddedTaskHub)?.addReader(WaitReader(intake: intake, awaitedEvents: awaitedEvents))
        defer { for instance in live.withLock({ $0.takeAll() }) { instance.orchestrator.close() } }
        try await withThrowingTaskGroup(of: Role.self) { group in
            group.addTask { try await self.service { try await self.hub.run() } }
            group.addTask { try await self.service { await self.tendActivities() } }
            group.addTask { try await self.service { await self.passCancellationsOn() } }
            group.addTask { try await self.service { await self.reportEscapes() } }
            group.addTask { try await self.service { await self.returnRefused() } }
            group.addTask { try await self.service { await self.warnOfSchedules() } }
            group.addTask { await self.drainDeadline() }
            group.addTask { try await self.work() }
            // Who waits for an episode of this worker would wait for ever.
            defer { stop() }
            while try await group.next() == .service, !Task.isCancelled {}
            stop()
            group.cancelAll()
            try await group.waitForAll()
        }
    }

    /// A part that ends by cancellation alone.
    private func service(_ body: () async throws -> Void) async throws -> Role {
        do {
            try await body()
        } catch is CancellationError {
            return .service
        }
        return .service
    }

    private func drainDeadline() async -> Role {
        await stopBell.wait()
        try? await Task.sleep(for: configuration.drainTime)
        return .drainDeadline
    }

    private func work() async throws -> Role {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<configuration.concurrentOrchestrations {
                group.addTask { try await self.repeatStep { try await self.runNextOrchestration() } }
            }
            for _ in 0..<configuration.concurrentEntities {
                group.addTask { try await self.repeatStep { try await self.runNextEntity() } }
            }
            for lane in lanes {
                for _ in 0..<lane.depth {
                    group.addTask { try await self.repeatStep { try await self.runNextActivity(lane) } }
                }
            }
            // The first error ends the others; `waitForAll` would wait for them.
            for try await _ in group {}
        }
        return .work
    }

    /// Repeats `step` until it says that there is nothing more; a failing store is tried again ever less often.
    private func repeatStep(_ step: () async throws -> Bool) async throws {
        var failures = 0
        while true {
            do {
                guard try await step() else { return }
                failures = 0
            } catch let error as TaskHubError where error.code == .ownerChanged {
                throw error
            } catch {
                if Task.isCancelled { return }
                log(.error, "the task hub failed", ["error": "\(error)"])
                failures += 1
                await configuration.pause(Self.delay(after: failures))
            }
        }
    }

    /// 50 ms, doubled by each failure, at most 10 s.
    package static func delay(after failures: Int) -> Duration { .milliseconds(min(10_000, 25 << min(failures, 12))) }

    private func reportEscapes() async {
        await withDiscardingTaskGroup { group in
            for await id in escapes { group.addTask { await self.wakeEscaped(id) } }
        }
    }

    /// Has an instance handed out whose work came back from outside.
    ///
    /// An instance that is stored together with its first episode may have left before it is there.
    private func wakeEscaped(_ id: String) async {
        for failures in 1...Self.mostWakes where !Task.isCancelled {
            do {
                return try await hub.wake(id, note: TaskFailure.EngineType.escapedWork)
            } catch {
                log(
                    failures < Self.mostWakes ? .debug : .error, "an instance that left its engine could not be woken",
                    ["instance": id, "error": "\(error)"])
                await configuration.pause(Self.delay(after: failures))
            }
        }
    }
}
