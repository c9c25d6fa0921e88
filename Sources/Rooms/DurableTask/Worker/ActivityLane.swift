// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// A number of activities that run side by side, and which.
struct ActivityLane: Sendable {
    /// Which it fetches.
    var filter: WorkFilter
    /// How many run at once.
    let width: Int
    /// What slows its fetches down; nil when nothing does.
    let gate: RateGate?
    private let slots: ActivitySlots

    init(filter: WorkFilter, width: Int, gate: RateGate? = nil) {
        self.filter = filter
        self.width = width
        self.gate = gate
        slots = ActivitySlots(width)
    }

    /// How many may be under way at once: those that run, and those whose results are being stored.
    var depth: Int { 4 * width }

    /// Fetches, no faster than the lane may, and lets `body` run what was fetched.
    ///
    /// - Returns: nil when there is nothing more to fetch.
    func run<Value: Sendable>(
        _ next: () async throws -> ActivityWorkItem?, _ body: (ActivityWorkItem) async throws -> Value
    ) async throws -> Value? {
        await slots.take()
        defer { slots.giveBack() }
        let fetched = if let gate { try await gate.pass(next) } else { try await next() }
        guard let item = fetched else { return nil }
        return try await body(item)
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
