// Darkroom
// SPDX-License-Identifier: Apache-2.0

import DurableTask
import Glibc
import Postgres
import SQL
import SQLite
import TaskHubSQL
import Telemetry

/// Runs orchestrations on a hub and is killed while it does: usage `TaskHubCrashHost store count orchestration`, where
/// the store is a file or the URI of a PostgreSQL database, and the orchestration `steps`, `parts` or `poison`.
///
/// Each activity says on standard output that it runs, which is its effect: a line that was written cannot be undone.
/// The line `again` says that the process was taken for dead and goes on as another member of its hub.
@main
struct TaskHubCrashHost {
    static func main() async throws {
        let arguments = CommandLine.arguments
        guard arguments.count == 4, let count = Int(arguments[2]) else { exit(2) }
        let hub = try await open(arguments[1])
        var registry = registry
        if arguments[3] == "parts" { addParts(to: &registry, try SQLiteDatabase(path: arguments[1])) }
        var configuration = WorkerConfiguration()
        configuration.progressInterval = .zero
        let worker = TaskHubWorker(hub, registry: registry, configuration: configuration)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await worker.run() }
            try await finishAll(count, of: arguments[3], on: hub)
            worker.stop()
            try await group.waitForAll()
        }
    }

    private static func open(_ store: String) async throws -> EmbeddedTaskHub {
        var configuration = HubConfiguration()
        guard store.hasPrefix("postgresql:") else {
            return try await .sqlite(try SQLiteDatabase(path: store), configuration: configuration)
        }
        configuration.membershipDuration = .seconds(2)
        configuration.leaseDuration = .seconds(2)
        let log = Log(from: .warning) { line in
            if line.message.hasSuffix("it begins again") { announce("again\n") }
        }
        return try await .postgres(try PostgresDatabase(store), configuration: configuration, log: log)
    }

    /// Repeats what a store that is away for a while may refuse.
    private static func persist<Value>(_ body: () async throws -> Value) async throws -> Value {
        for _ in 0..<100 {
            do {
                return try await body()
            } catch {
                try await Task.sleep(for: .milliseconds(100))
            }
        }
        return try await body()
    }

    private static func finishAll(_ count: Int, of name: String, on hub: EmbeddedTaskHub) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<count {
                group.addTask {
                    let request = StartRequest(id: "run-\(number)", name: name, input: "\(number)")
                    _ = try await persist { try await hub.start(request) }
                    _ = try await persist { try await end(of: request, on: hub) }
                }
            }
            try await group.waitForAll()
        }
    }

    /// Waits until an instance has ended, or, should it be one that ends its process, until it waits no more for that.
    private static func end(of request: StartRequest, on hub: EmbeddedTaskHub) async throws {
        guard request.name == "poison", ["0", "1"].contains(request.input) else {
            _ = try await hub.waitForCompletion(of: request.id)
            return
        }
        while try await !hub.waits(of: request.id).contains(where: { $0.contains("set aside") }) {
            try await Task.sleep(for: .milliseconds(5))
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
        registry.addOrchestration("poison") { (context: OrchestrationContext, number: Int) in
            if number == 0 { kill(getpid(), SIGKILL) }
            let first = try await context.call(activity: "effect", "1", as: Int.self)
            if number == 1 { kill(getpid(), SIGKILL) }
            return try await first + context.call(activity: "effect", "2", as: Int.self)
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

    /// An activity in four parts, each of which is announced once its progress is stored; the first run gets to two.
    private static func addParts(to registry: inout TaskRegistry, _ database: SQLiteDatabase) {
        registry.addOrchestration("parts") { (context: OrchestrationContext, _: Int) in
            try await context.call(activity: "parts", 0, as: Int.self)
        }
        registry.addActivity("parts") { (context, _: Int) in
            let last = try context.lastProgress(as: Int.self)
            for part in (last.map { $0 + 1 } ?? 0)..<(last == nil ? 2 : 4) {
                context.heartbeat(part)
                while try await progress(in: database) != "\(part)" { await Task.yield() }
                announce("\(context.instanceID) \(part) \(context.taskID)\n")
            }
            if last == nil { try await Task.sleep(for: .seconds(600)) }
            return 3
        }
    }

    private static func progress(in database: SQLiteDatabase) async throws -> String? {
        try await database.read { try $0.query("SELECT progress FROM hub_task").first?.optionalText(0) }
    }

    private static func announce(_ line: String) {
        let bytes = Array(line.utf8)
        unsafe precondition(write(STDOUT_FILENO, bytes, bytes.count) == bytes.count, "nobody listens")
    }
}
