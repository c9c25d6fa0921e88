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
        _ locks: HubLocks, as member: Int64,
        _ decide: @escaping @Sendable ([String: InstanceHead]) throws -> HubChanges
    ) async throws -> HubReceipt {
        let lane = lanes.take()
        defer { lanes.giveBack(lane) }
        let last = Attempt()
        var collisions = 0
        while true {
            do {
                return try await commit(locks, as: member, in: lane, last, decide)
            } catch let error as SQLError where error.kind == .constraint && collisions < Self.mostAttempts {
                // Another process has created a row that was not there to be locked; decide again over it.
                collisions += 1
            }
        }
    }

    private func commit(
        _ locks: HubLocks, as member: Int64, in lane: Int64, _ last: Attempt,
        _ decide: @escaping @Sendable ([String: InstanceHead]) throws -> HubChanges
    ) async throws -> HubReceipt {
        try await persistently(as: member) { [database, dialect, lanes, taskCounter] isRepeated in
            let mark = lanes.nextMark()
            return try await database.write { connection in
                if isRepeated {
                    try Self.admit([.integer(member)], dialect.settledAdmission, connection)
                    if let receipt = last.receipt(ifCommitted: try Self.mark(in: lane, of: member, connection)) {
                        return receipt
                    }
                }
                let admission = dialect.markedAdmission.map {
                    SQLCall($0, [.integer(member), .integer(lane), .integer(mark)])
                }
                let opening = Opening(admission ?? SQLCall(dialect.admission, [.integer(member)]), locks, dialect)
                let (heads, drawn) = try opening.answers(connection)
                let numbers = drawn ?? RowNumbers(taskCounter)
                let changes = try decide(heads)
                var writer = ChangeWriter(connection, dialect, numbers: numbers)
                let receipt = changes.isEmpty ? HubReceipt() : try writer.write(changes)
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

/// What a commit asks before anything is decided, together.
private struct Opening {
    private let admission: SQLCall
    private let drawing: SQLCall?
    private let reading: [SQLCall]

    init(_ admission: SQLCall, _ locks: HubLocks, _ dialect: any SQLHubDialect) {
        self.admission = admission
        // As many numbers as are usually needed: an episode has one task, a message one target.
        drawing = dialect.drawing.map { SQLCall($0, [.int(locks.subjects.count + locks.targets.count)]) }
        reading = HeadRow.reading(locks, dialect)
    }

    /// The locked rows, and numbers for new ones where such are drawn.
    func answers(_ connection: any SQLConnection) throws -> ([String: InstanceHead], RowNumbers?) {
        let answers = try connection.queryAll([admission] + (drawing.map { [$0] } ?? []) + reading)
        if answers[0].isEmpty { throw MembershipEnded() }
        return (
            try HeadRow.heads(answers.suffix(reading.count)), drawing == nil ? nil : RowNumbers(answers[1])
        )
    }
}
