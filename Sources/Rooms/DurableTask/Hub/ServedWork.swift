// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics

/// What the workers of this process take, as far as they have asked for work.
///
/// In a shared hub a process keeps only that; everything else is for the others.
struct ServedWork: Sendable {
    private struct Place {
        var intake: Intake
        var filters: [RouteFilter]
    }

    private var places: [Place] = []
    /// Whether somebody has left who asked for work, so that what waits here may be for others.
    private(set) var hasLost = false

    /// Whether anybody takes what has this route.
    func admits(_ route: WorkRoute) -> Bool {
        places.contains { place in place.filters.contains { $0.admits(route) } }
    }

    /// Somebody asks for work.
    ///
    /// - Returns: whether it is the first time.
    mutating func note(_ filter: RouteFilter, _ intake: Intake) -> Bool {
        guard let index = places.firstIndex(where: { $0.intake == intake }) else {
            places.append(Place(intake: intake, filters: [filter]))
            return true
        }
        if places[index].filters.contains(filter) { return false }
        places[index].filters.append(filter)
        return true
    }

    /// Nobody will ask through an intake any more.
    mutating func forget(_ intake: Intake) {
        let count = places.count
        places.removeAll { $0.intake == intake }
        if places.count < count { hasLost = true }
    }
}

/// What this process keeps of the instances that come into being: all, unless others are there to take them.
struct KeptWork: Sendable {
    /// What its workers take; nil when no other process works on the store.
    var served: ServedWork?
    /// Whether its workers will soon get to another instance.
    var hasRoom = true

    static let all = KeptWork()

    func admits(_ route: WorkRoute) -> Bool { served.map { hasRoom && $0.admits(route) } ?? true }
}

extension EmbeddedTaskHub.State {
    /// How many instances wait beside a new one, once it is worth counting.
    ///
    /// Those that nobody here takes are counted apart: whose worker is absent must not stand in the way of others.
    func waitingCount(beside route: WorkRoute, limit: Int) -> Int {
        guard instances.waitingCount >= limit else { return instances.waitingCount }
        let isServed = served.admits(route)
        return instances.waitingCount { served.admits($0) == isServed }
    }

    /// Notes when what waits here is for others.
    ///
    /// - Returns: whether that is new.
    mutating func noteWorkForOthers() -> Bool {
        guard served.hasLost, !mustGiveBack else { return false }
        mustGiveBack =
            instances.hasWaiting { !served.admits($0) } || activities.hasQueued { !served.admits(.activity($0)) }
        return mustGiveBack
    }
}

// Work that is for others.
extension EmbeddedTaskHub {
    /// Remembers what is asked for; what nobody asked for before may lie in the store.
    func serve(_ filter: RouteFilter, _ intake: Intake) {
        state.withLock { state in
            guard state.served.note(filter, intake), store.isShared else { return }
            state.strangers = []
            state.mayClaim = true
        }
    }

    /// Lets others have what waits here for workers that are not there any more.
    func giveUnservedBack(_ shared: any SharedHubStore) async throws {
        let (instances, unstored, tasks) = state.withLock { state in
            state.mustGiveBack = false
            let served = state.served
            let (instances, unstored) = state.instances.takeWaiting { !served.admits($0) }
            return (instances, unstored, state.activities.takeQueued { !served.admits(.activity($0)) })
        }
        for waiter in unstored { waiter.resume(returning: false) }
        if !tasks.isEmpty { doubt { $0.give(back: tasks, .inOrder) } }
        if !instances.isEmpty { try await shared.disown(instances) }
    }
}
