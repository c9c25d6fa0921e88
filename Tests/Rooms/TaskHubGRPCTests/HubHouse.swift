// Darkroom
// SPDX-License-Identifier: Apache-2.0

import DurableTask
import Foundation
import GRPC
import Peers
import SQLite
import Sockets
import TaskHubGRPC
import TaskHubSQL
import Telemetry

/// The hubs that the service is tried with.
enum HubKind: CaseIterable {
    case memory
    case sqlite
}

/// A hub that is served on a free port.
struct ServedHub: Sendable {
    let hub: any TaskHub
    let service: TaskHubService
    let port: Int
    let folder: String
    let loops: EventLoops

    /// How a worker or client of the house gets there.
    var configuration: GRPCTaskHubConfiguration {
        GRPCTaskHubConfiguration(HubAddress(host: "127.0.0.1", port: UInt16(port)), backend: .darkroom)
    }
}

/// Serves a hub for the length of `body`.
func withServedHub<Value: Sendable>(
    _ kind: HubKind = .memory, _ configuration: TaskHubServiceConfiguration = TaskHubServiceConfiguration(),
    _ body: @escaping @Sendable (ServedHub) async throws -> Value
) async throws -> Value {
    try await withTemporaryFolder { folder in
        let hub = try await makeHub(kind, in: folder)
        let service = TaskHubService(hub, configuration: configuration, log: loudLog)
        let loops = try EventLoops(count: 1)
        let server = GRPCServer(
            configuration: GRPCServerConfiguration(limits: .taskHub), handlers: service.handlers, log: loudLog,
            loops: loops)
        let port = Int(try server.bind().port)
        return try await withThrowingTaskGroup(of: Value?.self) { group in
            group.addTask {
                try await server.run()
                return nil
            }
            group.addTask {
                try? await hub.run()
                return nil
            }
            group.addTask {
                try await body(ServedHub(hub: hub, service: service, port: port, folder: folder, loops: loops))
            }
            defer { group.cancelAll() }
            while let value = try await group.next() {
                if let value { return value }
            }
            throw CancellationError()
        }
    }
}

private func makeHub(_ kind: HubKind, in folder: String) async throws -> EmbeddedTaskHub {
    switch kind {
    case .memory: return try await .inMemory(log: loudLog)
    case .sqlite:
        let database = try SQLiteDatabase(path: "\(folder)/hub.sqlite")
        return try await .sqlite(database, log: loudLog)
    }
}

/// What goes wrong stands in the output of the tests.
let loudLog = Log(from: .warning) { line in
    print("\(line.level): \(line.message) \(line.values.map { "\($0.name)=\($0.value)" }.joined(separator: " "))")
}

/// Waits until something holds.
func eventually(_ condition: () async throws -> Bool) async throws {
    while try await !condition() { try await Task.sleep(for: .milliseconds(5)) }
}
