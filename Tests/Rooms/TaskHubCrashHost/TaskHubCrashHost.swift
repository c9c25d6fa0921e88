// Darkroom
// SPDX-License-Identifier: Apache-2.0

import DurableTask
import Glibc
import SQLite
import TaskHubSQL
import Telemetry

/// Runs orchestrations on a hub in a file and is killed while it does: usage `TaskHubCrashHost file count`.
///
/// Each activity says on standard output that it runs, which is its effect: a line that was written cannot be undone.
@main
struct TaskHubCrashHost {
    static func main() async throws {
        let arguments = CommandLine.arguments
        guard arguments.count == 3, let count = Int(arguments[2]) else { exit(2) }
        let hub = try await EmbeddedTaskHub.sqlite(try SQLiteDatabase(path: arguments[1]))
        let worker = TaskHubWorker(hub, registry: registry)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await worker.run() }
            try await finishAll(count, on: hub)
            worker.stop()
            try await group.waitForAll()
        }
    }

    private static func finishAll(_ count: Int, on hub: EmbeddedTaskHub) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<count {
                group.addTask {
                    let request = StartRequest(id: "run-\(number)", name: "steps", input: "\(number)")
                    _ = try await hub.start(request)
                    _ = try await hub.waitForCompletion(of: request.id)
                }
            }
            try await group.waitForAll()
        }
    }

    private static var registry: TaskRegistry {
        var registry = TaskRegistry()
        registry.addOrchestration("steps") { (context: OrchestrationContext, number: Int) in
            let retry = RetryPolicy(maximumAttempts: 3, firstDelay: .milliseconds(3))
            let first = try await context.call(activity: "effect", "1", as: Int.self, retry: retry)
            async let left = context.call(activity: "effect", "2", as: Int.self, retry: retry)
            async let right = context.call(activity: "effect", "2", as: Int.self, retry: retry)
            let middle = try await left + right
            try await context.sleep(for: .milliseconds(number % 7))
            let last = try await context.call(activity: "effect", "3", as: Int.self)
            return number * 1_000 + first + middle + last
        }
        registry.addActivity("effect") { (context, step: String) in
            announce("\(context.instanceID) \(step) \(context.taskID)\n")
            let isFirst = context.attempt == 1
            if isFirst, step != "3", context.instanceID.utf8.last == UInt8(ascii: "0") {
                throw TaskFailure(type: "Flaky", message: "the first attempt of every tenth run fails")
            }
            return Int(step) ?? 0
        }
        return registry
    }

    private static func announce(_ line: String) {
        let bytes = Array(line.utf8)
        unsafe precondition(write(STDOUT_FILENO, bytes, bytes.count) == bytes.count, "nobody listens")
    }
}
