// Darkroom
// SPDX-License-Identifier: Apache-2.0

import DurableTask
import FoundationEssentials
import Glibc
import SQLite
import TaskHubSQL
import Telemetry

/// Measures the task engine on a SQLite hub with full durability: orchestrations of 1 and 3 activities, as fast as
/// they go and one at a time.
///
///     TaskHubBenchmark [folder] [orchestrations per run]
@main
struct TaskHubBenchmark {
    static func main() async throws {
        let arguments = CommandLine.arguments
        let folder = arguments.count > 1 ? arguments[1] : FileManager.default.temporaryDirectory.path
        let count = arguments.count > 2 ? Int(arguments[2]) ?? 4_000 : 4_000
        for steps in [1, 3] {
            for clients in [1, 64, 256] {
                let path = "\(folder)/task-hub-benchmark-\(getpid()).sqlite"
                defer { for end in ["", "-wal", "-shm"] { unsafe unlink(path + end) } }
                let database = try SQLiteDatabase(path: path)
                defer { database.close() }
                let hub = try await EmbeddedTaskHub.sqlite(database)
                let worker = TaskHubWorker(hub, registry: registry(steps: steps))
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { try await worker.run() }
                    let total = clients == 1 ? count / 10 : count
                    let measured = try await measure(hub, total: total, clients: clients)
                    print("\(steps) activities, \(clients) clients: \(measured)")
                    worker.stop()
                    try await group.waitForAll()
                }
            }
        }
    }

    private static func registry(steps: Int) -> TaskRegistry {
        var registry = TaskRegistry()
        registry.addOrchestration("steps") { (context: OrchestrationContext, input: Int) in
            var value = input
            for _ in 0..<steps { value = try await context.call(activity: "increment", value, as: Int.self) }
            return value
        }
        registry.addActivity("increment") { (_, value: Int) in value + 1 }
        return registry
    }

    private static func measure(_ hub: EmbeddedTaskHub, total: Int, clients: Int) async throws -> String {
        let (wall, processor) = (seconds(CLOCK_MONOTONIC), seconds(CLOCK_PROCESS_CPUTIME_ID))
        try await withThrowingTaskGroup(of: Void.self) { group in
            for client in 0..<clients {
                group.addTask {
                    for number in stride(from: client, to: total, by: clients) {
                        let id = "steps-\(number)"
                        _ = try await hub.start(StartRequest(id: id, name: "steps", input: "\(number)"))
                        _ = try await hub.waitForCompletion(of: id)
                    }
                }
            }
            try await group.waitForAll()
        }
        let (took, burnt) = (seconds(CLOCK_MONOTONIC) - wall, seconds(CLOCK_PROCESS_CPUTIME_ID) - processor)
        let (rate, each) = (Int(Double(total) / took), Int(burnt / Double(total) * 1e6))
        let latency = Int(took / Double(total) * Double(clients) * 1e6)
        return "\(rate)/s, \(each) us CPU each, \(latency) us from start to end"
    }

    private static func seconds(_ clock: clockid_t) -> Double {
        var time = timespec()
        unsafe clock_gettime(clock, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
