// Darkroom
// SPDX-License-Identifier: Apache-2.0

import DurableTask
import GRPC
import Glibc
import SQLite
import Sockets
import TaskHubGRPC
import TaskHubSQL

/// An orchestration in Swift, one activity of which runs in a Python program.
///
///     swift run PythonActivity hub.sqlite
///     python3 Examples/PythonActivity/worker.py PORT     # the port that the first line names
///
/// Start both in any order, stop and start either of them in the middle: the orchestration goes on where it was.
@main
struct PythonActivity {
    static func main() async throws {
        let path = CommandLine.arguments.dropFirst().first ?? "hub.sqlite"
        let hub = try await EmbeddedTaskHub.sqlite(try SQLiteDatabase(path: path))
        let server = GRPCServer(
            configuration: GRPCServerConfiguration(limits: .taskHub), handlers: TaskHubService(hub).handlers,
            loops: try EventLoops(count: 1))
        say("\(try server.bind().port)")
        let worker = TaskHubWorker(hub, registry: registry, configuration: ownActivitiesOnly)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await server.run() }
            group.addTask { try await worker.run() }
            _ = try await hub.start(CaptionPicture.self, "a cat on a mat", id: "caption-1")
            say(try await hub.output(of: CaptionPicture.self, id: "caption-1"))
            group.cancelAll()
        }
    }

    /// Prints at once, also into a pipe.
    private static func say(_ line: String) {
        print(line)
        fflush(nil)
    }

    private static var registry: TaskRegistry {
        var registry = TaskRegistry()
        registry.add(CaptionPicture())
        registry.addActivity("shout") { (_, text: String) in text.uppercased() }
        return registry
    }

    /// Leaves what it does not have to workers elsewhere.
    private static var ownActivitiesOnly: WorkerConfiguration {
        var configuration = WorkerConfiguration()
        configuration.unknownNames = .leave
        return configuration
    }
}

/// Has a text described in Python, and shouts the description in Swift.
struct CaptionPicture: Orchestration {
    static let name = "caption-picture"

    func run(_ context: OrchestrationContext, _ text: String) async throws -> String {
        let retry = RetryPolicy(maximumAttempts: 3)
        let description = try await context.call(activity: "describe", text, as: Description.self, retry: retry)
        return try await context.call(activity: "shout", description.caption, as: String.self)
    }
}

/// What the Python activity answers.
struct Description: Codable, Sendable {
    let caption: String
    let words: Int
}
