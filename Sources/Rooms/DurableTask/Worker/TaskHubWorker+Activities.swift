// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import Telemetry

extension TaskHubWorker {
    /// Runs one activity.
    ///
    /// - Returns: false when nothing more is to be fetched.
    func runNextActivity(_ filter: WorkFilter) async throws -> Bool {
        guard let item = try await hub.nextActivity(filter, intake) else { return false }
        keepLease(of: item)
        defer { running.withLock { $0[item.sequence] = nil } }
        let result = await perform(item)
        if Task.isCancelled, case .failure = result {
            try await hub.abandon(item)
            return false
        }
        do {
            try await hub.complete(item, with: result)
        } catch let error as TaskHubError where error.code == .leaseLost {
            log(.warning, "an activity finished too late", ["instance": item.instanceID, "name": item.call.name])
        }
        return true
    }

    private func perform(_ item: ActivityWorkItem) async -> Result<String?, TaskFailure> {
        guard let body = registry.activity(named: item.call.name) else {
            return .failure(.notFound("activity", item.call.name, TaskFailure.EngineType.activityNotFound))
        }
        let context = ActivityContext(
            instanceID: item.instanceID, taskID: item.taskID, attempt: item.call.attempt,
            firstTaskID: item.call.firstTaskID, log: log)
        do {
            return .success(try await body(context, item.call.input))
        } catch {
            let failure = TaskFailure(error)
            log(
                .info, "an activity failed",
                ["instance": item.instanceID, "name": item.call.name, "failure": "\(failure)"])
            return .failure(failure)
        }
    }

    private func keepLease(of item: ActivityWorkItem) {
        let isFirst = running.withLock { running in
            running[item.sequence] = item
            return running.count == 1
        }
        if isFirst { runningBell.ring() }
    }

    /// Renews the leases of what runs, three times within each; sleeps while nothing runs.
    func renewLeases() async {
        while !Task.isCancelled {
            if running.withLock({ $0.isEmpty }) {
                await runningBell.wait()
                continue
            }
            try? await hub.clock.sleep(until: hub.clock.now.adding(hub.leaseDuration / 3))
            for item in await hub.renew(running.withLock { Array($0.values) }) {
                log(.warning, "an activity lost its lease", ["instance": item.instanceID, "name": item.call.name])
            }
        }
    }
}
