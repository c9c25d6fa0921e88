// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// Who waits, who works, who is idle: the pool's decisions, without threads.
///
/// A lane is one worker's place, numbered from zero.
struct WorkerQueue<Job> {
    /// A job with its number.
    struct Ticket {
        let id: UInt64
        let job: Job
    }

    /// What becomes of a submitted job.
    enum Admission: Equatable {
        /// It waits; wake that lane, if one is idle.
        case accepted(wake: Int?)
        /// It is refused for that cause.
        case refused(ImagingFailure.Code)
    }

    /// What a lane does next.
    enum Next {
        case run(Ticket)
        /// Nothing; the lane is idle until it is woken.
        case wait
        /// The pool was closed.
        case stop
    }

    /// What a cancellation leads to.
    enum Cancellation {
        /// The job had not begun.
        case removed(Job)
        /// The job runs on that lane: wake it, it will ask ``WorkerQueue/isCancelled(lane:)``.
        case interrupt(lane: Int)
        /// The job is over.
        case nothing
    }

    private let maxWaiting: Int
    private var waiting: [Ticket] = []
    private var idle: [Int] = []
    private var running: [Int: UInt64] = [:]
    private var cancelled: Set<UInt64> = []
    private(set) var isClosed = false

    init(maxWaiting: Int) { self.maxWaiting = maxWaiting }

    /// How many jobs wait.
    var waitingCount: Int { waiting.count }

    /// Takes a job in, or refuses it.
    mutating func submit(_ job: Job, id: UInt64) -> Admission {
        if isClosed { return .refused(.closed) }
        if waiting.count >= maxWaiting { return .refused(.busy) }
        waiting.append(Ticket(id: id, job: job))
        return .accepted(wake: idle.popLast())
    }

    /// What the lane does next.
    mutating func next(lane: Int) -> Next {
        idle.removeAll { $0 == lane }
        if let ticket = takeFirst() {
            running[lane] = ticket.id
            return .run(ticket)
        }
        if isClosed { return .stop }
        idle.append(lane)
        return .wait
    }

    /// Takes a waiting job away, to be answered by the caller.
    mutating func takeFirst() -> Ticket? {
        waiting.isEmpty ? nil : waiting.removeFirst()
    }

    /// The lane's job is over.
    mutating func finish(lane: Int) {
        if let id = running.removeValue(forKey: lane) { cancelled.remove(id) }
    }

    /// Nobody wants the job any more.
    mutating func cancel(_ id: UInt64) -> Cancellation {
        if let place = waiting.firstIndex(where: { $0.id == id }) {
            return .removed(waiting.remove(at: place).job)
        }
        guard let lane = running.first(where: { $0.value == id })?.key else { return .nothing }
        cancelled.insert(id)
        return .interrupt(lane: lane)
    }

    /// Whether nobody wants the lane's job any more.
    func isCancelled(lane: Int) -> Bool { running[lane].map(cancelled.contains) ?? false }

    /// Refuses new jobs and gives up the waiting ones; running ones end in their own time.
    mutating func close() -> [Job] {
        isClosed = true
        defer { waiting.removeAll() }
        return waiting.map(\.job)
    }
}
