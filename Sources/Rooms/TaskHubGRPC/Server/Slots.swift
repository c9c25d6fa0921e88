// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// How many items of a kind a worker may still take; one task waits for them.
struct Slots: Sendable {
    /// An element for each slot that is or becomes free; it ends when the task that waits is cancelled.
    let free: AsyncStream<Void>
    private let source: AsyncStream<Void>.Continuation

    init(_ count: Int) {
        (free, source) = AsyncStream.makeStream()
        for _ in 0..<count { source.yield() }
    }

    func giveBack() { source.yield() }
}
