// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics

/// A wish of one caller: the rows that it is decided over, and the decision.
struct HubRequest: Sendable {
    let locks: HubLocks
    let decide: @Sendable (inout HubDraft) throws -> Void
}

/// What became of requests that were committed together.
struct HubCommit: Sendable {
    /// One answer for each request.
    var results: [Result<Void, any Error>]
    /// Hands out what follows; called in the order of the commits.
    var handOut: @Sendable () -> Void

    init(results: [Result<Void, any Error>], handOut: @escaping @Sendable () -> Void) {
        self.results = results
        self.handOut = handOut
    }
}

/// Commits the requests of many callers together.
///
/// What is asked for while commits are on their way shares the next. Two may be on their way: the store finds the
/// second when it is done with the first, while what follows from the first is still handed out. Whoever finds room
/// leads: it commits what waits, and hands the lead on to one of those who came meanwhile.
final class HubJournal: Sendable {
    /// What a caller wants, and how it is told.
    fileprivate struct Entry: Sendable {
        let request: HubRequest
        let waiter: CheckedContinuation<Turn, Never>
    }

    private final class Answer<Value: Sendable>: Sendable {
        let value = Lock<Value?>(nil)
    }

    fileprivate enum Turn: Sendable {
        case lead
        case done(Result<Void, any Error>)
    }

    fileprivate struct State {
        /// How many callers lead, or are told to.
        var leaders = 0
        var waiting: [Entry] = []
        var nextTicket = 0
        /// The commit whose consequences are handed out next.
        var turn = 0
        var waitingForTurn: [Int: CheckedContinuation<Void, Never>] = [:]
    }

    /// How many requests share a commit at the most.
    fileprivate static let batchLimit = 512
    /// How many commits may be on their way.
    fileprivate static let width = 2

    private let state = Lock(State())
    private let commit: @Sendable ([HubRequest]) async -> HubCommit

    /// A journal that commits batches with `commit`, which answers every request.
    init(commit: @escaping @Sendable ([HubRequest]) async -> HubCommit) {
        self.commit = commit
    }

    /// Decides and stores a request; it is durable when the call returns.
    ///
    /// - Throws: what the request throws; the store's errors.
    func perform<Value: Sendable>(
        _ locks: HubLocks, _ decide: @escaping @Sendable (inout HubDraft) throws -> Value
    ) async throws -> Value {
        let answer = Answer<Value>()
        try await submit(
            HubRequest(locks: locks) { draft in
                let value = try decide(&draft)
                answer.value.withLock { $0 = value }
            })
        guard let value = answer.value.withLock({ $0 }) else {
            preconditionFailure("a request that succeeded was decided")
        }
        return value
    }

    private func submit(_ request: HubRequest) async throws {
        if state.withLock({ $0.takeLead() }) { return try await lead(with: request) }
        let turn = await withCheckedContinuation { waiter in
            let entry = Entry(request: request, waiter: waiter)
            let leads = state.withLock { state in
                if state.takeLead() { return true }
                state.waiting.append(entry)
                return false
            }
            if leads { waiter.resume(returning: .lead) }
        }
        switch turn {
        case .lead: try await lead(with: request)
        case .done(let result): try result.get()
        }
    }

    private func lead(with request: HubRequest) async throws {
        let (ticket, others) = state.withLock { $0.takeBatch() }
        let outcome = await commit([request] + others.map(\.request))
        handOn()
        await takeTurn(ticket)
        outcome.handOut()
        endTurn()
        for (entry, result) in zip(others, outcome.results.dropFirst()) {
            entry.waiter.resume(returning: .done(result))
        }
        try outcome.results[0].get()
    }

    private func handOn() {
        let next = state.withLock { state -> Entry? in
            guard !state.waiting.isEmpty else {
                state.leaders -= 1
                return nil
            }
            return state.waiting.removeFirst()
        }
        next?.waiter.resume(returning: .lead)
    }

    /// Waits until all earlier commits were handed out.
    private func takeTurn(_ ticket: Int) async {
        await withCheckedContinuation { waiter in
            let isNext = state.withLock { state in
                if state.turn == ticket { return true }
                state.waitingForTurn[ticket] = waiter
                return false
            }
            if isNext { waiter.resume() }
        }
    }

    private func endTurn() {
        let next = state.withLock { state in
            state.turn += 1
            return state.waitingForTurn.removeValue(forKey: state.turn)
        }
        next?.resume()
    }
}

extension HubJournal.State {
    /// Lets the caller lead when there is room.
    fileprivate mutating func takeLead() -> Bool {
        guard leaders < HubJournal.width else { return false }
        leaders += 1
        return true
    }

    /// The place of the next commit among all, and who shares it.
    fileprivate mutating func takeBatch() -> (ticket: Int, others: [HubJournal.Entry]) {
        let taken = Array(waiting.prefix(HubJournal.batchLimit - 1))
        waiting.removeFirst(taken.count)
        defer { nextTicket += 1 }
        return (nextTicket, taken)
    }
}
