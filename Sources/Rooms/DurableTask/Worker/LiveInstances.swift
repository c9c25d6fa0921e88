// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// An orchestrator that waits in memory, and the history it has seen.
struct LiveInstance {
    var orchestrator: Orchestrator
    var position: HistoryPosition
    /// What it is part of; nil when nobody traces it.
    var trace: RunTrace?
}

/// The instances that wait in memory; the one that waited longest leaves first.
struct LiveInstances {
    private let capacity: Int
    private var entries: [String: (instance: LiveInstance, ticket: UInt64)] = [:]
    private var order = FIFO<(id: String, ticket: UInt64)>()
    private var lastTicket: UInt64 = 0

    init(capacity: Int) { self.capacity = capacity }

    var count: Int { entries.count }

    /// Takes an instance out, to be used alone.
    mutating func take(_ id: String) -> LiveInstance? { entries.removeValue(forKey: id)?.instance }

    /// Puts an instance in, unless nobody knows what its history will be.
    ///
    /// - Returns: the instances that have to leave for it, or itself.
    mutating func put(_ instance: LiveInstance, _ id: String) -> [LiveInstance] {
        guard instance.position.isKnown else { return [instance] }
        lastTicket += 1
        var leaving = entries.removeValue(forKey: id).map { [$0.instance] } ?? []
        entries[id] = (instance, lastTicket)
        order.append((id, lastTicket))
        while entries.count > capacity, let oldest = takeOldest() { leaving.append(oldest) }
        compact()
        return leaving
    }

    /// Takes every instance out.
    mutating func takeAll() -> [LiveInstance] {
        defer { entries.removeAll() }
        return entries.values.map(\.instance)
    }

    private mutating func takeOldest() -> LiveInstance? {
        while let place = order.popFirst() {
            if entries[place.id]?.ticket == place.ticket { return take(place.id) }
        }
        return nil
    }

    /// Drops the places of instances that were taken out since.
    private mutating func compact() {
        guard order.count > 2 * entries.count + 64 else { return }
        let places = entries.map { (id: $0.key, ticket: $0.value.ticket) }.sorted { $0.ticket < $1.ticket }
        order = FIFO()
        for place in places { order.append(place) }
    }
}
