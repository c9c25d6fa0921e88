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
    let hub: any TaskHub
    let lent: LentWork
    let configuration: TaskHubServiceConfiguration
    let log: Log
    let id = UUID()
    let intake = Intake()
    let filters: WorkerFilters
    let streamsHistory: Bool
    /// Whether the worker runs our engine.
    let isOfTheHouse: Bool
    let limits: WorkerLimits
    private let outbox: AsyncStream<[UInt8]>
    private let post: AsyncStream<[UInt8]>.Continuation
    private let trouble = Lock<(any Error)?>(nil)
    private let isStopped = Lock(false)

    init(_ request: Wire.GetWorkItemsRequest, isOfTheHouse: Bool, of service: TaskHubService) {
        self.isOfTheHouse = isOfTheHouse
        hub = service.hub
        lent = service.lent
        configuration = service.configuration
        log = service.log
        filters = WorkerFilters(request.workItemFilters)
        streamsHistory = request.capabilities.contains(Wire.WorkerCapability.historyStreaming.rawValue)
        limits = WorkerLimits(request, most: service.configuration.itemsPerWorker)
        (outbox, post) = AsyncStream.makeStream()
    }

    /// Sends work until the worker or the service goes away.
    func run(_ send: ([UInt8]) async throws -> Void) async throws {
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await self.lendOrchestrations() }
                group.addTask { await self.lendActivities() }
                group.addTask { await self.lendEntities() }
                group.addTask { await self.renewLeases() }
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

    private func giveBack(_ lent: LentItem, because reason: String?) async {
        lent.slots.giveBack()
        await hub.takeBack(lent, because: reason, log)
    }

    /// Lends an item and sends it off: its message, and behind it the token, which makes one message of both.
    func send(_ work: LentItem.Work, _ slots: Slots, _ message: [UInt8]) {
        let token = lent.lend(LentItem(work: work, stream: id, slots: slots))
        post.yield(message + Wire.WorkItem(completionToken: token).protobuf)
    }

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

    /// Tells the worker that it is not forgotten, and gives back what it seems to have forgotten.
    private func pingAndSweep() async {
        while (try? await Task.sleep(for: configuration.pingInterval)) != nil {
            post.yield(Wire.WorkItem(kind: .healthPing(Wire.Empty())).protobuf)
            let deadline = ContinuousClock.now - configuration.answerTime
            for item in lent.takeAll(where: { $0.stream == id && $0.isOverdue(at: deadline) }) {
                log(.warning, "a worker elsewhere does not answer", ["item": item.name])
                await giveBack(item, because: "a worker did not answer within \(configuration.answerTime)")
            }
        }
    }

    /// Renews the leases of what the worker runs, three times within each.
    private func renewLeases() async {
        while (try? await hub.clock.sleep(until: hub.clock.now.adding(hub.leaseDuration / 3))) != nil {
            let running = lent.activities(on: id)
            guard !running.isEmpty else { continue }
            let lost = Set(await hub.renew(running.map(\.item)).map(\.key))
            for (token, item) in running where lost.contains(item.key) {
                log(.warning, "an activity lost its lease", ["instance": item.instanceID, "name": item.call.name])
                lent.take(token)?.slots.giveBack()
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

extension LentItem {
    /// Activities take as long as they take: their leases are renewed while the stream lives.
    fileprivate func isOverdue(at deadline: ContinuousClock.Instant) -> Bool {
        if case .activity = work { return false }
        return lentAt < deadline
    }

    fileprivate var name: String {
        switch work {
        case .orchestration(let item, _): item.instanceID
        case .activity(let item): item.instanceID
        case .entity(let item): item.instanceID
        }
    }
}

extension ActivityWorkItem {
    fileprivate struct Key: Hashable {
        let sequence: Int64
        let lease: Int64
    }

    fileprivate var key: Key { Key(sequence: sequence, lease: lease) }
}

extension TaskHub {
    /// Takes an item back undone, to be handed out again.
    ///
    /// - Parameter reason: Why it was not done, if the item may be to blame.
    func takeBack(_ lent: LentItem, because reason: String?, _ log: Log) async {
        switch lent.work {
        case .orchestration(let item, _): await abandon(item, because: reason)
        case .entity(let item): await abandon(item, because: reason)
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
        case .entity(let item): await lose(item)
        case .activity(let item):
            do {
                try await lose(item)
            } catch {
                log(.warning, "an activity could not be given back", ["error": "\(error)"])
            }
        }
    }
}
