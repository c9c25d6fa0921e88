// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// What decisions about an instance need to know of its row.
package struct InstanceHead: Sendable, Equatable {
    /// The instance's id.
    package var id: String
    /// The orchestration's or entity's name.
    package var name: String
    /// Which run it is in.
    package var executionID: String
    /// The version it was started with.
    package var version: String?
    /// Where it is in its life.
    package var status: RuntimeStatus
    /// How many events its history has; for an entity, how often its state was stored.
    package var eventCount = 0
    /// How many bytes its history takes.
    package var byteCount = 0
    /// The process that keeps it in memory; 0 when none does.
    package var owner: Int64 = 0
    /// Who waits for its end.
    package var parent: ParentInstance?
    /// What it can be found again by.
    package var tags: [String: String] = [:]
    /// Who holds the lock of an entity.
    package var lock: EntityLock?
    /// Whether another process waits for its end.
    package var isWatched = false
    /// Whether it was set aside.
    package var isParked = false

    /// A head of which no more is known.
    package init(id: String, name: String, executionID: String, status: RuntimeStatus) {
        self.id = id
        self.name = name
        self.executionID = executionID
        self.status = status
    }

    /// Whether the row only keeps what came before the instance was started.
    package var isExpected: Bool { status == .pending && executionID.isEmpty && !isEntity }

    /// Whether its messages may be handed out.
    package var isAwake: Bool { !status.isFinal && !isParked && !isExpected }

    /// Whether the row is an entity's.
    package var isEntity: Bool { InstanceHead.isEntity(id) }

    /// Whether this is the id of an entity.
    package static func isEntity(_ id: String) -> Bool { id.utf8.first == UInt8(ascii: "@") }

    /// Whether it is in this run.
    func isRun(_ execution: ExecutionKey) -> Bool { executionID == execution.executionID && !status.isFinal }

    /// What workers ask for it by: entities have names of their own.
    package var route: WorkRoute { isEntity ? .entity(name.lowercased()) : .orchestration(name.lowercased()) }
}

/// Who holds the lock of an entity.
package struct EntityLock: Sendable, Equatable, Codable {
    /// The instance.
    package var holder: String
    /// The critical section.
    package var section: String

    /// A lock with its parts.
    package init(holder: String, section: String) {
        self.holder = holder
        self.section = section
    }
}

/// Which workers an instance with news, or a task, is for.
package enum WorkRoute: Sendable, Hashable {
    /// Those that run the orchestration of this name, in lower case.
    case orchestration(String)
    /// Those that run the entity of this name, in lower case.
    case entity(String)
    /// Those that run the activity of this name.
    case activity(String)
}

/// An instance with news, as a store reports it.
package struct InstanceNews: Sendable, Equatable {
    /// The instance's id.
    package var id: String
    /// Its name.
    package var name: String

    /// News of an instance.
    package init(id: String, name: String) {
        self.id = id
        self.name = name
    }

    var route: WorkRoute { InstanceHead(id: id, name: name, executionID: "", status: .running).route }

    /// The name as it is written, entities told apart from orchestrations.
    var kindName: String { InstanceHead.isEntity(id) ? "@\(name)" : name }
}
