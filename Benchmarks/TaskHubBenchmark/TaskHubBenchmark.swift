// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import DurableTask
import FoundationEssentials
import Glibc

/// Runs the workloads of the task engine that `Benchmarks/engine.py` asks for, with full durability.
///
///     TaskHubBenchmark --store sqlite:PATH|postgres:URI|memory [--gate closed] [--role client]
///
/// Each line of input is a ``Command``, each line of output the ``Answer`` to it; the first one, `{}`, says that the
/// hub is open. It ends when its input does. A closed gate holds stranded orchestrations up, so that the program can
/// be killed under them. A client leaves the work to other processes on the same store.
@main
struct TaskHubBenchmark {
    static func main() async throws {
        let options = try Options(CommandLine.arguments.dropFirst())
        let hub = try await options.store.open()
        let tasks = BenchmarkTasks(isGateOpen: options.isGateOpen)
        let worker = TaskHubWorker(hub, registry: tasks.registry(), configuration: tasks.configuration)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await options.isWorker ? worker.run() : hub.run() }
            try await answerCommands(Workloads(hub: hub, tasks: tasks))
            group.cancelAll()
        }
    }

    private static func answerCommands(_ workloads: Workloads) async throws {
        let input = BlockingPool(name: "input", threads: 1)
        defer { input.close() }
        let decoder = JSONDecoder()
        try say(Answer())
        while let line = try await input.run({ readLine() }) {
            let command = try decoder.decode(Command.self, from: Data(line.utf8))
            try say(try await workloads.run(command))
        }
    }

    private static func say(_ answer: Answer) throws {
        print(String(decoding: try JSONEncoder().encode(answer), as: UTF8.self))
        fflush(nil)
    }
}
