// Darkroom
// SPDX-License-Identifier: Apache-2.0

package import FoundationEssentials

/// The durable part of a hub: rows, and transactions over them.
///
/// The hub in front of it decides what happens and what is handed out; the store decides what is true. A change is
/// decided over locked rows and then written, in one transaction, so every store runs the same decisions.
package protocol HubStore: Sendable {
    /// Whether several processes may work on the store at once; otherwise the last to join is alone.
    var isShared: Bool { get }

    /// Makes this process a member: its writes are accepted while its membership is renewed.
    ///
    /// In a store that is not shared all earlier members are out, and their leases are void.
    ///
    /// - Returns: the member's number, higher than every one before.
    /// - Throws: `newerSchema`.
    func join(for duration: Duration) async throws -> Int64

    /// Locks rows, lets `decide` say what changes, and writes that.
    ///
    /// - Parameters:
    ///   - member: The number under which this process decides.
    ///   - decide: Gets the rows that exist, by id; it may be asked again when the store has to start over.
    /// - Throws: what `decide` throws; when the number is no member's any more `ownerChanged`, in a shared store
    ///   `membershipLost`; `invalid` when the changes have a value that the store does not take, and `corrupt` when it
    ///   cannot read one of the rows: then it has written nothing, and takes what has nothing to do with these.
    func commit(
        _ locks: HubLocks, as member: Int64, _ decide: @escaping @Sendable ([String: InstanceHead]) throws -> HubChanges
    ) async throws -> HubReceipt

    /// An instance or entity, with input and output.
    func status(of id: String) async throws -> InstanceStatus?

    /// Instances that match, newest first.
    func list(_ query: InstanceQuery) async throws -> InstancePage

    /// How many instances there are in each state.
    func countByStatus(_ query: InstanceQuery) async throws -> [RuntimeStatus: Int]

    /// The history of an instance's current run; nil when there is no such instance.
    func history(of id: String) async throws -> StoredHistory?

    /// The messages of an instance that are visible at a time, in the order of ``InstanceHead/inbox(at:)``; nil when
    /// there is no such instance.
    func inbox(of id: String, at time: Date, limit: Int) async throws -> InboxPage?

    /// The unfinished children of an instance.
    func children(of id: String) async throws -> [String]

    /// The children of an instance that have ended.
    func endedChildren(of id: String) async throws -> [String]

    /// Ids for which something has been kept since before a time, although no such instance was started.
    func expected(before time: Date, limit: Int) async throws -> [String]

    /// Ended instances in the order in which they ended, to be purged.
    func ended(_ filter: PurgeFilter, limit: Int) async throws -> [String]

    /// Instances with visible messages, by the number of the message; in a shared store this process's.
    func readyInstances(after sequence: Int64, limit: Int) async throws -> [(sequence: Int64, news: InstanceNews)]

    /// This process's instances with a timer that became due after `begin` and not after `end`.
    func dueInstances(after begin: Date, until end: Date) async throws -> [InstanceNews]

    /// When the first timer after a time is due.
    func nextTimer(after time: Date) async throws -> Date?

    /// Leases tasks that nobody holds, the oldest of their keys first.
    ///
    /// - Throws: as ``commit(_:as:_:)`` does.
    func claimTasks(_ claim: TaskClaim) async throws -> [ActivityWorkItem]

    /// Leases tasks that nobody holds and whose callers do not wait any longer.
    ///
    /// - Parameter lease: A number whose upper half is the member's.
    /// - Throws: as ``commit(_:as:_:)`` does.
    func claimOverdue(at time: Date, limit: Int, lease: Int64) async throws -> [ActivityWorkItem]

    /// When the first caller of a task that nobody holds stops waiting; nil when none does.
    func nextStartLimit() async throws -> Date?

    /// The names and versions of tasks that nobody holds, with their highest priorities.
    func waitingTaskNames() async throws -> [WorkName: Int]

    /// Gives tasks back to the queue, or sets them aside; does nothing for those whose leases were lost.
    func giveBack(_ items: [ActivityWorkItem], _ way: TaskReturn) async throws

    /// Gives all tasks under these leases back to the queue; nobody has had them.
    func giveBack(leases: Set<Int64>) async throws

    /// A large payload; nil when there is none of this row.
    func payload(_ row: String) async throws -> String?

    /// The tasks of an instance.
    func tasks(of id: String) async throws -> [QueuedTask]

    /// Puts an instance's parked tasks back into the queue, and returns their names.
    func unparkTasks(of id: String) async throws -> Set<WorkName>

    /// What is known of an entity.
    func entity(_ id: String) async throws -> StoredEntity?

    /// Entities that match, newest first.
    func entities(_ query: EntityQuery) async throws -> EntityPage

    /// The entities whose lock an instance holds.
    func entitiesLocked(by id: String) async throws -> [String]

    /// Deletes those of these entities that have neither a state nor a lock nor a message, as they are then: what came
    /// since somebody looked keeps its entity.
    ///
    /// - Returns: how many were deleted.
    func deleteEmptyEntities(_ ids: [String]) async throws -> Int
}

