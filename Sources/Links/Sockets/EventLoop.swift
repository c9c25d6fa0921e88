// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import CLinux
import Glibc
import Synchronization

/// Milliseconds on a clock that never runs backwards; only differences mean anything.
package typealias Milliseconds = Int64

/// One thread that waits for descriptors and runs what waited for them.
///
/// It is a Swift executor: a task that prefers the loop resumes on this thread when its socket is ready, without a hop
/// to another thread, which would cost more than a whole request.
///
/// Unchecked: everything but the inbox belongs to the loop's thread alone, which ``assertCurrent()`` checks.
package final class EventLoop: @unchecked Sendable {
    private struct Inbox {
        var jobs: [UnownedJob] = []
        var calls: [@Sendable () -> Void] = []
        var isSignalled = false
        var isStopping = false
    }

    private let epoll: Epoll
    private let bell: Int32
    private let inbox = Lock(Inbox())
    private let token = Atomic<UInt>(0)

    // The rest belongs to the loop's thread.
    private var jobs: [UnownedJob] = []
    private var runningJobs: [UnownedJob] = []
    private var channels: [Int32: Channel] = [:]
    private var isStopping = false
    private var nextSweep: Milliseconds = 0
    /// The time when the loop last woke up.
    package private(set) var now: Milliseconds = 0
    private var timers = TimerQueue()
    /// How many waits have a deadline; without any, the loop sleeps until something happens.
    var deadlines = 0

    /// How often deadlines are looked at.
    private static let sweepInterval: Milliseconds = 250

    /// - Throws: ``SocketError`` when the system has no descriptors left.
    init() throws {
        epoll = try Epoll()
        bell = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
        guard bell >= 0, epoll.add(bell, events: EPOLLIN.rawValue) else {
            throw SocketError(.resources, "no descriptors left for an event loop; raise the limit (ulimit -n)")
        }
        let thread = startThread { [self] in run() }
        pthread_detach(thread)
    }

    deinit { close(bell) }

    /// Whether the caller runs on the loop's thread.
    package var isCurrent: Bool { token.load(ordering: .relaxed) == currentThreadToken() }

    /// Traps when somebody else than the loop's thread touches what belongs to it.
    package func assertCurrent() { precondition(isCurrent, "a connection's state belongs to its event loop") }

    /// Ends the thread once no work is left.
    func stop() {
        post { $0.isStopping = true }
    }

    /// Runs `call` on the loop's thread, soon.
    package func execute(_ call: @escaping @Sendable () -> Void) {
        post { $0.calls.append(call) }
    }

    /// Takes a job of a task that prefers the loop.
    func take(_ job: UnownedJob) {
        if isCurrent { jobs.append(job) } else { post { $0.jobs.append(job) } }
    }

    private func post(_ change: (inout Inbox) -> Void) {
        let wasSignalled = inbox.withLock { inbox in
            change(&inbox)
            defer { inbox.isSignalled = true }
            return inbox.isSignalled
        }
        if !wasSignalled { eventfd_write(bell, 1) }
    }
}

// MARK: Descriptors; loop's thread only

extension EventLoop {
    /// Reports the channel's readiness from now on, each change once.
    ///
    /// - Returns: false when the channel is closed, or the kernel refuses.
    package func watch(_ channel: Channel) -> Bool {
        assertCurrent()
        let events = channel.interest | EPOLLET.rawValue
        guard !channel.isCut, epoll.add(channel.descriptor, events: events) else { return false }
        channels[channel.descriptor] = channel
        return true
    }

    /// Forgets the channel.
    package func unwatch(_ channel: Channel) {
        assertCurrent()
        guard channels.removeValue(forKey: channel.descriptor) != nil else { return }
        epoll.remove(channel.descriptor)
    }
}

// MARK: Timers; loop's thread only

extension EventLoop {
    /// Calls `action` on the loop's thread when the time has come, unless the timer is cancelled before.
    package func schedule(at due: Milliseconds, _ action: @escaping () -> Void) -> LoopTimer {
        assertCurrent()
        return timers.add(due: due, action)
    }

    /// Forgets a timer; one that has fired is forgotten already.
    package func cancel(_ timer: LoopTimer) {
        assertCurrent()
        timers.cancel(timer)
    }
}

// MARK: The thread

extension EventLoop {
    private func run() {
        token.store(currentThreadToken(), ordering: .relaxed)
        blockBrokenPipeSignal()
        readClock()
        while !(isStopping && jobs.isEmpty) {
            runJobs()
            let count = epoll.wait(milliseconds: timeout)
            readClock()
            for index in 0..<count { dispatch(epoll.event(index)) }
            if now >= nextSweep { sweep() }
            while let action = timers.next(at: now) { action() }
        }
    }

    private var timeout: Int32 {
        if !jobs.isEmpty || isStopping { return 0 }
        let sweep = deadlines > 0 ? Self.sweepInterval : .max
        let timer = timers.firstDue.map { max(0, $0 - now) } ?? .max
        let rest = min(sweep, timer)
        return rest == .max ? -1 : Int32(clamping: rest)
    }

    /// Runs what is queued now.
    ///
    /// What these jobs queue has to wait until sockets were looked at again: one busy connection must not starve the
    /// others.
    private func runJobs() {
        swap(&jobs, &runningJobs)
        for job in runningJobs { runNow(job) }
        runningJobs.removeAll(keepingCapacity: true)
    }

    private func dispatch(_ event: (descriptor: Int32, events: UInt32)) {
        if event.descriptor == bell {
            emptyInbox()
        } else {
            channels[event.descriptor]?.happened(event.events)
        }
    }

    private func emptyInbox() {
        var rings: eventfd_t = 0
        unsafe eventfd_read(bell, &rings)
        let received = inbox.withLock { inbox in
            let received = inbox
            inbox = Inbox(isStopping: inbox.isStopping)
            return received
        }
        jobs += received.jobs
        isStopping = received.isStopping
        for call in received.calls { call() }
    }

    private func sweep() {
        nextSweep = now + Self.sweepInterval
        for channel in channels.values { channel.expire(at: now) }
    }

    private func readClock() {
        var time = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC_COARSE, &time)
        now = Milliseconds(time.tv_sec) * 1000 + Milliseconds(time.tv_nsec) / 1_000_000
    }
}

/// Keeps a write to a closed connection an error of that write, on this thread, instead of the end of the process.
private func blockBrokenPipeSignal() {
    var signals = sigset_t()
    unsafe sigemptyset(&signals)
    unsafe sigaddset(&signals, SIGPIPE)
    unsafe pthread_sigmask(SIG_BLOCK, &signals, nil)
}

private func currentThreadToken() -> UInt { unsafe UInt(bitPattern: clinux_thread_token()) }
