// Darkroom
// SPDX-License-Identifier: Apache-2.0

package import FoundationEssentials

/// The durable part of an embedded hub: every call is one transaction, durable when it returns.
///
/// The hub in front of it decides what is handed out; the store decides what is true.
package protocol HubStore: Sendable {
    /// Makes this process the owner: earlier owners' leases are void and their writes are refused from now on.
    ///
    /// - Returns: the owner's number, higher than every one before.
    /// - Throws: `newerSchema`.
    func takeOver() async throws -> Int64

    /// Stores a new instance with its first message; nil when the id is taken.
    func create(_ start: ExecutionStarted, at time: Date) async throws -> StoredMessage?

    /// An instance, with or without its input and output.
    func status(of id: String) async throws -> InstanceStatus?

    /// Instances that match, newest first, without inputs and outputs.
    func list(_ query: InstanceQuery) async throws -> InstancePage

    /// The history of an instance's current run; nil when there is no such instance.
    func history(of id: String) async throws -> StoredHistory?

    /// Puts a message into the inbox of an instance that has not ended.
    func post(_ event: HistoryEvent, to id: String) async throws -> PostOutcome

    /// Stores an episode.
    ///
    /// - Returns: the task queue rows of the checkpoint's tasks, in order.
    /// - Throws: `leaseLost` when the history is not where the checkpoint begins or a message is gone.
    func commit(_ checkpoint: Checkpoint) async throws -> [Int64]

    /// Takes a task from the queue and puts its result into the inbox.
    ///
    /// - Returns: the message; nil when the instance no longer waits for it.
    /// - Throws: `leaseLost`.
    func finish(_ item: ActivityWorkItem, with event: HistoryEvent) async throws -> StoredMessage?

    /// Gives a task back to the queue; does nothing when the lease was lost.
    func giveBack(_ item: ActivityWorkItem) async throws

    /// Leases the oldest tasks of a name that nobody holds.
    func claimTasks(named name: String, limit: Int, lease: Int64) async throws -> [ActivityWorkItem]

    /// The names of tasks that nobody holds.
    func waitingTaskNames() async throws -> Set<String>

    /// The messages of an instance that are visible at a time, in order.
    func messages(for id: String, at time: Date, limit: Int) async throws -> [StoredMessage]

    /// Instances with visible messages, by the number of the message; for start-up.
    func readyInstances(after sequence: Int64, limit: Int) async throws -> [(sequence: Int64, id: String)]

    /// Instances with a timer that became due after `begin` and not after `end`.
    func dueInstances(after begin: Date, until end: Date) async throws -> Set<String>

    /// When the first timer after a time is due.
    func nextTimer(after time: Date) async throws -> Date?

    /// Begins an ended instance anew under another execution id.
    ///
    /// - Throws: `notFound`, `running`.
    func restart(_ id: String, as executionID: String, at time: Date) async throws -> StoredMessage

    /// Deletes up to `limit` ended instances and returns how many.
    func purge(endedBefore time: Date, statuses: Set<RuntimeStatus>, limit: Int) async throws -> Int
}

/// A message in an inbox.
package struct StoredMessage: Sendable, Equatable {
    /// Its row; rises with every message.
    package var sequence: Int64
    /// What it tells.
    package var event: HistoryEvent

    /// A message with its parts.
    package init(sequence: Int64, event: HistoryEvent) {
        self.sequence = sequence
        self.event = event
    }
}

/// What became of a message.
package enum PostOutcome: Sendable {
    /// It is in the inbox.
    case stored(StoredMessage)
    /// The instance has ended.
    case ended
    /// There is no such instance.
    case notFound
}
