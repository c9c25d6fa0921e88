// Darkroom
// SPDX-License-Identifier: Apache-2.0

public import FoundationEssentials

/// Operations of one entity, to be run one after the other.
public struct EntityWorkItem: Sendable, Equatable {
    /// The entity's instance id, `@name@key`.
    public var instanceID: String
    /// Its state as JSON text; nil while it does not exist.
    public var state: String?
    /// The operations in order.
    public var operations: [EntityOperation]
    /// Whether an operation's caller waits for an answer, for each of them.
    public var isCall: [Bool]
    /// What the hub does about the entity's inbox with this item.
    package var plan: EntityPlan
    /// The state as it is stored, when a large one has a row of its own.
    var storedState: String?
    /// What the state's revision was; the turn is stored only behind it.
    package var revision: Int
    /// How often they were handed out, this time included, as the store counts; 0 when it does not.
    var deliveries = 0

    /// An item from elsewhere than a store.
    package init(instanceID: String, state: String?, operations: [EntityOperation]) {
        self.instanceID = instanceID
        self.state = state
        storedState = state
        self.operations = operations
        isCall = operations.map { $0.parentInstanceID != nil }
        plan = EntityPlan(nil, [])
        revision = 0
    }

    /// The item that a plan makes of an inbox.
    package init(_ page: InboxPage) {
        plan = EntityPlan(page.head.lock, page.messages)
        instanceID = page.head.id
        state = page.state
        storedState = page.state
        operations = plan.operations.map(\.operation)
        isCall = plan.operations.map(\.isCall)
        revision = page.head.eventCount
        deliveries = page.head.deliveries
    }
}

/// What became of a batch of operations.
public struct EntityTurn: Sendable {
    /// One answer for each operation, in order.
    public var results: [Result<String?, TaskFailure>]
    /// The state afterwards; nil when the entity no longer exists.
    public var state: String?
    /// What the operations asked for.
    public var effects: [EntityEffect]

    /// A turn with its parts.
    public init(results: [Result<String?, TaskFailure>], state: String?, effects: [EntityEffect] = []) {
        self.results = results
        self.state = state
        self.effects = effects
    }
}

/// Something that an entity wants done.
public enum EntityEffect: Sendable, Equatable {
    /// Ask another entity for something.
    case signal(EntityOperation)
    /// Start an orchestration.
    case start(StartRequest)
}

/// What is known of an entity.
public struct EntityStatus: Sendable, Equatable {
    /// Its instance id, `@name@key`.
    public var instanceID: String
    /// When it last changed.
    public var updatedAt: Date
    /// How many requests wait.
    public var backlog: Int
    /// The instance that holds its lock.
    public var lockedBy: String?
    /// Its state as JSON text; nil when it has none, or was not asked for.
    public var state: String?

    /// A status with its parts.
    public init(instanceID: String, updatedAt: Date, backlog: Int, lockedBy: String?, state: String?) {
        self.instanceID = instanceID
        self.updatedAt = updatedAt
        self.backlog = backlog
        self.lockedBy = lockedBy
        self.state = state
    }
}

/// Which entities to list.
public struct EntityQuery: Sendable, Equatable {
    /// With an instance id that begins so, as `@counter@`.
    public var idPrefix: String?
    /// Changed then or later.
    public var updatedFrom: Date?
    /// Changed then or earlier.
    public var updatedTo: Date?
    /// Whether the page has states.
    public var includesState = true
    /// Whether entities without a state are listed, too: those that are locked or have requests waiting.
    public var includesTransient = false
    /// How many at most.
    public var limit = 100
    /// ``EntityPage/next`` of the page before.
    public var after: String?

    /// The first hundred entities of all.
    public init() {}
}

/// A part of a list of entities.
public struct EntityPage: Sendable, Equatable {
    /// The entities, newest first.
    public var entities: [EntityStatus]
    /// Where the next page begins; nil at the end.
    public var next: String?

    /// A page with its parts.
    public init(entities: [EntityStatus], next: String?) {
        self.entities = entities
        self.next = next
    }
}
