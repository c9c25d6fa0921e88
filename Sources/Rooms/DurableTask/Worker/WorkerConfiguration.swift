// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// How much a worker does at once, and how it ends.
public struct WorkerConfiguration: Sendable {
    /// How many episodes of orchestrations are on their way at once; they wait for commits, not for the processor.
    public var concurrentOrchestrations = 64
    /// How many entities run operations at once.
    public var concurrentEntities = 16
    /// How many activities run at once, beside those with a limit of their own.
    public var concurrentActivities = 64
    /// How many activities of a name run at once; such a name does not count against the common limit.
    public var activityLimits: [String: Int] = [:]
    /// How many unfinished instances stay in memory, ready to go on; others are replayed from their history.
    public var liveInstances = 1_000
    /// How long running activities may take to finish once the worker was told to stop.
    public var drainTime = Duration.seconds(20)

    /// The default configuration.
    public init() {}
}
