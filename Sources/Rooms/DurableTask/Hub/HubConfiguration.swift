// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// The bounds of an embedded hub.
public struct HubConfiguration: Sendable {
    /// The largest input, output, status or reason, in bytes of JSON; pass references instead of bytes.
    public var maximumPayloadBytes = 256 * 1024
    /// Payloads larger than this, in bytes of JSON, have rows of their own and are read when they are needed.
    public var inlinePayloadBytes = 32 * 1024
    /// How many events the history of an instance may have before it is failed.
    public var maximumHistoryEvents = 10_000
    /// How many bytes the history of an instance may take before it is failed.
    public var maximumHistoryBytes = 16 * 1024 * 1024
    /// How many instances with news may wait for a worker before starts are refused, and how many more whose workers
    /// are absent.
    public var maximumWaitingInstances = 100_000
    /// How many activities of one name are held in memory; further ones wait in the store.
    public var maximumQueuedActivities = 1_000
    /// How long an activity may run without being renewed before it is handed to somebody else.
    public var leaseDuration = Duration.seconds(60)
    /// How long a process that shares its hub may be silent before the others take over what it has in hand; it renews
    /// its membership three times within.
    public var membershipDuration = Duration.seconds(15)
    /// How often an instance or activity is handed out without an answer before it is set aside.
    public var maximumDeliveries = 10
    /// How many instances, and activities of a name, a process holds that shares its hub, or as many as it takes up in
    /// a quarter of a second if these are more; others take the rest.
    public var sharedQueue = 128
    /// How often a process that shares its hub looks for work that no signal told it of.
    public var fallbackPoll = Duration.seconds(5)
    /// What must not be stored: a payload that holds one of these is refused, in failures they are blotted out.
    public var secrets = KnownSecrets()
    /// What becomes of instances that have ended; nil keeps them until they are purged.
    public var retention: Retention?
    /// How many instances one transaction of a purge deletes.
    public var purgeBatch = 100

    /// How often a task or instance was lost before it is handed out alone, unless it would be set aside by then.
    package static let suspicion = 3

    var suspicion: Int { min(Self.suspicion, max(1, maximumDeliveries - 1)) }

    /// The default bounds.
    public init() {}

    /// When ended instances are deleted.
    public struct Retention: Sendable {
        /// How long they are kept.
        public var age: Duration
        /// In which states.
        public var statuses: Set<RuntimeStatus> = [.completed, .failed, .terminated, .canceled]
        /// How often the hub looks for them.
        public var interval = Duration.seconds(3600)

        /// Deletes all that ended longer ago than `age`.
        public init(age: Duration) { self.age = age }
    }
}

extension HubConfiguration {
    /// Why a payload may not be stored; nil when it may.
    func failure(ofPayload text: String?, _ what: @autoclosure () -> String) -> TaskFailure? {
        guard let text else { return nil }
        if secrets.occur(in: text) { return .secret(in: what()) }
        let size = text.utf8.count
        guard size > maximumPayloadBytes else { return nil }
        return TaskFailure(
            type: TaskFailure.EngineType.payloadTooLarge,
            message: """
                \(what()) takes \(size) bytes, the limit is \(maximumPayloadBytes): pass a reference to where the \
                bytes are
                """,
            isRetriable: false)
    }

    /// The failure as it may be stored: without secrets, and only its beginning when it is too large.
    func bounded(_ failure: TaskFailure) -> TaskFailure {
        let failure = secrets.blotted(failure)
        guard failure.byteCount > maximumPayloadBytes else { return failure }
        return TaskFailure(
            type: String(failure.type.prefix(100)),
            message: "\(failure.message.prefix(1_000))… (cut: it took \(failure.byteCount) bytes)",
            isRetriable: failure.isRetriable)
    }
}

extension TaskFailure {
    fileprivate static func secret(in what: String) -> TaskFailure {
        TaskFailure(
            type: EngineType.secretInPayload,
            message: "\(what) holds a secret of this process: pass its name, and let activities look it up",
            isRetriable: false)
    }

    fileprivate var byteCount: Int {
        details.reduce(type.utf8.count + message.utf8.count + (cause?.byteCount ?? 0)) { size, detail in
            size + detail.key.utf8.count + detail.value.utf8.count
        }
    }
}
