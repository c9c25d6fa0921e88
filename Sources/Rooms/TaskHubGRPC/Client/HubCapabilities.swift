// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// What a hub elsewhere can do, beyond running orchestrations with activities, timers, children and events.
public struct HubCapabilities: OptionSet, Sendable, Hashable {
    /// The capabilities as bits.
    public let rawValue: Int

    /// A set of bits.
    public init(rawValue: Int) { self.rawValue = rawValue }

    /// Entities: signals, calls, locks.
    public static let entities = HubCapabilities(rawValue: 1 << 0)
    /// An orchestration may send events to another.
    public static let sendEvent = HubCapabilities(rawValue: 1 << 1)
    /// An orchestration may end another.
    public static let terminateAction = HubCapabilities(rawValue: 1 << 2)
    /// A start may name the time at which the instance is to begin.
    public static let scheduledStart = HubCapabilities(rawValue: 1 << 3)
    /// Tags of instances are kept and shown.
    public static let instanceTags = HubCapabilities(rawValue: 1 << 4)
    /// Tags of calls reach their activities; without, every attempt of a retry policy looks like the first.
    public static let activityTags = HubCapabilities(rawValue: 1 << 5)
    /// Instances can be listed.
    public static let query = HubCapabilities(rawValue: 1 << 6)
    /// Failed instances can be rewound.
    public static let rewind = HubCapabilities(rawValue: 1 << 7)
    /// Calls that wait for an instance may stay open; without, its state is asked for again and again.
    public static let longWaits = HubCapabilities(rawValue: 1 << 8)
    /// Ending an instance can end its children.
    public static let recursiveTerminate = HubCapabilities(rawValue: 1 << 9)
    /// What a worker does not answer is handed out again.
    public static let redelivery = HubCapabilities(rawValue: 1 << 10)
    /// Markers of ``OrchestrationContext`` `patched` are kept in history; no hub of the protocol has them.
    public static let patches = HubCapabilities(rawValue: 1 << 11)
}

extension HubCapabilities: CustomStringConvertible {
    private static let names: [(HubCapabilities, String)] = [
        (.entities, "entities"), (.sendEvent, "events between orchestrations"),
        (.terminateAction, "ending other orchestrations"), (.scheduledStart, "scheduled start"),
        (.instanceTags, "tags of instances"), (.activityTags, "tags of activities"), (.query, "queries"),
        (.rewind, "rewinding"), (.longWaits, "long waits"), (.recursiveTerminate, "recursive termination"),
        (.redelivery, "redelivery"), (.patches, "patch markers"),
    ]

    /// Their names, in one line.
    public var description: String {
        Self.names.filter { contains($0.0) }.map(\.1).joined(separator: ", ")
    }
}

/// What kind of hub is at the other end.
///
/// The protocol has no question for it, so whoever configures the worker says it.
public struct HubBackend: Sendable, Hashable {
    /// Its name in messages.
    public var name: String
    /// What it can do.
    public var capabilities: HubCapabilities

    /// A kind of hub.
    public init(_ name: String, _ capabilities: HubCapabilities) {
        self.name = name
        self.capabilities = capabilities
    }

    /// A hub of this program.
    public static let darkroom = HubBackend(
        "darkroom",
        [
            .entities, .sendEvent, .terminateAction, .scheduledStart, .instanceTags, .activityTags, .query, .rewind,
            .longWaits, .recursiveTerminate, .redelivery,
        ])

    /// Azure Durable Task Scheduler and its emulator.
    public static let durableTaskScheduler = HubBackend(
        "Durable Task Scheduler",
        [
            .entities, .sendEvent, .terminateAction, .scheduledStart, .instanceTags, .activityTags, .query, .rewind,
            .longWaits, .recursiveTerminate, .redelivery,
        ])

    /// The sidecar of durabletask-go.
    ///
    /// Events between its orchestrations break the one that receives them.
    public static let goSidecar = HubBackend("the sidecar of durabletask-go", [.longWaits, .redelivery])

    /// The backend for tests of the Python package `durabletask`.
    ///
    /// It serves ten calls at once, and an item that was sent into a broken stream is lost there.
    public static let pythonInMemory = HubBackend(
        "the in-memory backend of durabletask", [.entities, .sendEvent, .query, .rewind])
}
