// Darkroom
// SPDX-License-Identifier: Apache-2.0

package import FoundationEssentials

/// Which tasks a process leases from its store.
///
/// They are of one priority, the highest that there is, and each fairness key has its share of them. Beside them there
/// may be one that is suspicious: it was lost ``HubConfiguration/suspicion`` times, so it may be what ends its
/// processes.
package struct TaskClaim: Sendable {
    /// The name and version.
    package var name: WorkName
    /// How many at the most; one more when a suspicious one is among them.
    package var limit: Int
    /// A number whose upper half is the member's.
    package var lease: Int64
    /// Only tasks of a higher priority; nil for all.
    package var above: Int?
    /// The last key that had a share, when there are more keys than a claim has room for.
    package var afterKey: String?
    /// Whether a suspicious task may be leased: only while the process has no other.
    package var takesSuspect = true
    /// How often a task was lost that is suspicious.
    package var suspicion = HubConfiguration.suspicion

    /// A claim of any priority.
    package init(_ name: WorkName, limit: Int, lease: Int64) {
        self.name = name
        self.limit = limit
        self.lease = lease
    }

    /// How many tasks each of some keys may have.
    package func share(of keys: Int) -> Int { max(1, limit / max(1, keys)) }
}

/// How a task comes back to the queue.
package enum TaskReturn: Sendable, Equatable {
    /// Its holder gave it back, or never had it.
    case inOrder
    /// Nobody answered for it; that counts against it.
    case unanswered
    /// It is set aside for a reason.
    case parked(String)

    /// By how much the number of its losses rises.
    package var loss: Int { self == .unanswered ? 1 : 0 }

    /// Why it is set aside; nil when it is not.
    package var reason: String? { if case .parked(let reason) = self { reason } else { nil } }
}

extension ActivityWorkItem {
    /// When it must have begun; nil when its caller waits as long as it takes.
    var startLimit: Date? {
        guard queuedAt > .distantPast, let limit = call.scheduleToStart else { return nil }
        return queuedAt.adding(limit)
    }

    /// What the caller hears when it has waited longer for a worker than it may; nil while it has not.
    package func lateness(at now: Date) -> TaskFailure? {
        guard let limit = startLimit, limit < now else { return nil }
        return lateness
    }

    /// What the caller hears when it waited longer for a worker than it may.
    var lateness: TaskFailure {
        let limit = call.scheduleToStart ?? .zero
        return .timeout("activity \"\(call.name)\" waited longer than \(limit) for a worker")
    }
}

extension NewTask {
    /// When it must have begun; nil when its caller waits as long as it takes.
    package var startLimit: Date? { call.scheduleToStart.map { time.adding($0) } }
}
