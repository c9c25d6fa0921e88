// Darkroom
// SPDX-License-Identifier: Apache-2.0

package import FoundationEssentials

/// Rows to write in one transaction, by table, in the order in which they are applied.
///
/// They were decided over locked rows, so none of them can be refused.
package struct HubChanges: Sendable {
    /// Instances to delete, with their histories.
    package var deletedInstances: [String] = []
    /// Instances to create.
    package var newInstances: [NewInstance] = []
    /// Instances that begin a run anew.
    package var newRuns: [NewInstance] = []
    /// Instances that continue as new.
    package var continued: [NewInstance] = []
    /// Instances that go on or end.
    package var moves: [InstanceMove] = []
    /// Instances that go on from an earlier point of their history.
    package var rewound: [InstanceHead] = []
    /// Entities that change.
    package var entityMoves: [EntityMove] = []
    /// Instances that are told apart from others by a flag.
    package var flags: [InstanceFlag] = []
    /// Inbox rows to delete.
    package var consumed: [Int64] = []
    /// Messages that must wait for the lock of their entity, out of the way of those that need not.
    package var passedOver: [PassedOverMessage] = []
    /// Instances whose inboxes are emptied.
    package var clearedInboxes: [String] = []
    /// Instances whose inboxes lose what was meant for one run.
    package var clearedRuns: [String] = []
    /// Instances whose histories are deleted.
    package var clearedHistories: [String] = []
    /// History to append.
    package var history: [HistoryChunk] = []
    /// Messages to deliver.
    package var messages: [NewMessage] = []
    /// Tasks that are done.
    package var finishedTasks: [Int64] = []
    /// Instances whose tasks are deleted, whoever runs them.
    package var clearedTasks: [String] = []
    /// Tasks to queue.
    package var tasks: [NewTask] = []
    /// What running tasks say about their progress.
    package var progress: [TaskProgress] = []
    /// Large payloads to store.
    package var payloads: [NewPayload] = []
    /// Large payloads that instances refer to, and that are kept as long as one of them is there.
    package var payloadUses: [PayloadUse] = []
    /// Large payloads that an instance refers to no more; those that nobody else refers to are deleted.
    package var droppedPayloadUses: [PayloadUse] = []
    /// What the other members of a shared hub must hear.
    package var signals: [HubSignal] = []
    /// Instances that end and that somebody waits for: how they ended is part of the receipt.
    package var awaited: [String] = []

    /// No changes.
    package init() {}

    /// Whether there is nothing to write.
    package var isEmpty: Bool {
        let instances = deletedInstances.count + newInstances.count + newRuns.count + continued.count
        let moved = moves.count + rewound.count + entityMoves.count
        let inboxes =
            consumed.count + passedOver.count + clearedInboxes.count + clearedRuns.count + messages.count + flags.count
        let others = clearedHistories.count + history.count + finishedTasks.count + clearedTasks.count + tasks.count
        let payloads = payloads.count + payloadUses.count + droppedPayloadUses.count
        return instances + moved + inboxes + others + payloads + progress.count + signals.count == 0
    }
}

/// An instance, or a run of one, as it begins.
package struct NewInstance: Sendable {
    /// What is known of it from now on.
    package var head: InstanceHead
    /// When it was started.
    package var createdAt: Date
    /// The input as JSON text.
    package var input: String?
    /// When it is to begin.
    package var scheduledStart: Date?
    /// What it says about itself.
    package var customStatus: String?
}

/// What an episode changes in its instance's row.
package struct InstanceMove: Sendable {
    /// The instance.
    package var id: String
    /// Its state then.
    package var status: RuntimeStatus
    /// Whether that is its state before, too, in the same run.
    package var keepsStatus: Bool
    /// When.
    package var time: Date
    /// How far its history goes then.
    package var position: HistoryPosition
    /// What it says about itself; nil leaves it as it was.
    package var customStatus: String?
    /// How it ended, if it did.
    package var completion: Completion?
}

/// What a batch of operations changes in an entity's row.
package struct EntityMove: Sendable {
    /// The entity's instance id.
    package var id: String
    /// When.
    package var time: Date
    /// How often its state was stored then.
    package var revision: Int
    /// Its state as JSON text; nil when it does not exist any more.
    package var state: String?
    /// Who holds its lock then.
    package var lock: EntityLock?
}

