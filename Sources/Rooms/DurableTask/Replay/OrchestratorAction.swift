// Darkroom
// SPDX-License-Identifier: Apache-2.0

public import FoundationEssentials

/// Something an orchestrator wants done: the action model of the Durable Task protocol.
public struct OrchestratorAction: Sendable, Equatable {
    /// The action's number in its instance, from 0; -1 when the engine ends the instance by itself.
    public var id: Int
    /// What is wanted.
    public var kind: Kind

    /// An action with its parts.
    public init(id: Int, _ kind: Kind) {
        self.id = id
        self.kind = kind
    }

    /// What is wanted.
    public enum Kind: Sendable, Equatable {
        /// Run an activity.
        case scheduleTask(TaskCall)
        /// Wake the instance at a time.
        case createTimer(fireAt: Date)
        /// Start another orchestration and wait for it.
        indirect case createSubOrchestration(SubOrchestrationCall)
        /// Tell another instance something.
        indirect case sendEvent(SentEvent)
        /// Ask an entity for something without waiting for it.
        indirect case signalEntity(EntityOperation)
        /// Ask an entity for something and wait for it.
        indirect case callEntity(EntityOperation)
        /// Ask for locks.
        indirect case lockEntities(EntityLockRequest)
        /// Give a lock back.
        indirect case unlockEntity(EntityUnlock)
        /// End another instance, and its unfinished children with it if `recurse` is set.
        case terminateOrchestration(instanceID: String, reason: String?, recurse: Bool)
        /// Replace the history by one without what failed.
        case rewindOrchestration(newHistory: [HistoryEvent])
        /// End the instance.
        indirect case completeOrchestration(Completion)
    }
}

/// What one episode of an orchestrator asks for.
public struct OrchestratorTurn: Sendable, Equatable {
    /// The new actions in the order of their ids.
    public var actions: [OrchestratorAction]
    /// What the orchestrator last said about itself, as JSON text; nil when it never said anything.
    public var customStatus: String?
    /// The patches whose new code the orchestrator entered with this turn; history is to remember them.
    public var patches: [String]

    /// A turn with its parts.
    public init(actions: [OrchestratorAction], customStatus: String? = nil, patches: [String] = []) {
        self.actions = actions
        self.patches = patches
        self.customStatus = customStatus
    }

    /// How the instance ends with this turn; nil when it goes on.
    public var completion: Completion? {
        if case .completeOrchestration(let completion) = actions.last?.kind { return completion }
        return nil
    }
}
