// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import DurableTask
import FoundationEssentials

/// An item that a worker elsewhere holds.
struct LentItem: Sendable {
    /// What it is, with what its completion needs.
    enum Work: Sendable {
        case orchestration(OrchestrationWorkItem, StoredHistory)
        case activity(ActivityWorkItem)
        case entity(EntityWorkItem)
    }

    let work: Work
    /// The stream on which it went out.
    let stream: UUID
    /// Where its slot goes back to.
    let slots: Slots
    let lentAt = ContinuousClock.now
    /// Actions of an answer that comes in parts.
    var actions: [Wire.OrchestratorAction] = []
}

/// The items that workers elsewhere hold, by the tokens with which they answer.
///
/// A token is good for one answer. After the item was handed out again the old token is unknown.
final class LentWork: Sendable {
    private let items = Lock<[String: LentItem]>([:])

    /// - Returns: the token.
    func lend(_ item: LentItem) -> String {
        let token = UUID().uuidString.lowercased()
        items.withLock { $0[token] = item }
        return token
    }

    /// Ends a loan.
    func take(_ token: String) -> LentItem? { items.withLock { $0.removeValue(forKey: token) } }

    /// Keeps the actions of a part of an answer.
    ///
    /// - Returns: whether the token is good.
    func add(_ actions: [Wire.OrchestratorAction], to token: String) -> Bool {
        items.withLock { $0[token]?.actions.append(contentsOf: actions) } != nil
    }

    /// Ends the loans that `isMeant`.
    func takeAll(where isMeant: (LentItem) -> Bool) -> [LentItem] {
        items.withLock { items in
            let tokens = items.filter { isMeant($0.value) }.map(\.key)
            return tokens.compactMap { items.removeValue(forKey: $0) }
        }
    }

    /// The activities on a stream, with their tokens.
    func activities(on stream: UUID) -> [(token: String, item: ActivityWorkItem)] {
        items.withLock { items in
            items.compactMap { token, lent in
                guard lent.stream == stream, case .activity(let item) = lent.work else { return nil }
                return (token, item)
            }
        }
    }

    /// The history that a worker replays before it answers.
    func history(of instanceID: String) -> StoredHistory? {
        items.withLock { items in
            for case .orchestration(let item, let history) in items.values.lazy.map(\.work)
            where item.instanceID == instanceID {
                return history
            }
            return nil
        }
    }
}
