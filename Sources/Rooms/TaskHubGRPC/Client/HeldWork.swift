// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import DurableTask
import FoundationEssentials

/// What this process has from a hub elsewhere and has not answered, by the numbers that it gave the items.
final class HeldWork: Sendable {
    /// An episode.
    struct Episode: Sendable {
        let token: String
        let request: Wire.OrchestratorRequest
        /// What tells the run apart, in every episode the same.
        let executionID: String
        /// How far the history goes that came with it.
        let position: HistoryPosition
    }

    /// Something else.
    struct Errand: Sendable {
        let token: String
        let receivedAt: Date
    }

    /// The calls that answer one kind of items, or give them back.
    struct Calls: Sendable {
        let complete: String
        let abandon: String

        static let episode = Calls(complete: "CompleteOrchestratorTask", abandon: "AbandonTaskOrchestratorWorkItem")
        static let activity = Calls(complete: "CompleteActivityTask", abandon: "AbandonTaskActivityWorkItem")
        static let entity = Calls(complete: "CompleteEntityTask", abandon: "AbandonTaskEntityWorkItem")
    }

    private struct State {
        var lastNumber: Int64 = 0
        var episodes: [Int64: Episode] = [:]
        var activities: [Int64: Errand] = [:]
        var entities: [Int64: Errand] = [:]
    }

    private let state = Lock(State())

    func hold(_ episode: Episode) -> Int64 {
        state.withLock { state in
            state.lastNumber += 1
            state.episodes[state.lastNumber] = episode
            return state.lastNumber
        }
    }

    func holdActivity(_ errand: Errand) -> Int64 {
        state.withLock { state in
            state.lastNumber += 1
            state.activities[state.lastNumber] = errand
            return state.lastNumber
        }
    }

    func holdEntity(_ errand: Errand) -> Int64 {
        state.withLock { state in
            state.lastNumber += 1
            state.entities[state.lastNumber] = errand
            return state.lastNumber
        }
    }

    func episode(_ number: Int64) -> Episode? { state.withLock { $0.episodes[number] } }

    func activity(_ number: Int64) -> Errand? { state.withLock { $0.activities[number] } }

    func entity(_ number: Int64) -> Errand? { state.withLock { $0.entities[number] } }

    func dropEpisode(_ number: Int64) { state.withLock { $0.episodes[number] = nil } }

    func dropActivity(_ number: Int64) { state.withLock { $0.activities[number] = nil } }

    func dropEntity(_ number: Int64) { state.withLock { $0.entities[number] = nil } }

    /// Forgets everything.
    ///
    /// - Returns: the calls that give it back, with their tokens.
    func takeAll() -> [(call: String, token: String)] {
        state.withLock { state in
            defer { state = State(lastNumber: state.lastNumber) }
            return state.episodes.values.map { (Calls.episode.abandon, $0.token) }
                + state.activities.values.map { (Calls.activity.abandon, $0.token) }
                + state.entities.values.map { (Calls.entity.abandon, $0.token) }
        }
    }
}
