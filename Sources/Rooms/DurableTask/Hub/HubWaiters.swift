// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// Who waits for something to happen in a hub.
struct HubWaiters {
    /// A fetch of instances.
    struct Instance {
        var intake: Intake
        var filter: RouteFilter
        var bell: Bell
    }

    /// A fetch of activities.
    struct Activity {
        var intake: Intake
        var filter: WorkFilter
        var bell: Bell
    }

    /// A fetch of cancellations.
    struct Cancellation {
        var intake: Intake
        var bell: Bell
    }

    var instances: [Instance] = []
    /// The fetches of instances that were woken and have not looked yet.
    fileprivate var called: Set<ObjectIdentifier> = []
    var activities: [Activity] = []
    var cancellations: [Cancellation] = []
    /// Who waits for an instance to begin.
    var beginnings: [String: [Bell]] = [:]
    /// Who waits for an instance to end.
    var ends: [String: [Bell]] = [:]
    /// How the instance of a bell that rings ended, where the commit said so.
    private var reports: [ObjectIdentifier: InstanceStatus] = [:]

    /// Whether a worker that answers at once waits for orchestrations like this.
    func hasImmediateWorker(for route: WorkRoute) -> Bool {
        instances.contains { $0.intake.isImmediate && $0.filter.admits(route) }
    }

    /// The bells of everybody who fetches through an intake.
    mutating func take(_ intake: Intake) -> [Bell] {
        defer {
            instances.removeAll { $0.intake === intake }
            activities.removeAll { $0.intake === intake }
            cancellations.removeAll { $0.intake === intake }
        }
        return instances.filter { $0.intake === intake }.map(\.bell)
            + activities.filter { $0.intake === intake }.map(\.bell)
            + cancellations.filter { $0.intake === intake }.map(\.bell)
    }

    /// The bells of everybody who fetches cancellations.
    mutating func takeCancellations() -> [Bell] {
        defer { cancellations = [] }
        return cancellations.map(\.bell)
    }

    /// The bells of those who wait for what became of an instance.
    mutating func takeChanged(_ id: String, isEnded: Bool) -> [Bell] {
        var bells: [Bell] = []
        if !beginnings.isEmpty { bells += beginnings.removeValue(forKey: id) ?? [] }
        if isEnded, !ends.isEmpty { bells += ends.removeValue(forKey: id) ?? [] }
        return bells
    }

    /// Notes how instances ended, for those whose bells are rung for that.
    mutating func report(_ statuses: [String: InstanceStatus]) {
        for (id, status) in statuses where status.status.isFinal {
            for bell in ends[id] ?? [] { reports[ObjectIdentifier(bell)] = status }
        }
    }

    /// How the instance of a bell ended; nil when the store has to be asked.
    mutating func takeReport(_ bell: Bell) -> InstanceStatus? {
        reports.isEmpty ? nil : reports.removeValue(forKey: ObjectIdentifier(bell))
    }

    /// The bells of everybody who waits for an end.
    mutating func takeEnds() -> [Bell] {
        defer { ends = [:] }
        return ends.values.flatMap { $0 }
    }

    /// A fetch of instances that was woken looks now.
    ///
    /// - Returns: whether it was woken for an instance, which it leaves to others if it takes none.
    mutating func answers(_ bell: Bell) -> Bool { called.remove(ObjectIdentifier(bell)) != nil }

    /// A wait was cancelled.
    mutating func remove(_ bell: Bell) {
        instances.removeAll { $0.bell === bell }
        activities.removeAll { $0.bell === bell }
        cancellations.removeAll { $0.bell === bell }
    }
}

extension EmbeddedTaskHub.State {
    /// The bells of those who would not wait any more: at most one fetch for each instance that waits, those included
    /// that are on their way.
    ///
    /// The fetch that came last is woken first: its worker is the warmest.
    mutating func takeBells() -> [Bell] {
        takeInstanceBells() + takeActivityBells()
    }

    private mutating func takeActivityBells() -> [Bell] {
        var bells: [Bell] = []
        var index = waiters.activities.count - 1
        while index >= 0, bells.count < activities.offeredCount {
            if activities.hasWork(waiters.activities[index].filter) {
                bells.append(waiters.activities.remove(at: index).bell)
            }
            index -= 1
        }
        return bells
    }

    private mutating func takeInstanceBells() -> [Bell] {
        var bells: [Bell] = []
        var index = waiters.instances.count - 1
        while index >= 0, waiters.called.count < instances.waitingCount {
            if instances.hasNext(waiters.instances[index].filter) {
                let bell = waiters.instances.remove(at: index).bell
                waiters.called.insert(ObjectIdentifier(bell))
                bells.append(bell)
            }
            index -= 1
        }
        return bells
    }
}
