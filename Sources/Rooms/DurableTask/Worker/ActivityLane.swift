// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// A number of activities that run side by side, and which.
struct ActivityLane: Sendable {
    /// Which it fetches.
    var filter: WorkFilter
    /// How many run at once.
    var width: Int
    /// What slows its fetches down; nil when nothing does.
    var gate: RateGate?

    /// Fetches, no faster than the lane may.
    func fetch(_ next: () async throws -> ActivityWorkItem?) async throws -> ActivityWorkItem? {
        guard let gate else { return try await next() }
        return try await gate.pass(next)
    }
}

extension WorkerConfiguration {
    /// Activities with a limit or a rate of their own have a lane each; all others share one.
    ///
    /// - Parameter known: The names of the activities that the worker has, in lower case.
    func lanes(known: Set<String>, clock: any HubClock) -> [ActivityLane] {
        let limits = Dictionary(activityLimits.map { ($0.key.lowercased(), $0.value) }) { min($0, $1) }
        let rates = Dictionary(activityRates.map { ($0.key.lowercased(), $0.value) }) { first, _ in first }
        let names = Set(limits.keys).union(rates.keys)
        let own = names.sorted().filter { unknownNames == .fail || known.contains($0) }.map { name in
            ActivityLane(
                filter: .only([name]), width: limits[name] ?? concurrentActivities,
                gate: rates[name].map { RateGate($0, clock: clock) })
        }
        return own + [ActivityLane(filter: filter(known, except: names), width: concurrentActivities)]
    }

    /// What a worker fetches that has these names.
    func filter(_ known: Set<String>, except others: Set<String> = []) -> WorkFilter {
        switch unknownNames {
        case .fail: .except(others)
        case .leave: .only(known.subtracting(others))
        }
    }
}
