// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Imaging

@Suite struct WorkerQueueTests {
    private func ticket(_ next: WorkerQueue<String>.Next) -> String? {
        if case .run(let ticket) = next { return ticket.job }
        return nil
    }

    @Test func jobsRunInTheirOrder() {
        var queue = WorkerQueue<String>(maxWaiting: 10)
        for (id, job) in ["a", "b", "c"].enumerated() {
            #expect(queue.submit(job, id: UInt64(id)) == .accepted(wake: nil))
        }
        #expect(ticket(queue.next(lane: 0)) == "a")
        #expect(ticket(queue.next(lane: 1)) == "b")
        queue.finish(lane: 0)
        #expect(ticket(queue.next(lane: 0)) == "c")
    }

    @Test func anIdleLaneIsWokenOnce() {
        var queue = WorkerQueue<String>(maxWaiting: 10)
        #expect(ticket(queue.next(lane: 3)) == nil)
        #expect(queue.submit("a", id: 1) == .accepted(wake: 3))
        #expect(queue.submit("b", id: 2) == .accepted(wake: nil))
    }

    @Test func tooManyAreRefused() {
        var queue = WorkerQueue<String>(maxWaiting: 1)
        #expect(queue.submit("a", id: 1) == .accepted(wake: nil))
        #expect(queue.submit("b", id: 2) == .refused(.busy))
    }

    @Test func aWaitingJobIsTakenOutAndARunningOneInterrupted() {
        var queue = WorkerQueue<String>(maxWaiting: 10)
        _ = queue.submit("a", id: 1)
        _ = queue.submit("b", id: 2)
        _ = queue.next(lane: 5)
        guard case .interrupt(lane: 5) = queue.cancel(1) else {
            Issue.record("a runs on lane 5")
            return
        }
        #expect(queue.isCancelled(lane: 5))
        guard case .removed("b") = queue.cancel(2) else {
            Issue.record("b waits")
            return
        }
        guard case .nothing = queue.cancel(2) else {
            Issue.record("b is over")
            return
        }
        queue.finish(lane: 5)
        #expect(!queue.isCancelled(lane: 5) && queue.waitingCount == 0)
    }

    @Test func aClosedQueueGivesUpWhatWaitsAndStopsItsLanes() {
        var queue = WorkerQueue<String>(maxWaiting: 10)
        _ = queue.submit("a", id: 1)
        #expect(queue.close() == ["a"])
        #expect(queue.submit("b", id: 2) == .refused(.closed))
        guard case .stop = queue.next(lane: 0) else {
            Issue.record("a closed queue stops its lanes")
            return
        }
    }
}
