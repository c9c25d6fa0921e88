// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import DurableTask

/// The rows of instances as this process's own commits left them, so that the next commit of one need not read it.
///
/// They are guesses. Each has a mark that changes with every write to the row, whoever writes it; a commit that was
/// decided over a row that has another mark by then writes nothing, and is decided again over what is read.
final class KnownHeads: Sendable {
    /// A row, and the transaction that wrote it.
    struct Known: Sendable {
        var head: InstanceHead
        var mark: String
    }

    private struct State {
        var member: Int64 = 0
        var recent: [String: Known] = [:]
        var older: [String: Known] = [:]
        /// How many commits read what they are decided over, because a guess was wrong of late.
        var caution = 0
    }

    /// How many rows are kept at least, when there are so many; twice as many at the most.
    private static let limit = 4_096
    /// How many commits a wrong guess makes careful.
    private static let careful = 32

    private let state = Lock(State())

    /// What a commit may be decided over without reading anything; nil when something has to be read.
    ///
    /// Rows that are to change are forgotten here: they come back with ``learn(_:_:of:)``.
    func guess(_ locks: HubLocks, of member: Int64) -> Guess? {
        state.withLock { state in
            if state.member != member { state = State(member: member) }
            var known: [String: Known] = [:]
            for id in locks.subjects {
                let older = state.older.removeValue(forKey: id)
                known[id] = state.recent.removeValue(forKey: id) ?? older
            }
            guard !locks.subjects.isEmpty, locks.targets.isEmpty else { return nil }
            guard locks.subjects.allSatisfy({ known[$0] != nil || locks.newcomers.contains($0) }) else { return nil }
            guard state.caution == 0 else {
                state.caution -= 1
                return nil
            }
            return Guess(known: known, newcomers: locks.subjects.filter { known[$0] == nil })
        }
    }

    /// A guess was wrong.
    func beCareful() { state.withLock { $0.caution = Self.careful } }

    /// Takes note of what a commit left.
    func learn(_ heads: [InstanceHead], _ mark: String, of member: Int64) {
        state.withLock { state in
            guard state.member == member else { return }
            for head in heads { state.recent[head.id] = Known(head: head, mark: mark) }
            guard state.recent.count >= Self.limit else { return }
            state.older = state.recent
            state.recent = [:]
        }
    }
}

/// Rows that were not read: those that are known, and those that most likely do not exist.
struct Guess: Sendable {
    let known: [String: KnownHeads.Known]
    let newcomers: Set<String>

    /// What a commit is decided over.
    var heads: [String: InstanceHead] { known.mapValues(\.head) }

    /// Whether writing these changes fails if any of the guesses is wrong.
    ///
    /// A row that exists refuses to be inserted; of one that is known the move finds out.
    func isProven(by changes: HubChanges) -> Bool {
        let moves = changes.joinedMoves.others.map(\.id)
        let created = Set(changes.newInstances.lazy.filter { !$0.head.isEntity }.map(\.head.id))
        return moves.count == known.count && Set(moves) == Set(known.keys) && newcomers.isSubset(of: created)
    }
}

extension HubChanges {
    /// The first episodes of instances that are created with them, by id, and all other moves.
    var joinedMoves: (beginnings: [String: InstanceMove], others: [InstanceMove]) {
        let created = Set(newInstances.map(\.head.id))
        guard !created.isEmpty else { return ([:], moves) }
        var beginnings: [String: InstanceMove] = [:]
        var others: [InstanceMove] = []
        for move in moves {
            if created.contains(move.id), beginnings[move.id] == nil {
                beginnings[move.id] = move
            } else {
                others.append(move)
            }
        }
        return (beginnings, others)
    }

    /// The rows, as the changes leave them, of instances that will soon change again: they call activities that their
    /// owner runs.
    ///
    /// - Parameter heads: The rows before.
    func heads(over heads: [String: InstanceHead], ownedBy owner: Int64) -> [InstanceHead] {
        let awaited = Set(tasks.lazy.filter { $0.lease != nil }.map(\.execution.instanceID))
        let others = [newRuns.map(\.head.id), continued.map(\.head.id), rewound.map(\.id), flags.map(\.id)].joined()
        let unclear = Set(others).union(deletedInstances)
        let created = Dictionary(newInstances.map { ($0.head.id, $0.head) }) { $1 }
        return moves.compactMap { move in
            guard awaited.contains(move.id), !unclear.contains(move.id), move.completion == nil else { return nil }
            guard var head = created[move.id] ?? heads[move.id], head.owner == owner else { return nil }
            head.status = move.status
            head.eventCount = move.position.eventCount
            head.byteCount = move.position.byteCount
            return head
        }
    }
}
