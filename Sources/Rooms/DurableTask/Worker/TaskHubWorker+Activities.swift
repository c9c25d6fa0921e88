// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import FoundationEssentials
import Telemetry

extension TaskHubWorker {
    /// Runs one activity.
    ///
    /// - Returns: false when nothing more is to be fetched.
    func runNextActivity(_ lane: ActivityLane) async throws -> Bool {
        let fetch = { try await self.hub.nextActivity(lane.filter, self.intake) }
        guard let ended = try await lane.run(fetch, { try await self.run($0) }) else { return false }
        defer { running.withLock { $0.activities.end(ended) } }
        return try await settle(ended)
    }

    /// Runs an activity's body until it has ended.
    private func run(_ item: ActivityWorkItem) async throws -> ActivityRun {
        let run = ActivityRun(item, begunAt: hub.clock.now, isTraced: spans != nil)
        if let failure = item.lateness(at: hub.clock.now) {
            run.finish(.failure(failure))
            return run
        }
        watch { $0.begin(run, at: hub.clock.now) }
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { run.finish(await self.perform(run)) }
                if case .cancelled = await run.news() { group.cancelAll() }
                if let timeout = run.timeout { try await complete(run, .failure(timeout)) }
                try await group.waitForAll()
            }
        } catch {
            running.withLock { $0.activities.end(run) }
            throw error
        }
        return run
    }

    /// Gives the hub what a run that has ended came to.
    ///
    /// - Returns: false when nothing more is to be fetched.
    private func settle(_ run: ActivityRun) async throws -> Bool {
        guard let result = run.result else { preconditionFailure("a run that has ended has a result") }
        switch run.cancellation {
        case .timedOut, .unwanted, .leaseLost: return !Task.isCancelled
        case nil, .workerStops: break
        }
        if Task.isCancelled, case .failure = result {
            try await giveBack(run)
            return false
        }
        try await complete(run, result)
        return true
    }

    /// Lets somebody else go on, from where the run says it has come.
    private func giveBack(_ run: ActivityRun) async throws {
        let unsent = running.withLock { $0.activities.unsentProgress(of: run, at: hub.clock.now) }
        if let unsent { _ = await hub.renew([unsent]) }
        try await hub.abandon(run.item)
    }

    private func complete(_ run: ActivityRun, _ result: Result<String?, TaskFailure>) async throws {
        let result = result.mapError { $0.with(lastProgress: run.lastProgress) }
        if try await complete(run.item, result) { report(run, result) }
    }

    /// Hands over the span of a run, now that its result is stored.
    private func report(_ run: ActivityRun, _ result: Result<String?, TaskFailure>) {
        guard let spans, let context = run.span else { return }
        var span = TraceSpan(of: run.item, context, from: run.begin, to: hub.clock.now)
        if case .failure(let failure) = result { span.fail(failure) }
        spans(span)
    }

    /// - Returns: whether the result was stored.
    private func complete(_ item: ActivityWorkItem, _ result: Result<String?, TaskFailure>) async throws -> Bool {
        if case .failure(let failure) = result {
            log(
                .info, "an activity failed",
                ["instance": item.instanceID, "name": item.call.name, "failure": "\(failure)"])
        }
        do {
            try await hub.complete(item, with: result)
            return true
        } catch let error as TaskHubError where error.code == .leaseLost {
            log(.warning, "an activity finished too late", ["instance": item.instanceID, "name": item.call.name])
            return false
        }
    }

    private func perform(_ run: ActivityRun) async -> Result<String?, TaskFailure> {
        let call = run.item.call
        guard let body = registry.activity(named: call.name) else {
            return .failure(.notFound("activity", call.name, TaskFailure.EngineType.activityNotFound))
        }
        let line = ActivityContext.Line { [self] progress in
            run.note(progress)
            watch { $0.beat(run, progress, at: hub.clock.now) }
        } cancellation: {
            run.cancellation
        }
        let context = ActivityContext(run, line, log)
        do {
            guard let trace = context.traceContext else { return .success(try await body(context, call.input)) }
            return .success(try await TraceContext.$current.withValue(trace) { try await body(context, call.input) })
        } catch {
            return .failure(TaskFailure(error))
        }
    }

    /// Changes what runs, and wakes ``tendActivities()`` if it has to act earlier than it thought.
    private func watch(_ change: (inout RunningActivities) -> Date) {
        let isEarlier = running.withLock { watch in
            let deadline = change(&watch.activities)
            guard deadline < watch.alarm else { return false }
            watch.alarm = deadline
            return true
        }
        if isEarlier { runningBell.ring() }
    }
}

// What happens to activities while they run.
extension TaskHubWorker {
    /// The activities that run, and when they have to be looked at.
    struct Watch {
        var activities: RunningActivities
        var alarm = Date.distantFuture
    }

    /// Extends leases, sends progress and ends what takes too long; sleeps while nothing runs.
    func tendActivities() async {
        while !Task.isCancelled {
            let orders = running.withLock { $0.activities.orders(at: hub.clock.now) }
            for (run, failure) in orders.timeouts { run.cancel(.timedOut, timeout: failure) }
            if !orders.renewals.isEmpty {
                for item in await hub.renew(orders.renewals) { cancel(item, .leaseLost) }
            }
            await sleepUntilAlarm()
        }
    }

    /// Stops activities whose results nobody wants any more.
    func passCancellationsOn() async {
        while let item = await hub.nextCancellation(intake) { cancel(item, .unwanted) }
    }

    private func cancel(_ item: ActivityWorkItem, _ reason: ActivityCancellation) {
        guard let run = running.withLock({ $0.activities.run(of: item) }) else { return }
        log(
            .info, "an activity is cancelled",
            ["instance": item.instanceID, "name": item.call.name, "reason": reason.rawValue])
        run.cancel(reason)
    }

    private func sleepUntilAlarm() async {
        let alarm = running.withLock { watch in
            watch.alarm = watch.activities.nextDeadline ?? .distantFuture
            return watch.alarm
        }
        guard alarm < .distantFuture else { return await runningBell.wait() }
        await runningBell.wait { [hub] in try? await hub.clock.sleep(until: alarm) }
    }
}
