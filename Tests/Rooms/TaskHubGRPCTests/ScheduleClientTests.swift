// Darkroom
// SPDX-License-Identifier: Apache-2.0

import DurableTask
import Peers
import TaskHubGRPC
import Testing

/// The schedule client of the PyPI package `durabletask` and schedules that a worker of the house keeps.
@Suite(.timeLimit(.minutes(5)))
struct ScheduleClientTests {
    @Test func thePythonClientChangesSchedulesOfOurs() async throws {
        try await withServedHub { served in
            var registry = TaskRegistry()
            registry.addSchedules()
            registry.addOrchestration("main") { (_, number: Int) in number }
            let hub = try GRPCTaskHub(served.configuration, log: loudLog, loops: served.loops)
            var configuration = WorkerConfiguration()
            configuration.drainTime = .seconds(1)
            let worker = TaskHubWorker(hub, registry: registry, configuration: configuration, log: loudLog)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await worker.run() }
                defer { worker.stop() }
                let output = try await PythonProgram.run("schedule_client.py", ["\(served.port)"], in: served.folder)
                #expect(output.status == 0, "\(output.text)")
            }
            let runs = try await served.hub.list(InstanceQuery(statuses: [.completed], idPrefix: "tick:")).instances
            #expect(!runs.isEmpty)
        }
    }
}
