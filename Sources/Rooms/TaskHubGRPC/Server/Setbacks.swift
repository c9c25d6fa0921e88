// Darkroom
// SPDX-License-Identifier: Apache-2.0

import DurableTask

/// How often in a row items came back undone, so that the pauses before they go out again grow.
struct Setbacks: Sendable {
    /// An item over all its deliveries.
    struct Key: Hashable, Sendable {
        /// The instance, or the entity.
        var instanceID: String
        /// The activity's action in it; nil for an episode or a batch of operations.
        var taskID: Int?
    }

    /// What is purged or ended from outside never succeeds; it is forgotten with everything else.
    private static let mostKeys = 10_000

    private var counts: [Key: Int] = [:]

    /// An item comes back.
    ///
    /// - Returns: how often in a row.
    mutating func note(_ key: Key) -> Int {
        if counts.count >= Self.mostKeys, counts[key] == nil { counts = [:] }
        counts[key, default: 0] += 1
        return counts[key, default: 1]
    }

    /// An item was done.
    mutating func forget(_ key: Key) { counts[key] = nil }
}

extension LentItem {
    /// What tells it apart, over all deliveries.
    var key: Setbacks.Key {
        switch work {
        case .orchestration(let item, _): Setbacks.Key(instanceID: item.instanceID)
        case .activity(let item): Setbacks.Key(instanceID: item.instanceID, taskID: item.taskID)
        case .entity(let batch): Setbacks.Key(instanceID: batch.item.instanceID)
        }
    }
}
