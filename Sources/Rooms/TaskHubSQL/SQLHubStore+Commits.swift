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
            } catch let error as SQLError where error.kind == .constraint {
                // Another process has created a row that was not there to be locked; decide again over it.
                collisions += 1
                if collisions >= Self.mostAttempts { throw TaskHubError(refused: error) }
            }
        }
    }

    private func commit(
        _ locks: HubLocks, as member: Int64, in lane: Int64, _ last: Attempt,
        _ decide: @escaping @Sendable ([String: InstanceHead]) throws -> HubChanges
    ) async throws -> HubReceipt {
        try await persistently(as: member) { [knownHeads, dialect] isRepeated in
            let place = Place(member: member, lane: lane, mark: lanes.nextMark())
            if !isRepeated, let admission = dialect.strictAdmission, let guess = knownHeads.guess(locks, of: member),
                let receipt = try await commit(over: guess, admission, place, last, decide)
            {
                return receipt
            }
            return try await commit(locks, place, last, isRepeated, decide)
        }
    }

    /// Commits in one exchange what was decided over rows that were not read.
    ///
    /// - Returns: nil when the rows have to be read; then nothing was written.
    private func commit(
        over guess: Guess, _ admission: String, _ place: Place, _ last: Attempt,
        _ decide: @escaping @Sendable ([String: InstanceHead]) throws -> HubChanges
    ) async throws -> HubReceipt? {
        let outcome = Outcome()
        do {
            let receipt = try await database.write { [dialect, taskNumbers] connection in
                let changes = try decide(guess.heads)
                guard guess.isProven(by: changes) else { throw UnprovenGuess() }
                try connection.queryLater(SQLCall(admission, place.parameters)) { answer in
                    outcome.note(transaction: answer.first?.optionalText(1))
                }
                let writer = ChangeWriter(connection, dialect, taskNumbers, known: guess.known)
                let receipt = try writer.write(changes) { outcome.noteEnds($0) }
                outcome.note(changes.heads(over: guess.heads, ownedBy: place.member))
                last.note(receipt, place.mark)
                return receipt
            }
            knownHeads.learn(from: outcome, of: place.member)
            return outcome.completed(receipt)
        } catch is UnprovenGuess {
            return nil
        } catch let error as SQLError where !error.isRetriable && error.kind != .unknownOutcome {
            // Whatever it was: if it was not the guess, it fails again.
            knownHeads.beCareful()
            return nil
        }
    }

    /// Locks and reads rows, and commits what is decided over them.
    private func commit(
        _ locks: HubLocks, _ place: Place, _ last: Attempt, _ isRepeated: Bool,
        _ decide: @escaping @Sendable ([String: InstanceHead]) throws -> HubChanges
    ) async throws -> HubReceipt {
        let outcome = Outcome()
        let receipt = try await database.write { [dialect, taskNumbers] connection in
            if isRepeated {
                try Self.admit([.integer(place.member)], dialect.settledAdmission, connection)
                let mark = try Self.mark(in: place.lane, of: place.member, connection)
                if let receipt = last.receipt(ifCommitted: mark) { return receipt }
            }
            let answers = try Opening(place, locks, dialect).answers(connection)
            let changes = try decide(answers.heads)
            let writer = ChangeWriter(connection, dialect, taskNumbers, messageNumbers: answers.messageNumbers)
            let receipt = changes.isEmpty ? HubReceipt() : try writer.write(changes) { outcome.noteEnds($0) }
            // Without the number of its transaction no row is known again, so none need be made up.
            if let transaction = answers.transaction {
                outcome.note(transaction: transaction)
                outcome.note(changes.heads(over: answers.heads, ownedBy: place.member))
            }
            last.note(receipt, place.mark)
            return receipt
        }
        knownHeads.learn(from: outcome, of: place.member)
        return outcome.completed(receipt)
    }

    /// What the last commit in a lane left there.
    private static func mark(in lane: Int64, of member: Int64, _ connection: any SQLConnection) throws -> Int64? {
        let row = try connection.query(
            "SELECT mark FROM hub_lane WHERE member = ? AND lane = ?", [.integer(member), .integer(lane)]
        ).first
        return row?.int(0)
    }
}

/// A commit was decided over rows that were not read, and does not write to all of them.
private struct UnprovenGuess: Error {}

/// Whose commit it is, and what it leaves to be recognised by.
private struct Place: Sendable {
    let member: Int64
    let lane: Int64
    let mark: Int64

    var parameters: [SQLValue] { [.integer(member), .integer(lane), .integer(mark)] }
}

/// What a commit leaves, which transaction it is, and how instances ended in it.
private final class Outcome: Sendable {
    private let left = Lock<(heads: [InstanceHead], transaction: String?)>(([], nil))
    private let ends = Lock<[String: InstanceStatus]>([:])

    func note(transaction: String?) { left.withLock { $0.transaction = transaction } }

    func note(_ heads: [InstanceHead]) { left.withLock { $0.heads = heads } }

    /// What cannot be read is left to those who ask for it.
    func noteEnds(_ rows: [SQLRow]) {
        let statuses = rows.compactMap { try? InstanceRow.status($0) }
        ends.withLock { ends in
            for status in statuses { ends[status.id] = status }
        }
    }

    /// A receipt with the ends.
    func completed(_ receipt: HubReceipt) -> HubReceipt {
        var receipt = receipt
        receipt.ends = ends.withLock(\.self)
        return receipt
    }

    fileprivate func learnt() -> (heads: [InstanceHead], transaction: String)? {
        left.withLock { left in left.transaction.map { (left.heads, $0) } }
    }
}

extension KnownHeads {
    /// Takes note of what a commit left, where rows tell which transaction wrote them.
    fileprivate func learn(from outcome: Outcome, of member: Int64) {
        if let (heads, transaction) = outcome.learnt() { learn(heads, transaction, of: member) }
    }
}

/// What a commit asks before anything is decided, together.
private struct Opening {
    /// The rows that it locked, numbers for messages, and which transaction it is.
    struct Answers {
        let heads: [String: InstanceHead]
        let messageNumbers: [Int64]
        let transaction: String?
    }

    private let admission: SQLCall
    private let isMarked: Bool
    private let drawing: [SQLCall]
    private let reading: [SQLCall]

    init(_ place: Place, _ locks: HubLocks, _ dialect: any SQLHubDialect) {
        isMarked = dialect.markedAdmission != nil
        admission =
            dialect.markedAdmission.map { SQLCall($0, place.parameters) }
            ?? SQLCall(dialect.admission, [.integer(place.member)])
        // As many numbers as are usually needed: a message has one target.
        let count = locks.subjects.count + locks.targets.count
        drawing = dialect.messageDrawing.map { [SQLCall($0, [.int(count)])] } ?? []
        reading = HeadRow.reading(locks, dialect)
    }

    /// - Throws: ``MembershipEnded``.
    func answers(_ connection: any SQLConnection) throws -> Answers {
        let answers = try connection.queryAll([admission] + drawing + reading)
        guard let admitted = answers[0].first, !isMarked || admitted.int(0) > 0 else { throw MembershipEnded() }
        return Answers(
            heads: try HeadRow.heads(answers.suffix(reading.count)),
            messageNumbers: answers[1..<1 + drawing.count].joined().map { $0.int(0) },
            transaction: isMarked ? admitted.text(1) : nil)
    }
}
