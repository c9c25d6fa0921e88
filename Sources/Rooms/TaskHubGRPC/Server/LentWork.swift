// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import DurableTask
import FoundationEssentials
import Protobuf

/// An item that a worker elsewhere holds.
struct LentItem: Sendable {
    /// What it is, with what its completion needs.
    enum Work: Sendable {
        case orchestration(OrchestrationWorkItem, StoredHistory)
        case activity(ActivityWorkItem)
        case entity(EntityBatch)
    }

    let work: Work
    /// The stream on which it went out.
    let stream: UUID
    /// Where its slot goes back to.
    let slots: Slots
    let lentAt = ContinuousClock.now
    /// Whether news were left in the inbox that the worker could not take along.
    var isCut = false
    /// When an activity began, on the hub's clock.
    var begunAt = Date.distantPast
    /// Whether somebody else listens for the signs of life of an activity, as the workers of the house do.
    var isHeard = false
    /// The parts of an answer that came.
    var parts = AnswerParts()
}

extension LentItem {
    /// When a worker has had an activity for longer than its caller allows; nil for never.
    ///
    /// The protocol has no heartbeats: most workers were last heard of when they got it.
    var deadline: Date? {
        guard case .activity(let item) = work else { return nil }
        return item.call.deadline(begunAt: begunAt, lastBeat: isHeard ? nil : begunAt)
    }

    /// The activity, and what its caller hears when a worker has had it for too long.
    func overrun(at now: Date) -> (item: ActivityWorkItem, failure: TaskFailure)? {
        guard case .activity(let item) = work else { return nil }
        return item.call.overrun(begunAt: begunAt, lastBeat: isHeard ? nil : begunAt, at: now).map { (item, $0) }
    }
}

/// The parts of an answer that are not the last.
struct AnswerParts: Sendable {
    private(set) var actions: [Wire.OrchestratorAction] = []
    private var count = 0
    private var bytes = 0

    /// Takes another part.
    ///
    /// - Throws: ``ProtocolError`` when it is out of order, or all together are too long.
    mutating func add(_ part: Wire.OrchestratorResponse, most: Int) throws {
        try checkOrder(of: part)
        count += 1
        bytes += part.protobuf.count
        guard bytes <= most else { throw ProtocolError("the answer takes more than \(most) bytes") }
        actions += part.actions
    }

    /// - Throws: ``ProtocolError`` when the part is not the next.
    func checkOrder(of part: Wire.OrchestratorResponse) throws {
        guard part.isPartial || count > 0, let index = part.chunkIndex, Int(index) != count else { return }
        throw ProtocolError("part \(index) of the answer came when part \(count) was next")
    }
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

    /// Keeps a part of an answer.
    ///
    /// - Returns: whether the token is good.
    /// - Throws: ``ProtocolError`` when the part cannot be kept.
    func add(_ part: Wire.OrchestratorResponse, most bytes: Int) throws -> Bool {
        try items.withLock { items in
            guard var item = items[part.completionToken] else { return false }
            items[part.completionToken] = nil
            defer { items[part.completionToken] = item }
            try item.parts.add(part, most: bytes)
            return true
        }
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

    /// When the first activity on a stream will have taken too long; nil when none ever will.
    func firstDeadline(on stream: UUID) -> Date? {
        items.withLock { items in items.values.lazy.filter { $0.stream == stream }.compactMap(\.deadline).min() }
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
