// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import Glibc

/// What the pool and its lanes share: the queue, under a lock, and an event for each lane.
final class WorkerBoard: Sendable {
    private struct State {
        var queue: WorkerQueue<WorkerJob>
        var pids: [Int: pid_t] = [:]
        var started = 0
        var lanes: Int
        var closers: [CheckedContinuation<Void, Never>] = []
    }

    /// One for each lane.
    let wakes: [WakeEvent]
    private let state: Lock<State>

    init(lanes: Int, maxWaiting: Int) {
        wakes = (0..<lanes).map { _ in WakeEvent() }
        state = Lock(State(queue: WorkerQueue(maxWaiting: maxWaiting), lanes: lanes))
    }

    var isClosed: Bool { state.withLock { $0.queue.isClosed } }

    var statistics: ImageWorkerPool.Statistics {
        state.withLock { state in
            ImageWorkerPool.Statistics(
                waiting: state.queue.waitingCount, processes: state.pids.values.sorted(), started: state.started)
        }
    }

    func submit(_ job: WorkerJob, id: UInt64) {
        switch state.withLock({ $0.queue.submit(job, id: id) }) {
        case .accepted(let lane): if let lane { wakes[lane].set() }
        case .refused(.busy):
            job.finish(.failure(ImagingFailure(.busy, "Too many pictures wait already; try again later.")))
        case .refused(let code):
            job.finish(.failure(ImagingFailure(code, "The picture workers are shut down.")))
        }
    }

    func cancel(_ id: UInt64) {
        switch state.withLock({ $0.queue.cancel(id) }) {
        case .removed(let job): job.finish(.failure(CancellationError()))
        case .interrupt(let lane): wakes[lane].set()
        case .nothing: break
        }
    }

    func next(lane: Int) -> WorkerQueue<WorkerJob>.Next { state.withLock { $0.queue.next(lane: lane) } }

    func takeFirst() -> WorkerQueue<WorkerJob>.Ticket? { state.withLock { $0.queue.takeFirst() } }

    func isCancelled(lane: Int) -> Bool { state.withLock { $0.queue.isCancelled(lane: lane) } }

    func finish(lane: Int) { state.withLock { $0.queue.finish(lane: lane) } }

    func started(lane: Int, pid: pid_t) {
        state.withLock { state in
            state.pids[lane] = pid
            state.started += 1
        }
    }

    /// The lane's thread is over.
    func ended(lane: Int) {
        let closers = state.withLock { state in
            state.pids[lane] = nil
            state.lanes -= 1
            defer { if state.lanes == 0 { state.closers = [] } }
            return state.lanes == 0 ? state.closers : []
        }
        for closer in closers { closer.resume() }
    }

    /// Gives up what waits, and lets the lanes end.
    func close() {
        let jobs = state.withLock { $0.queue.close() }
        for job in jobs { job.finish(.failure(ImagingFailure(.closed, "The picture workers are shut down."))) }
        for wake in wakes { wake.set() }
    }

    /// Waits until every lane has ended.
    func closed() async {
        await withCheckedContinuation { continuation in
            let isOver = state.withLock { state in
                if state.lanes > 0 { state.closers.append(continuation) }
                return state.lanes == 0
            }
            if isOver { continuation.resume() }
        }
    }
}
