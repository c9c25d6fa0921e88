// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// A bounded set of threads for calls that block (fsync, C libraries), so that they never hold one of
/// the few threads of Swift's cooperative pool.
///
/// Threads live until ``close()``; work that is queued by then still runs. Unchecked: the mutex guards the queue.
@safe
public final class BlockingPool: @unchecked Sendable {
    /// The queue was full, or the pool was closed.
    public struct Refused: Error, CustomStringConvertible {
        /// What refused, and what to do about it.
        public let description: String
    }

    private let name: String
    private let limit: Int
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let wake: UnsafeMutablePointer<pthread_cond_t>
    private var queue: [@Sendable () -> Void] = []
    private var head = 0
    private var closed = false
    private var threads: [pthread_t] = []

    /// Starts the threads.
    ///
    /// - Parameters:
    ///   - name: What a refusal calls the pool.
    ///   - threads: How many calls run at once.
    ///   - limit: How many calls may wait; a further one is refused.
    public init(name: String, threads count: Int, limit: Int = 4096) {
        precondition(count > 0 && limit > 0, "a pool needs at least one thread and room for one call")
        self.name = name
        self.limit = limit
        unsafe mutex = .allocate(capacity: 1)
        unsafe wake = .allocate(capacity: 1)
        unsafe pthread_mutex_init(mutex, nil)
        unsafe pthread_cond_init(wake, nil)
        threads = (0..<count).map { _ in startThread { [self] in work() } }
    }

    deinit {
        unsafe pthread_cond_destroy(wake)
        unsafe pthread_mutex_destroy(mutex)
        unsafe wake.deallocate()
        unsafe mutex.deallocate()
    }

    /// Runs `body` on one of the threads.
    ///
    /// - Throws: ``Refused`` when the queue is full or the pool is closed; what `body` throws.
    public func run<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Value, any Error>) in
            do {
                try submit { continuation.resume(with: Result { try body() }) }
            } catch {
                continuation.resume(throwing: error)
            }
        }
    }

    /// Queues `call` for one of the threads and returns at once.
    ///
    /// - Throws: ``Refused`` when the queue is full or the pool is closed.
    public func submit(_ call: @escaping @Sendable () -> Void) throws {
        try enqueue(call)
        // Not before the mutex is free: the thread would wake up only to wait for it.
        unsafe pthread_cond_signal(wake)
    }

    private func enqueue(_ call: @escaping @Sendable () -> Void) throws {
        unsafe pthread_mutex_lock(mutex)
        defer { unsafe pthread_mutex_unlock(mutex) }
        if closed { throw Refused(description: "the \(name) pool is closed") }
        if queue.count - head >= limit {
            throw Refused(description: "the \(name) pool has \(limit) calls waiting; try again later")
        }
        queue.append(call)
    }

    /// Lets queued work finish, then ends and joins the threads.
    ///
    /// Not to be called from a call that the pool runs. A second close does nothing.
    public func close() {
        for thread in stop() { pthread_join(thread, nil) }
    }

    private func stop() -> [pthread_t] {
        unsafe pthread_mutex_lock(mutex)
        defer { unsafe pthread_mutex_unlock(mutex) }
        closed = true
        unsafe pthread_cond_broadcast(wake)
        let stopped = threads
        threads = []
        return stopped
    }

    private func work() {
        while let call = next() { call() }
    }

    private func next() -> (@Sendable () -> Void)? {
        unsafe pthread_mutex_lock(mutex)
        defer { unsafe pthread_mutex_unlock(mutex) }
        while head == queue.count {
            if closed { return nil }
            unsafe pthread_cond_wait(wake, mutex)
        }
        let call = queue[head]
        head += 1
        if head == queue.count {
            queue.removeAll(keepingCapacity: true)
            head = 0
        }
        return call
    }
}
