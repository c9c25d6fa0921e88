// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// The bounds of an embedded hub.
public struct HubConfiguration: Sendable {
    /// The largest input, output, status or reason, in bytes of JSON; pass references instead of bytes.
    public var maximumPayloadBytes = 256 * 1024
    /// How many events the history of an instance may have before it is failed.
    public var maximumHistoryEvents = 10_000
    /// How many bytes the history of an instance may take before it is failed.
    public var maximumHistoryBytes = 16 * 1024 * 1024
    /// How many instances with news may wait for a worker before starts are refused.
    public var maximumWaitingInstances = 100_000
    /// How many activities of one name are held in memory; further ones wait in the store.
    public var maximumQueuedActivities = 1_000
    /// How long an activity may run without being renewed before it is handed to somebody else.
    public var leaseDuration = Duration.seconds(60)
    /// How many instances one transaction of a purge deletes.
    public var purgeBatch = 100

    /// The default bounds.
    public init() {}
}
