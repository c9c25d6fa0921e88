// Darkroom
// SPDX-License-Identifier: Apache-2.0

public import Sockets

/// How a hub elsewhere is used.
public struct GRPCTaskHubConfiguration: Sendable {
    /// Where it is.
    public var address: HubAddress
    /// What kind of hub it is, so what it can do.
    public var backend: HubBackend
    /// What the program cannot do without; a hub that lacks any of it is refused at once.
    ///
    /// An orchestrator cannot be asked what it will do. What is not named here and turns out to be needed fails the
    /// instance that needs it.
    public var needs: HubCapabilities = []
    /// Whom to trust to vouch for the server, where the connection is over TLS.
    public var trust = TLSTrust.system
    /// How many episodes the hub may hand out before they are answered; as many as the worker runs at once.
    public var concurrentOrchestrations = 64
    /// How many activities the hub may hand out before they are answered; as many as the worker runs at once.
    public var concurrentActivities = 64
    /// How many batches of entities' operations the hub may hand out before they are answered.
    public var concurrentEntities = 64
    /// The names that this worker runs, for hubs with several kinds of workers; nil takes everything.
    public var names: WorkNames?
    /// How long a call may take that waits for nothing.
    public var callTime = Duration.seconds(30)
    /// How long the stream of work may be silent before it is taken for broken.
    public var silentTime = Duration.seconds(120)
    /// How long one call that waits for an instance stays open before it is made again.
    public var waitTime = Duration.seconds(60)
    /// The bounds of the waits between attempts to connect.
    public var reconnectWaits = Duration.seconds(1)...Duration.seconds(30)
    /// The bounds of the waits between attempts to deliver a result.
    public var deliveryWaits = Duration.milliseconds(200)...Duration.seconds(15)
    /// How often a result is sent at most; then the hub hands the item out again.
    public var deliveryAttempts = 10
    /// The most bytes of one message from the hub.
    public var messageBytes = 64 << 20

    /// A hub at an address.
    public init(_ address: HubAddress, backend: HubBackend) {
        self.address = address
        self.backend = backend
    }
}

/// What a worker runs, by name.
///
/// Case does not count.
public struct WorkNames: Sendable, Hashable {
    /// The orchestrations.
    public var orchestrations: Set<String>
    /// The activities.
    public var activities: Set<String>
    /// The kinds of entities.
    public var entities: Set<String>

    /// Names of the three kinds; none of a kind means that the worker takes none of it.
    public init(orchestrations: Set<String> = [], activities: Set<String> = [], entities: Set<String> = []) {
        self.orchestrations = orchestrations
        self.activities = activities
        self.entities = entities
    }
}

/// A hub elsewhere lacks what the program needs.
public struct MissingCapabilities: Error, Sendable, Hashable, CustomStringConvertible {
    /// What it lacks.
    public let capabilities: HubCapabilities
    /// The hub's kind.
    public let backend: String

    /// What is missing, and what to do.
    public var description: String {
        "\(backend) lacks \(capabilities): leave out what needs it, or use another hub"
    }
}
