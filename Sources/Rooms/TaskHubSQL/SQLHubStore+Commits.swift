// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import DurableTask
import SQL

/// The lanes of a member's commits: each has one commit at a time in it, from the first attempt to the last.
///
/// A commit leaves a mark in its lane's row that no other attempt leaves. Should its outcome come into doubt, the mark
/// is there or it is not, whatever was committed in the other lanes meanwhile.
final class CommitLanes: Sendable {
    private struct State {
        var free: [Int64] = []
        var count: Int64 = 0
        var lastMark: Int64 = 0
    }

    private let state = Lock(State())

    func take() -> Int64 {
        state.withLock { state in
            if let lane = state.free.popLast() { return lane }
            state.count += 1
            return state.count
        }
    }

    func giveBack(_ lane: Int64) { state.withLock { $0.free.append(lane) } }

    func nextMark() -> Int64 {
        state.withLock { state in
            state.lastMark += 1
            return state.lastMark
        }
    }
}

/// What the last attempt at a commit came to, should its outcome come into doubt.
private final class Attempt: Sendable {
    private let made = Lock<(receipt: HubReceipt, mark: Int64)?>(nil)

    func note(_ receipt: HubReceipt, _ mark: Int64) { made.withLock { $0 = (receipt, mark) } }

    /// The receipt, when the lane's mark says that the attempt was committed.
    func receipt(ifCommitted mark: Int64?) -> HubReceipt? {
        made.withLock { $0.flatMap { $0.mark == mark ? $0.receipt : nil } }
    }
}

extension SQLHubStore {
    func commit(
        _ locks: HubLocks, _ decide: @escaping @Sendable ([String: InstanceHead]) throws -> HubChanges
    ) async throws -> HubReceipt {
        let lane = lanes.take()
        defer { lanes.giveBack(lane) }
        let last = Attempt()
        while true {
            do {
                return try await commit(locks, in: lane, last, decide)
            } catch is ChangeWriter.IDTaken {
                // Another process has created a row that was not there to be locked; decide again over it.
                continue
            }
        }
    }

    private func commit(
        _ locks: HubLocks, in lane: Int64, _ last: Attempt,
        _ decide: @escaping @Sendable ([String: InstanceHead]) throws -> HubChanges
    ) async throws -> HubReceipt {
        let number = number
        return try await persistently { [database, dialect, lanes] isRepeated in
            let mark = lanes.nextMark()
            return try await database.write { connection in
                if isRepeated {
                    try Self.admit([.integer(number)], dialect.settledAdmission, connection)
                    if let receipt = last.receipt(ifCommitted: try Self.mark(in: lane, of: number, connection)) {
                        return receipt
                    }
                }
                if let admission = dialect.markedAdmission {
                    try Self.admit([.integer(number), .integer(lane), .integer(mark)], admission, connection)
                } else {
                    try Self.admit([.integer(number)], dialect.admission, connection)
                }
                let changes = try decide(try HeadRow.read(locks, connection, dialect))
                let receipt = changes.isEmpty ? HubReceipt() : try ChangeWriter(connection, dialect).write(changes)
                last.note(receipt, mark)
                return receipt
            }
        }
    }

    /// What the last commit in a lane left there.
    private static func mark(in lane: Int64, of member: Int64, _ connection: any SQLConnection) throws -> Int64? {
        let row = try connection.query(
            "SELECT mark FROM hub_lane WHERE member = ? AND lane = ?", [.integer(member), .integer(lane)]
        ).first
        return row?.int(0)
    }
}
