// Darkroom
// SPDX-License-Identifier: Apache-2.0

import DurableTask
import GRPC
import Sockets
import TaskHubGRPC
import Telemetry

/// Where workers and clients of other programs meet the task hub.
///
/// The protocol asks nobody who he is, so it is open to this machine alone.
struct TaskHubDoor: Sendable {
    private let service: TaskHubService
    private let server: GRPCServer

    init(port: Int, hub: any TaskHub, log: Log, loops: EventLoops) {
        service = TaskHubService(hub, log: log)
        server = GRPCServer(
            configuration: GRPCServerConfiguration(
                address: SocketAddress(host: "127.0.0.1", port: UInt16(port)), limits: .taskHub),
            handlers: service.handlers, log: log, loops: loops)
    }

    /// Takes the port.
    func bind() throws -> SocketAddress { try server.bind() }

    /// Serves until it is drained or cancelled.
    func run() async throws { try await server.run() }

    /// Ends the streams of work, then lets calls finish.
    func drain(within limit: Duration) async {
        service.stop()
        await server.drain(within: limit)
    }
}
