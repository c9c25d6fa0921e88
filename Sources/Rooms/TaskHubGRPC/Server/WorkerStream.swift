// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import DurableTask
import FoundationEssentials
import Protobuf
import Telemetry

/// One worker elsewhere: fetches what it can run, as much as it takes at once, and sends it there.
///
/// When the stream ends, everything that the worker still holds is given back to the hub at once.
final class WorkerStream: Sendable {
    let service: TaskHubService
    let id = UUID()
    let intake = Intake()
    let filters: WorkerFilters
    let streamsHistory: Bool
    /// Whether the worker runs our engine.
    let isOfTheHouse: Bool
    let limits: WorkerLimits
    /// What came back undone and is to stay away for a while.
    let rests = Lock(RestingWork())
    let restBell = Bell()
    /// When the activities are looked at next, on the hub's clock.
    let activityAlarm = Lock(Date.distantFuture)
    let activityBell = Bell()
    private let outbox: AsyncStream<[UInt8]>
    private let post: AsyncStream<[UInt8]>.Continuation
    private let trouble = Lock<(any Error)?>(nil)
    private let isStopped = Lock(false)

    init(
        _ request: Wire.GetWorkItemsRequest, _ filters: WorkerFilters, isOfTheHouse: Bool, of service: TaskHubService
    ) {
        self.service = service
        self.filters = filters
        self.isOfTheHouse = isOfTheHouse
        streamsHistory = request.capabilities.contains(Wire.WorkerCapability.historyStreaming.rawValue)
        limits = WorkerLimits(request, most: service.configuration.itemsPerWorker)
        (outbox, post) = AsyncStream.makeStream()
    }

    var hub: any TaskHub { service.hub }
    var lent: LentWork { service.lent }
    var configuration: TaskHubServiceConfiguration { service.configuration }
    var log: Log { service.log }

    /// Sends work until the worker or the service goes away.
    func run(_ send: ([UInt8]) async throws -> Void) async throws {
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await self.lendOrchestrations() }
                group.addTask { await self.lendActivities() }
                group.addTask { await self.lendEntities() }
                group.addTask { await self.renewLeases() }
                group.addTask { await self.endLateActivities() }
                group.addTask { await self.returnRested() }
                group.addTask { await self.pingAndSweep() }
                defer { group.cancelAll() }
                for await message in outbox { try await send(message) }
                if let trouble = trouble.withLock({ $0 }) { throw trouble }
            }
        } catch {
            await end()
            throw error
        }
        await end()
    }

    /// Sends nothing more; ``run(_:)`` returns.
    func stop() {
        isStopped.withLock { $0 = true }
        post.finish()
    }

    private func end() async {
        hub.close(intake)
        let rested = rests.withLock { $0.end() }
        for rest in rested { await hub.takeBack(rest.item, because: rest.reason, log) }
        let left = lent.takeAll { $0.stream == id }
        if !left.isEmpty { log(.info, "a worker left its work behind", ["items": "\(left.count)"]) }
        // The worker may have died of it.
        let isLost = !isStopped.withLock(\.self)
        for item in left { if isLost { await lose(item) } else { await giveBack(item, because: nil) } }
    }

    private func lose(_ lent: LentItem) async {
        lent.slots.giveBack()
        await hub.lose(lent, log)
    }

    func giveBack(_ lent: LentItem, because reason: String?) async {
        lent.slots.giveBack()
        await hub.takeBack(lent, because: reason, log)
    }

    /// Lends an item and sends it off: its message, and behind it the token, which makes one message of both.
    func send(_ item: LentItem, _ message: [UInt8]) {
        let token = lent.lend(item)
        post.yield(message + Wire.WorkItem(completionToken: token).protobuf)
    }

    /// Sends what goes on with an item, from outside of ``run(_:)``.
    ///
    /// - Returns: false when the stream has ended, so that nobody would take the item back.
    func sendMore(_ item: LentItem, _ message: [UInt8]) -> Bool {
        rests.withLock { rests in
            guard !rests.hasEnded else { return false }
            send(item, message)
            return true
        }
    }

    func sendPing() { post.yield(Wire.WorkItem(kind: .healthPing(Wire.Empty())).protobuf) }

    /// Fetches with every slot that is free; a failing store is asked again ever less often.
    func fetch(_ slots: Slots, _ step: () async throws -> Bool) async {
        var failures = 0
        for await _ in slots.free {
            do {
                guard try await step() else { return }
                failures = 0
            } catch let error as TaskHubError where error.code == .ownerChanged {
                trouble.withLock { $0 = error }
                return stop()
            } catch {
                slots.giveBack()
                if Task.isCancelled { return }
                log(.error, "work for a worker elsewhere could not be fetched", ["error": "\(error)"])
                failures += 1
                try? await Task.sleep(for: .milliseconds(min(10_000, 25 << min(failures, 12))))
            }
        }
    }
}

/// How many items of each kind a worker takes at once.
struct WorkerLimits: Sendable {
    let orchestrations: Slots
    let activities: Slots
    let entities: Slots

    /// What a client leaves at 0 it has not thought of: the Python library names no number for entities and takes them.
    private static let unnamed = 100

    init(_ request: Wire.GetWorkItemsRequest, most: Int) {
        func slots(_ wanted: Int32) -> Slots { Slots(min(most, wanted > 0 ? Int(wanted) : Self.unnamed)) }
        orchestrations = slots(request.maxConcurrentOrchestrationWorkItems)
        activities = slots(request.maxConcurrentActivityWorkItems)
        entities = slots(request.maxConcurrentEntityWorkItems)
    }
}

extension TaskHub {
    /// Takes an item back undone, to be handed out again.
    ///
    /// - Parameter reason: Why it was not done, if the item may be to blame.
    func takeBack(_ lent: LentItem, because reason: String?, _ log: Log) async {
        switch lent.work {
        case .orchestration(let item, _): await abandon(item, because: reason)
        case .entity(let batch): await abandon(batch.item, because: reason)
        case .activity(let item):
            do {
                try await abandon(item)
            } catch {
                // Nothing is lost: its lease runs out.
                log(.warning, "an activity could not be given back", ["error": "\(error)"])
            }
        }
    }

    /// Takes an item back whose worker has gone without a word.
    func lose(_ lent: LentItem, _ log: Log) async {
        switch lent.work {
        case .orchestration(let item, _): await lose(item)
        case .entity(let batch): await lose(batch.item)
        case .activity(let item):
            do {
                try await lose(item)
            } catch {
                log(.warning, "an activity could not be given back", ["error": "\(error)"])
            }
        }
    }
}
