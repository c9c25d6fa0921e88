// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// How a hub serves workers and clients elsewhere.
public struct TaskHubServiceConfiguration: Sendable {
    /// Who may call it.
    public var access = TaskHubAccess.thisMachine
    /// How long a stream of work is silent at most before the worker gets a sign of life.
    public var pingInterval = Duration.seconds(30)
    /// How long a worker may take for an episode or a batch of an entity's operations before it is handed out again.
    public var answerTime = Duration.seconds(120)
    /// How many items of each kind one worker may hold, whatever it asks for.
    public var itemsPerWorker = 1_000
    /// Histories with more bytes than this are fetched in parts by workers that can do that.
    public var streamedHistoryBytes = 1 << 20
    /// The most bytes of one message; gRPC's libraries refuse more than 4 MiB unless told otherwise.
    public var messageBytes = 4 << 20
    /// The most bytes of an answer that comes in parts.
    public var answerBytes = 64 << 20
    /// How many rows one page of a list has at most, whatever is asked for.
    public var pageRows = 1_000
    /// How many names, and versions of them, a worker may say of each kind that it takes.
    public var filterNames = 10_000
    /// How long an item that comes back undone again and again stays away at most before it is handed out again; the
    /// first time it is a twentieth of a second.
    public var holdBackTime = Duration.seconds(10)

    /// The default configuration.
    public init() {}
}
