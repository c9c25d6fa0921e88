// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import DurableTask

/// Items of one kind that came and wait to be fetched, and fetches that wait for an item.
final class WorkQueue<Item: Sendable>: Sendable {
    private struct Fetch {
        let filter: WorkFilter
        let intake: Intake
        let continuation: CheckedContinuation<Item?, Never>
    }

    private struct State {
        var items: [(name: String, item: Item)] = []
        var fetches: [(id: Int, fetch: Fetch)] = []
        var lastID = 0
    }

    private let state = Lock(State())

    /// Hands an item to a fetch that takes it, or keeps it.
    func put(_ item: Item, name: String) {
        let fetch = state.withLock { state -> Fetch? in
            guard let index = state.fetches.firstIndex(where: { $0.fetch.filter.admits(name) }) else {
                state.items.append((name, item))
                return nil
            }
            return state.fetches.remove(at: index).fetch
        }
        fetch?.continuation.resume(returning: item)
    }

    /// Waits for an item.
    ///
    /// - Returns: nil once the intake is closed or the task is cancelled.
    func next(_ filter: WorkFilter, _ intake: Intake) async -> Item? {
        let id = state.withLock { state in
            state.lastID += 1
            return state.lastID
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let outcome = state.withLock { state -> Item?? in
                    if intake.isClosed || Task.isCancelled { return .some(nil) }
                    if let index = state.items.firstIndex(where: { filter.admits($0.name) }) {
                        return state.items.remove(at: index).item
                    }
                    let fetch = Fetch(filter: filter, intake: intake, continuation: continuation)
                    state.fetches.append((id, fetch))
                    return nil
                }
                if let outcome { continuation.resume(returning: outcome) }
            }
        } onCancel: {
            end { $0 == id || $1.isClosed }
        }
    }

    /// Ends the fetches of an intake that was closed.
    func close(_ intake: Intake) { end { $1 === intake } }

    /// Takes out what nobody fetched.
    func takeAll() -> [Item] {
        state.withLock { state in
            defer { state.items = [] }
            return state.items.map(\.item)
        }
    }

    private func end(where isMeant: (Int, Intake) -> Bool) {
        let ended = state.withLock { state in
            let ended = state.fetches.filter { isMeant($0.id, $0.fetch.intake) }
            state.fetches.removeAll { isMeant($0.id, $0.fetch.intake) }
            return ended
        }
        for entry in ended { entry.fetch.continuation.resume(returning: nil) }
    }
}
