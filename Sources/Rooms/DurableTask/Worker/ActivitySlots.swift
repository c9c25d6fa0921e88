// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics

/// How many activities of a lane may run at once.
///
/// A slot is held while an activity is fetched and its body runs, not while its result is stored: the processor would
/// wait for the disk.
final class ActivitySlots: Sendable {
    private struct State {
        var free: Int
        var waiters = FIFO<CheckedContinuation<Void, Never>>()

        mutating func takeFree() -> Bool {
            guard free > 0 else { return false }
            free -= 1
            return true
        }
    }

    private let state: Lock<State>

    init(_ count: Int) { state = Lock(State(free: count)) }

    /// Waits for a slot; whoever has one gives it back.
    func take() async {
        if state.withLock({ $0.takeFree() }) { return }
        await withCheckedContinuation { waiter in
            let isFree = state.withLock { state in
                if state.takeFree() { return true }
                state.waiters.append(waiter)
                return false
            }
            if isFree { waiter.resume() }
        }
    }

    /// Lets the next one have the slot.
    func giveBack() {
        let waiter = state.withLock { state in
            let waiter = state.waiters.popFirst()
            if waiter == nil { state.free += 1 }
            return waiter
        }
        waiter?.resume()
    }
}
