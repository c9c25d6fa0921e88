// Darkroom
// SPDX-License-Identifier: Apache-2.0

public import DurableTask
import FoundationEssentials
import GRPC
public import Sockets
public import Telemetry

/// A task hub elsewhere, spoken to by the Durable Task protocol as Microsoft's libraries speak it.
///
/// A ``TaskHubWorker`` runs its orchestrations and activities as it does those of a hub in this process. What the
/// protocol has no words for is refused: patch markers, and what an instance waits for. Every item brings its history,
/// since other workers may have taken the episode before; so the worker replays each and remembers none.
public final class GRPCTaskHub: TaskHub {
    let configuration: GRPCTaskHubConfiguration
    let client: SidecarClient
    let log: Log
    let held = HeldWork()
    let orchestrations = WorkQueue<OrchestrationWorkItem>()
    let activities = WorkQueue<ActivityWorkItem>()
    let entityBatches = WorkQueue<EntityWorkItem>()
    /// Nothing is ever put in here.
    let cancellations = WorkQueue<ActivityWorkItem>()

    /// The system's clock.
    public let clock: any HubClock = SystemHubClock()

    /// Leases are the hub's affair: they last as long as the stream of work does.
    public var leaseDuration: Duration { .seconds(60) }

    /// A hub elsewhere; nothing is connected before the first call.
    ///
    /// - Parameters:
    ///   - configuration: Where it is, and what it is.
    ///   - tokens: Gets the token to show; nil where none is wanted.
    ///   - loops: Which threads to use.
    /// - Throws: ``MissingCapabilities`` when the hub lacks what the configuration says is needed;
    ///   ``InsecureHubAddress`` when a token would go to another machine without TLS; `SocketError` when the
    ///   certificates to trust cannot be used.
    public init(
        _ configuration: GRPCTaskHubConfiguration, tokens: AccessTokenProvider? = nil, log: Log = .silent,
        loops: EventLoops
    ) throws {
        let missing = configuration.needs.subtracting(configuration.backend.capabilities)
        guard missing.isEmpty else {
            throw MissingCapabilities(capabilities: missing, backend: configuration.backend.name)
        }
        self.configuration = configuration
        self.log = log
        client = try SidecarClient(configuration, tokens: tokens, log: log, loops: loops)
    }

    deinit { client.close() }

    var capabilities: HubCapabilities { configuration.backend.capabilities }

    /// Refuses what the hub cannot do.
    func require(_ capability: HubCapabilities) throws {
        guard !capabilities.contains(capability) else { return }
        let error = MissingCapabilities(
            capabilities: capability.subtracting(capabilities), backend: configuration.backend.name)
        throw TaskHubError(.invalid, error.description)
    }
}
