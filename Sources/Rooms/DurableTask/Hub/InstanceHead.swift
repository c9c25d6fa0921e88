// Darkroom
// SPDX-License-Identifier: Apache-2.0

package import FoundationEssentials

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
    /// How often it was handed out, or may have been, to somebody who never answered.
    package var deliveries = 0

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

    /// Which of its messages are to be read, part by part.
    ///
    /// A locked entity hears its holder alone, so what was passed over is left out but for the holder's own. An
    /// instance that has not begun hears nothing before its beginning, which may be timed: it must not be behind
    /// any number of others.
    package func inbox(at time: Date) -> [InboxPart] {
        let now = max(1, time.millisecondsSince1970)
        let first = NewMessage.Visibility.passedOver
        if let lock { return [InboxPart(first...first, sender: lock.holder), InboxPart((first + 1)...now)] }
        return status == .pending ? [InboxPart(1...now), InboxPart(first...0)] : [InboxPart(first...now)]
    }

    /// Whether it is in this run.
    func isRun(_ execution: ExecutionKey) -> Bool { executionID == execution.executionID && !status.isFinal }

    /// What workers ask for it by: entities have names of their own.
    package var route: WorkRoute { news.route }

    /// Word of its news.
    package var news: InstanceNews { InstanceNews(id: id, name: name, version: version) }
}

/// A part of an inbox.
package struct InboxPart: Sendable {
    /// The messages of these numbers (``NewMessage/Visibility/order``), in their order.
    package var orders: ClosedRange<Int64>
    /// Only what was passed over and is from this instance; nil for all.
    package var sender: String?

    init(_ orders: ClosedRange<Int64>, sender: String? = nil) {
        self.orders = orders
        self.sender = sender
    }
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
    /// Those that run the orchestration of this name, in lower case, in this version.
    case orchestration(WorkName)
    /// Those that run the entity of this name, in lower case.
    case entity(String)
    /// Those that run the activity of this name in this version.
    case activity(WorkName)
}

/// What an orchestration or activity is asked for by.
package struct WorkName: Sendable, Hashable {
    /// Its name.
    package var name: String
    /// The version that is wanted; nil when none was named.
    package var version: String?

    /// A name in a version.
    package init(_ name: String, version: String?) {
        self.name = name
        self.version = version
    }

    /// The same as one text.
    package var text: String { version.map { name + Self.separator + $0 } ?? name }

    /// What stands between name and version in ``text``: a character that nobody types.
    package static let separator = "\u{1F}"

    /// The name of a ``text``.
    package init(text: String) {
        let parts = text.split(separator: Self.separator, maxSplits: 1, omittingEmptySubsequences: false)
        name = String(parts[0])
        version = parts.count > 1 ? String(parts[1]) : nil
    }
}

extension TaskCall {
    /// What workers ask for it by.
    package var workName: WorkName { WorkName(name, version: version) }
}

/// An instance with news, as a store reports it.
package struct InstanceNews: Sendable, Equatable {
    /// The instance's id.
    package var id: String
    /// Its name.
    package var name: String
    /// The version of its orchestration.
    package var version: String?

    /// News of an instance.
    package init(id: String, name: String, version: String?) {
        self.id = id
        self.name = name
        self.version = version
    }

    /// What workers ask for it by.
    package var route: WorkRoute {
        InstanceHead.isEntity(id)
            ? .entity(name.lowercased()) : .orchestration(WorkName(name.lowercased(), version: version))
    }

    /// The name and version as they are written.
    package var workName: WorkName { WorkName(name, version: version) }

    /// The text of the name, entities told apart from orchestrations.
    var kindName: String { InstanceHead.isEntity(id) ? "@\(name)" : workName.text }
}