/// A flag in an instance's row.
package struct InstanceFlag: Sendable {
    /// The instance.
    package var id: String
    /// What is noted.
    package var kind: Kind

    /// What is noted.
    package enum Kind: Sendable, Equatable {
        /// Another process waits for its end.
        case watched
        /// Another run of its parent waits for its end.
        case parent(ParentInstance)
        /// It was set aside for a reason, or taken up again.
        case parked(String?)
        /// How often it was handed out without an answer.
        case deliveries(Int)
    }
}

/// A message to an entity that somebody else has locked.
package struct PassedOverMessage: Sendable, Equatable {
    /// Its inbox row.
    package var sequence: Int64
    /// The instance that asks for an operation; empty when it is heard only once the lock is given back, whoever sent
    /// it.
    package var sender: String
    /// The entity.
    package var entity: String
}

/// A part of a history.
package struct HistoryChunk: Sendable {
    /// The instance.
    package var id: String
    /// How many events are before it.
    package var position: Int
    /// The events as the JSON text of an array.
    package var events: String
}

/// A message for an inbox.
package struct NewMessage: Sendable {
    /// Whose inbox it is.
    package var id: String
    /// The run that is to hear it; nil for any.
    package var executionID: String?
    /// When it is to be heard.
    package var visibility: Visibility
    /// What it tells.
    package var event: HistoryEvent
    /// The event as JSON text.
    package var text: String

    /// When a message is to be heard.
    package enum Visibility: Sendable, Equatable {
        /// Before all others: the beginning of a run.
        case first
        /// Before the others: what a run has handed on to the next.
        case early
        /// In its turn.
        case now
        /// Not before a time.
        case at(Date)

        /// The order of messages that an entity's lock keeps waiting: before all others, once it is given back.
        package static let passedOver: Int64 = -3

        /// The number that stores order by: 0 for now, the milliseconds of a time, less than 0 for what comes first.
        package var order: Int64 {
            switch self {
            case .first: -2
            case .early: -1
            case .now: 0
            case .at(let time): max(1, time.millisecondsSince1970)
            }
        }
    }

    /// A message; its text is made here, not in the time of the one who writes.
    package init(_ event: HistoryEvent, to id: String, run executionID: String? = nil, _ visibility: Visibility = .now)
    {
        self.id = id
        self.executionID = executionID
        self.visibility = visibility
        self.event = event
        text = HistoryText.encode(event)
    }
}

/// A task for the queue.
package struct NewTask: Sendable {
    /// Which run of which instance asks for it.
    package var execution: ExecutionKey
    /// The name of the instance's orchestration.
    package var orchestration: String
    /// The action's id.
    package var id: Int
    /// What to call.
    package var call: TaskCall
    /// The lease under which this process queues it in memory at once; nil when it stays in the store.
    package var lease: Int64?
    /// When it was asked for.
    package var time: Date
    /// The worker that answers episodes of the instance at once, so that a result may wait for the one it causes.
    package var joins: Intake?
}

/// How far a running task is; its next run gets it, whatever becomes of this one.
package struct TaskProgress: Sendable, Equatable {
    /// The row of the task queue.
    package var sequence: Int64
    /// The lease under which it runs; who has lost it says nothing any more.
    package var lease: Int64
    /// What the run says, as JSON text.
    package var text: String
}

/// A large payload.
package struct NewPayload: Sendable, Equatable {
    /// Its row.
    package var row: String
    /// The payload.
    package var text: String
}

/// An instance refers to a large payload.
package struct PayloadUse: Sendable, Hashable {
    /// The payload's row.
    package var row: String
    /// The instance.
    package var instanceID: String
}

/// What a store made of changes.
package struct HubReceipt: Sendable {
    /// The inbox rows of the messages, in order.
    package var messages: [Int64] = []
    /// The queue rows of the tasks, in order.
    package var tasks: [Int64] = []
    /// How the awaited instances ended, by id; whoever finds none asks the store.
    package var ends: [String: InstanceStatus] = [:]

    /// A receipt for nothing.
    package init() {}
}
