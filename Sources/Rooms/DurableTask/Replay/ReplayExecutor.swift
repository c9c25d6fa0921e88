// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics

/// A queue of jobs that the engine drains by hand, first in first out, on the thread that runs the episode.
///
/// Everything an orchestrator does with `async let`, task groups and its context is enqueued from within a drain,
/// so its order depends on nothing else. A job that arrives from outside belongs to work that escaped
/// (`Task.sleep`, another actor, an unstructured task): its place in the order is chance, so it is not run but
/// reported.
final class ReplayExecutor: TaskExecutor {
    private struct State {
        var jobs = FIFO<UnownedJob>()
        /// The thread that drains, 0 when none does.
        var drainer: UInt = 0
        var hasEscape = false
        var isClosed = false
    }

    private enum Arrival {
        case inOrder
        case escape(isFirst: Bool)
        case late
    }

    private let state = Lock(State())
    private let reportEscape: @Sendable () -> Void

    /// An executor that calls `reportEscape` once, on any thread, when work returns from outside.
    init(reportEscape: @escaping @Sendable () -> Void) {
        self.reportEscape = reportEscape
    }

    /// Whether the calling thread is inside ``run(_:)``.
    var isCurrent: Bool {
        let thread = currentThreadToken()
        return state.withLock { $0.drainer == thread }
    }

    /// Whether work came back from outside.
    var hasEscape: Bool { state.withLock { $0.hasEscape } }

    /// Notes an escape that was seen elsewhere.
    func noteEscape() {
        let isFirst = state.withLock { state in
            defer { state.hasEscape = true }
            return !state.hasEscape
        }
        if isFirst { reportEscape() }
    }

    /// Runs `body`, then every job that it and its jobs enqueue, until none is left.
    func run(_ body: () -> Void) {
        let thread = currentThreadToken()
        state.withLock { $0.drainer = thread }
        body()
        while let job = next() {
            unsafe job.runSynchronously(on: asUnownedTaskExecutor())
        }
    }

    /// Lets what arrives from now on finish on Swift's own threads: nobody drains any more.
    func close() {
        let stragglers = state.withLock { state in
            state.isClosed = true
            var jobs: [UnownedJob] = []
            while let job = state.jobs.popFirst() { jobs.append(job) }
            return jobs
        }
        for job in stragglers { globalConcurrentExecutor.enqueue(job) }
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let thread = currentThreadToken()
        let arrival = state.withLock { state -> Arrival in
            if state.isClosed { return .late }
            state.jobs.append(job)
            if state.drainer == thread { return .inOrder }
            defer { state.hasEscape = true }
            return .escape(isFirst: !state.hasEscape)
        }
        switch arrival {
        case .inOrder, .escape(isFirst: false): break
        case .escape(isFirst: true): reportEscape()
        case .late: globalConcurrentExecutor.enqueue(job)
        }
    }

    private func next() -> UnownedJob? {
        state.withLock { state in
            if let job = state.jobs.popFirst() { return job }
            state.drainer = 0
            return nil
        }
    }
}
