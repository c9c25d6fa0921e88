// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics

/// A wish of one caller: the rows that it is decided over, and the decision.
struct HubRequest: Sendable {
    let locks: HubLocks
    let decide: @Sendable (inout HubDraft) throws -> Void
}

/// Commits the requests of many callers together.
///
/// One commit is on its way at a time; what is asked for meanwhile shares the next. Whoever finds no commit on its
/// way leads: it commits what waits, and hands the lead on to one of those who came meanwhile.
final class HubJournal: Sendable {
    /// What a caller wants, and how it is told.
    private struct Entry: Sendable {
        let request: HubRequest
        let waiter: CheckedContinuation<Turn, Never>
    }

    private final class Answer<Value: Sendable>: Sendable {
        let value = Lock<Value?>(nil)
    }

    private enum Turn: Sendable {
        case lead
        case done(Result<Void, any Error>)
    }

    private struct State {
        var isCommitting = false
        var waiting: [Entry] = []
    }

    /// How many requests share a commit at the most.
    private static let batchLimit = 512

    private let state = Lock(State())
    private let commit: @Sendable ([HubRequest]) async -> [Result<Void, any Error>]

    /// A journal that commits batches with `commit`, which answers every request.
    init(commit: @escaping @Sendable ([HubRequest]) async -> [Result<Void, any Error>]) {
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
        let mustWait = state.withLock { state in
            defer { state.isCommitting = true }
            return state.isCommitting
        }
        guard mustWait else { return try await lead(with: request) }
        let turn = await withCheckedContinuation { waiter in
            let entry = Entry(request: request, waiter: waiter)
            let leads = state.withLock { state in
                guard state.isCommitting else {
                    state.isCommitting = true
                    return true
                }
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
        let others = state.withLock { state in
            let taken = Array(state.waiting.prefix(Self.batchLimit - 1))
            state.waiting.removeFirst(taken.count)
            return taken
        }
        let results = await commit([request] + others.map(\.request))
        handOn()
        for (entry, result) in zip(others, results.dropFirst()) { entry.waiter.resume(returning: .done(result)) }
        try results[0].get()
    }

    private func handOn() {
        let next = state.withLock { state -> Entry? in
            guard !state.waiting.isEmpty else {
                state.isCommitting = false
                return nil
            }
            return state.waiting.removeFirst()
        }
        next?.waiter.resume(returning: .lead)
    }
}
