// Darkroom
// SPDX-License-Identifier: Apache-2.0

import DurableTask
import Protobuf

/// The operations of an entity that a worker gets in as many messages as they need, one after the other; the hub
/// stores them as one turn.
struct EntityBatch: Sendable {
    /// What the hub handed out.
    let item: EntityWorkItem
    /// What became of the operations so far.
    private(set) var turn: EntityTurn
    /// The operations that are lent.
    private(set) var lent: EntityWorkItem

    init(_ item: EntityWorkItem) {
        self.item = item
        turn = EntityTurn(results: [], state: item.state)
        lent = EntityWorkItem(instanceID: item.instanceID, state: item.state, operations: [])
    }

    /// Whether all operations were run.
    var isDone: Bool { turn.results.count == item.operations.count }

    /// The next operations as a message: as many as fit, in the state that those before them left.
    ///
    /// One that does not fit even alone fails.
    ///
    /// - Returns: nil when there are none left.
    mutating func next(within bytes: Int) -> [UInt8]? {
        while !isDone {
            let rest = item.operations.dropFirst(turn.results.count)
            lent = EntityWorkItem(
                instanceID: item.instanceID, state: turn.state, operations: fitting(rest, within: bytes))
            if let message { return message }
            turn.results.append(.failure(.tooLarge(rest.first?.operation ?? "", limit: bytes)))
        }
        return nil
    }

    /// Takes what a worker answers to the operations that it has.
    mutating func take(_ answer: EntityTurn) {
        turn.results += answer.results
        turn.effects += answer.effects
        turn.state = answer.state
        lent.operations = []
    }

    private func fitting(_ operations: ArraySlice<EntityOperation>, within bytes: Int) -> [EntityOperation] {
        var empty = EntityWorkItem(instanceID: item.instanceID, state: turn.state, operations: [])
        // The token, and what messages take around their parts.
        var left = bytes - 1_024 - Wire.EntityBatchRequest(empty).protobuf.count
        var fitting: [EntityOperation] = []
        for operation in operations {
            empty.operations = [operation]
            left -= Wire.EntityBatchRequest(empty).operations[0].protobuf.count + 16
            if left < 0 { break }
            fitting.append(operation)
        }
        return fitting
    }

    private var message: [UInt8]? {
        lent.operations.isEmpty ? nil : Wire.WorkItem(kind: .entityRequest(.init(lent))).protobuf
    }
}

extension TaskFailure {
    fileprivate static func tooLarge(_ operation: String, limit: Int) -> TaskFailure {
        TaskFailure(
            type: EngineType.payloadTooLarge,
            message: """
                the operation "\(operation)" and the entity's state do not fit into a message of \(limit) bytes: pass \
                a reference to where the bytes are
                """,
            isRetriable: false)
    }
}
