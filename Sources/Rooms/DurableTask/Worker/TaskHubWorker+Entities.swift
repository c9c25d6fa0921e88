// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Telemetry

extension TaskHubWorker {
    /// Says that nobody here keeps the hub's schedules, when it has any.
    func warnOfSchedules() async {
        guard !registry.foreignEntities.isEmpty, configuration.unknownNames == .fail else { return }
        var query = EntityQuery()
        query.idPrefix = ScheduleState.id("").instanceID
        query.includesState = false
        query.limit = 1
        // A hub elsewhere may not be asked for entities; then it has no schedules either.
        guard let found = try? await hub.entities(query), !found.entities.isEmpty else { return }
        log(
            .warning,
            "the hub has schedules, and this worker leaves them to others: nothing starts unless one has them",
            ["remedy": "call addSchedules() on the registry"])
    }

    /// Runs the operations that wait for one entity.
    ///
    /// - Returns: false when nothing more is to be fetched.
    func runNextEntity() async throws -> Bool {
        let filter = configuration.filter(registry.entityNames, except: registry.foreignEntities)
        guard let item = try await hub.nextEntity(filter, intake) else { return false }
        let runner = EntityRunner(registry, clock: hub.clock, log: log)
        let (turn, ended) = await runner.run(item, isTraced: spans != nil)
        if Task.isCancelled {
            await hub.abandon(item, because: nil)
            return false
        }
        do {
            try await hub.complete(item, with: turn)
            if let spans { for span in ended { spans(span) } }
        } catch {
            await hub.abandon(item, because: "\(error)")
            throw error
        }
        return true
    }
}

extension TaskRegistry {
    /// Kinds of entity that are left to others although the worker fails what it does not know.
    ///
    /// What a schedule is told by itself comes once: a failure would be the end of it.
    fileprivate var foreignEntities: Set<String> {
        let schedules = ScheduleState.id("").name
        return entities[schedules] == nil ? [schedules] : []
    }
}
