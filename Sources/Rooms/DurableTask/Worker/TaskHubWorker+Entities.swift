// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Telemetry

extension TaskHubWorker {
    /// Runs the operations that wait for one entity.
    ///
    /// - Returns: false when nothing more is to be fetched.
    func runNextEntity() async throws -> Bool {
        let filter = configuration.filter(registry.entityNames)
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
