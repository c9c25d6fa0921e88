// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// How much a worker does at once, and how it ends.
public struct WorkerConfiguration: Sendable {
    /// How many episodes of orchestrations are on their way at once; they wait for commits, not for the processor.
    public var concurrentOrchestrations = 512
    /// How many entities run operations at once.
    public var concurrentEntities = 16
    /// How many activities run at once, beside those with a limit of their own.
    public var concurrentActivities = 64
    /// How many activities of a name run at once; such a name does not count against the common limit.
    public var activityLimits: [String: Int] = [:]
    /// How fast activities of a name begin, however many run at once.
    public var activityRates: [String: ActivityRate] = [:]
    /// How often the progress of an activity is sent to the hub, and stored, at most; what came later is lost when the
    /// process is killed.
    public var progressInterval = Duration.seconds(5)
    /// What becomes of work whose name the worker does not have.
    public var unknownNames = UnknownNames.fail
    /// Which versions of orchestrations the worker runs.
    public var versioning = WorkerVersioning.any
    /// How many unfinished instances stay in memory, ready to go on; others are replayed from their history.
    public var liveInstances = 1_000
    /// How long running activities may take to finish once the worker was told to stop.
    public var drainTime = Duration.seconds(20)

    /// How the worker waits before it tries again what failed; simulations let no time pass.
    package var pause: @Sendable (Duration) async -> Void = { try? await Task.sleep(for: $0) }

    /// What becomes of work whose name a worker does not have.
    public enum UnknownNames: Sendable {
        /// It fails, so that a forgotten registration shows.
        case fail
        /// It is left in the hub for other workers, in other languages perhaps.
        case leave
    }

    /// The default configuration.
    public init() {}
}
