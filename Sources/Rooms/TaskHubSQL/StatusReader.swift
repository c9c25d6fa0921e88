// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import DurableTask

/// Reads the instances that many callers ask for by one statement.
///
/// What is asked for while statements are on their way shares the next, as commits do: ends are stored together, so
/// those who waited for them ask together. A caller alone does not wait.
final class StatusReader: Sendable {
    private typealias Answer = Result<InstanceStatus?, any Error>

    private enum Turn: Sendable {
        case lead
        case done(Answer)
    }

    private struct Entry: Sendable {
        let id: String
        let waiter: CheckedContinuation<Turn, Never>
    }

    private struct State {
        /// How many callers lead, or are told to.
        var leaders = 0
        var waiting: [Entry] = []

        mutating func takeLead() -> Bool {
            guard leaders < StatusReader.width else { return false }
            leaders += 1
            return true
        }
    }

    /// How many statements may be on their way.
    private static let width = 2
    /// How many callers share a statement at the most.
    private static let batchLimit = 512

    private let state = Lock(State())

    /// What is known of an instance once `read` has read it, and perhaps others.
    ///
    /// - Throws: what `read` throws, or its answer for this instance.
    func status(
        of id: String, _ read: ([String]) async throws -> [String: Result<InstanceStatus, any Error>]
    ) async throws -> InstanceStatus? {
        if case .done(let answer) = await turn(of: id) { return try answer.get() }
        let others = state.withLock { state in
            let taken = Array(state.waiting.prefix(Self.batchLimit - 1))
            state.waiting.removeFirst(taken.count)
            return taken
        }
        let answers = await Self.answers(for: Array(Set([id] + others.map(\.id))), read)
        handOn()
        for other in others { other.waiter.resume(returning: .done(Self.answer(for: other.id, in: answers))) }
        return try Self.answer(for: id, in: answers).get()
    }

    /// What is known of instances; should the database not take one of the ids, the others are not the worse for it.
    private static func answers(
        for ids: [String], _ read: ([String]) async throws -> [String: Result<InstanceStatus, any Error>]
    ) async -> [String: Result<InstanceStatus, any Error>] {
        do {
            return try await read(ids)
        } catch let error as TaskHubError where error.code == .invalid && ids.count > 1 {
            let half = ids.count / 2
            let first = await answers(for: Array(ids.prefix(half)), read)
            return first.merging(await answers(for: Array(ids.suffix(from: half)), read)) { $1 }
        } catch {
            return Dictionary(uniqueKeysWithValues: ids.map { ($0, .failure(error)) })
        }
    }

    private func turn(of id: String) async -> Turn {
        if state.withLock({ $0.takeLead() }) { return .lead }
        return await withCheckedContinuation { waiter in
            let leads = state.withLock { state in
                if state.takeLead() { return true }
                state.waiting.append(Entry(id: id, waiter: waiter))
                return false
            }
            if leads { waiter.resume(returning: .lead) }
        }
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

    private static func answer(
        for id: String, in answers: [String: Result<InstanceStatus, any Error>]
    ) -> Answer {
        Result { try answers[id]?.get() }
    }
}