/// A store on which several processes work.
package protocol SharedHubStore: HubStore {
    /// Prolongs this process's membership.
    ///
    /// - Throws: `membershipLost` when it has ended meanwhile.
    func renewMembership(for duration: Duration) async throws

    /// Ends this process's membership; others may take over at once.
    func leave() async throws

    /// Ends the memberships that were not renewed, or whose processes are gone, and gives their tasks back to the
    /// queue.
    func expireMembers() async throws -> MemberCheck

    /// Takes over instances with visible messages that no member keeps in memory.
    ///
    /// - Parameters:
    ///   - names: What to leave to others, by ``InstanceNews/kindName``.
    ///   - limit: How many with messages that were always visible, and how many with timers that are due.
    ///   - member: The number under which this process keeps them.
    /// - Throws: `membershipLost`.
    func claimInstances(
        at time: Date, except names: Set<String>, limit: Int, as member: Int64
    ) async throws -> [InstanceNews]

    /// Lets other members keep instances in memory that this one keeps, and tells them.
    func disown(_ instances: [InstanceNews]) async throws

    /// Which of these tasks are there and have these leases still, by their sequences.
    func heldTasks(_ items: [ActivityWorkItem]) async throws -> Set<Int64>

    /// What the other members' commits say, until the task is cancelled.
    func signals() -> AsyncStream<HubSignal>
}

/// What a look at the other members found.
package struct MemberCheck: Sendable {
    /// Whether memberships were ended.
    package var hasEnded: Bool
    /// When to look again at members that seem to be gone; nil when all are there.
    package var next: Duration?

    /// A check with its parts.
    package init(hasEnded: Bool, next: Duration?) {
        self.hasEnded = hasEnded
        self.next = next
    }
}

/// What one member of a shared hub tells the others.
package enum HubSignal: Sendable, Equatable {
    /// There is a message for an instance that this member keeps in memory, or for one that nobody keeps (0).
    case news(InstanceNews, owner: Int64)
    /// There are free tasks of this name, of this priority at the most.
    case tasks(WorkName, priority: Int)
    /// A watched instance ended.
    case ended(id: String)
    /// The tasks of an instance are no longer wanted.
    case cancelled(id: String)
    /// Signals may have been missed.
    case missed
}

/// Which rows a change is decided over.
package struct HubLocks: Sendable, Equatable {
    /// Rows that change.
    package var subjects: Set<String> = []
    /// Rows that are looked at, because they get messages; they must not be deleted meanwhile.
    package var targets: Set<String> = []
    /// Subjects of which there is most likely no row yet: a store may take that for granted until it writes.
    package var newcomers: Set<String> = []

    /// Locks on these rows.
    package init(_ subjects: Set<String> = [], targets: Set<String> = []) {
        self.subjects = subjects
        self.targets = targets
    }

    mutating func formUnion(_ other: HubLocks) {
        subjects.formUnion(other.subjects)
        targets.formUnion(other.targets)
        newcomers.formUnion(other.newcomers)
    }
}

/// A message in an inbox.
package struct StoredMessage: Sendable, Equatable {
    /// Its row; rises with every message.
    package var sequence: Int64
    /// The run that is to hear it; nil for any.
    package var executionID: String?
    /// What it tells.
    package var event: HistoryEvent

    /// A message with its parts.
    package init(sequence: Int64, executionID: String? = nil, event: HistoryEvent) {
        self.sequence = sequence
        self.executionID = executionID
        self.event = event
    }
}

/// The visible messages of an instance.
package struct InboxPage: Sendable {
    /// The instance.
    package var head: InstanceHead
    /// Its state, when it is an entity.
    package var state: String?
    /// The messages in order.
    package var messages: [StoredMessage]

    /// A page with its parts.
    package init(head: InstanceHead, state: String?, messages: [StoredMessage]) {
        self.head = head
        self.state = state
        self.messages = messages
    }

    /// What the current run is to hear, its beginning first.
    ///
    /// Before that it hears nothing but its end.
    var news: [StoredMessage] {
        let heard = messages.filter { $0.executionID == nil || $0.executionID == head.executionID }
        guard head.status == .pending else { return heard }
        let isTold = heard.contains { $0.event.kind.begins || $0.event.kind.terminates }
        return isTold ? heard.filter(\.event.kind.begins) + heard.filter { !$0.event.kind.begins } : []
    }
}

extension HistoryEvent.Kind {
    /// Whether a run begins.
    var begins: Bool { if case .executionStarted = self { true } else { false } }

    /// Whether somebody asked to end the instance.
    var terminates: Bool { if case .executionTerminated = self { true } else { false } }
}

/// What is known of an entity.
package struct StoredEntity: Sendable {
    /// Its row.
    package var head: InstanceHead
    /// When it last changed.
    package var updatedAt: Date
    /// Its state as JSON text.
    package var state: String?
    /// How many messages wait.
    package var backlog: Int

    /// An entity with its parts.
    package init(head: InstanceHead, updatedAt: Date, state: String?, backlog: Int) {
        self.head = head
        self.updatedAt = updatedAt
        self.state = state
        self.backlog = backlog
    }

    /// What clients are told.
    package func status(includesState: Bool) -> EntityStatus {
        EntityStatus(
            instanceID: head.id, updatedAt: updatedAt, backlog: backlog, lockedBy: head.lock?.holder,
            state: includesState ? state : nil)
    }
}

/// A task that waits or runs.
package struct QueuedTask: Sendable {
    /// The action's id.
    package var id: Int
    /// The activity's name.
    package var name: String
    /// When it was asked for.
    package var queuedAt: Date
    /// How often it was handed out.
    package var deliveries: Int
    /// Its holder's token; 0 when nobody holds it.
    package var lease: Int64
    /// Why it was set aside.
    package var parked: String?
    /// Whether a worker runs it, not only a process holds it; nil when the process is another.
    package var isRunning: Bool?
    /// What its run said last about its progress, as JSON text, where this process runs it.
    package var progress: String?

    /// A task with its parts.
    package init(id: Int, name: String, queuedAt: Date, deliveries: Int, lease: Int64, parked: String?) {
        self.id = id
        self.name = name
        self.queuedAt = queuedAt
        self.deliveries = deliveries
        self.lease = lease
        self.parked = parked
    }
}
