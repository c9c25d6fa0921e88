// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Sockets

@Suite struct TimerQueueTests {
    /// What fires by `now`, in order.
    private func fire(_ queue: inout TimerQueue, at now: Milliseconds) {
        while let action = queue.next(at: now) { action() }
    }

    @Test func timersFireInTheOrderOfTheirTimes() {
        var queue = TimerQueue()
        var fired: [Milliseconds] = []
        let times = (0..<500).map { Milliseconds($0 * 7919 % 500) }
        for time in times { _ = queue.add(due: time) { fired.append(time) } }
        fire(&queue, at: 99)
        #expect(fired == Array(0...99))
        #expect(queue.firstDue == 100)
        fire(&queue, at: 1000)
        #expect(fired == Array(0..<500))
        #expect(queue.firstDue == nil)
    }

    @Test func aCancelledTimerDoesNotFire() {
        var queue = TimerQueue()
        var fired: [Int] = []
        let timers = (0..<1000).map { number in queue.add(due: Milliseconds(number)) { fired.append(number) } }
        for number in 0..<1000 where number % 10 != 3 { queue.cancel(timers[number]) }
        fire(&queue, at: 2000)
        #expect(fired == Array(stride(from: 3, to: 1000, by: 10)))
        queue.cancel(timers[3])
        #expect(queue.firstDue == nil)
    }

    @Test func cancelledTimersTakeNoRoom() {
        var queue = TimerQueue()
        let kept = queue.add(due: 5) {}
        for _ in 0..<10_000 { queue.cancel(queue.add(due: 1_000_000) {}) }
        #expect(queue.count < 200)
        queue.cancel(kept)
    }
}
