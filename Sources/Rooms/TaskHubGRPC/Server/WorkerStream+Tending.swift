// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import DurableTask
import FoundationEssentials
import Telemetry

// What happens to items while a worker has them, or has given them back.
extension WorkerStream {
    /// Tells the worker that it is not forgotten, and gives back what it seems to have forgotten.
    func pingAndSweep() async {
        while (try? await Task.sleep(for: configuration.pingInterval)) != nil {
            sendPing()
            let deadline = ContinuousClock.now - configuration.answerTime
            for item in lent.takeAll(where: { $0.stream == id && $0.isOverdue(at: deadline) }) {
                log(.warning, "a worker elsewhere does not answer", ["item": item.key.instanceID])
                await giveBack(item, because: "a worker did not answer within \(configuration.answerTime)")
            }
        }
    }

    /// Renews the leases of what the worker runs, three times within each.
    func renewLeases() async {
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

    /// Tells the callers of activities that a worker has had for longer than they allow.
    func endLateActivities() async {
        while !Task.isCancelled {
            let now = hub.clock.now
            for lent in lent.takeAll(where: { $0.stream == id && $0.overrun(at: now) != nil }) {
                lent.slots.giveBack()
                if let (item, failure) = lent.overrun(at: now) { await fail(item, failure) }
            }
            let alarm = activityAlarm.withLock { alarm in
                alarm = lent.firstDeadline(on: id) ?? .distantFuture
                return alarm
            }
            guard alarm < .distantFuture else {
                await activityBell.wait()
                continue
            }
            await activityBell.wait { [hub] in try? await hub.clock.sleep(until: alarm) }
        }
    }

    /// Looks after the time that an activity may take.
    func watch(_ deadline: Date?) {
        guard let deadline, activityAlarm.withLock({ deadline < $0 }) else { return }
        activityBell.ring()
    }

    /// Ends an activity without the worker.
    func fail(_ item: ActivityWorkItem, _ failure: TaskFailure) async {
        log(
            .warning, "an activity of a worker elsewhere failed here",
            ["instance": item.instanceID, "name": item.call.name, "failure": "\(failure)"])
        do {
            try await hub.complete(item, with: .failure(failure))
        } catch let error as TaskHubError where error.code == .leaseLost {
            return
        } catch {
            log(.error, "the failure of an activity could not be stored", ["error": "\(error)"])
            try? await hub.abandon(item)
        }
    }

    /// Keeps an item away for a while.
    ///
    /// - Returns: false when the stream has ended.
    func rest(_ item: LentItem, for pause: Duration, because reason: String?) -> Bool {
        let rest = RestingWork.Rest(item: item, until: .now + pause, reason: reason)
        guard rests.withLock({ $0.add(rest) }) else { return false }
        restBell.ring()
        return true
    }

    /// Gives back what has rested enough.
    func returnRested() async {
        while !Task.isCancelled {
            for rest in rests.withLock({ $0.takeDue(at: .now) }) {
                await hub.takeBack(rest.item, because: rest.reason, log)
            }
            guard let next = rests.withLock({ $0.firstEnd }) else {
                await restBell.wait()
                continue
            }
            await restBell.wait { try? await Task.sleep(until: next) }
        }
    }
}

extension LentItem {
    /// Activities take as long as their callers allow: their leases are renewed while the stream lives.
    fileprivate func isOverdue(at deadline: ContinuousClock.Instant) -> Bool {
        if case .activity = work { return false }
        return lentAt < deadline
    }
}

extension ActivityWorkItem {
    fileprivate struct Key: Hashable {
        let sequence: Int64
        let lease: Int64
    }

    fileprivate var key: Key { Key(sequence: sequence, lease: lease) }
}
