// Darkroom
// SPDX-License-Identifier: Apache-2.0

#if THREAD_SANITIZER

    import Glibc

    /// State that one thread at a time may touch.
    ///
    /// Hold it for a few instructions, never across an `await`.
    ///
    /// `Synchronization.Mutex` is a raw futex that the thread sanitizer cannot see, so a sanitizer build
    /// (`-Xswiftc -DTHREAD_SANITIZER`) takes a pthread mutex instead. Unchecked: the mutex guards the state.
    @safe
    public struct Lock<State>: ~Copyable, @unchecked Sendable {
        private let mutex: UnsafeMutablePointer<pthread_mutex_t>
        private let state: UnsafeMutablePointer<State>

        /// Wraps the first value of the state.
        public init(_ initial: consuming sending State) {
            unsafe mutex = .allocate(capacity: 1)
            unsafe state = .allocate(capacity: 1)
            unsafe pthread_mutex_init(mutex, nil)
            unsafe state.initialize(to: initial)
        }

        deinit {
            unsafe pthread_mutex_destroy(mutex)
            unsafe mutex.deallocate()
            unsafe state.deinitialize(count: 1)
            unsafe state.deallocate()
        }

        /// Runs `body` with the state, alone.
        public borrowing func withLock<Result, Failure: Error>(
            _ body: (inout sending State) throws(Failure) -> sending Result
        ) throws(Failure) -> sending Result {
            unsafe pthread_mutex_lock(mutex)
            defer { unsafe pthread_mutex_unlock(mutex) }
            return try unsafe body(&state.pointee)
        }
    }

#else

    public import Synchronization

    /// State that one thread at a time may touch.
    ///
    /// Hold it for a few instructions, never across an `await`.
    public struct Lock<State>: ~Copyable, Sendable {
        @usableFromInline let mutex: Mutex<State>

        /// Wraps the first value of the state.
        @inlinable
        public init(_ initial: consuming sending State) { mutex = Mutex(initial) }

        /// Runs `body` with the state, alone.
        @inlinable
        public borrowing func withLock<Result, Failure: Error>(
            _ body: (inout sending State) throws(Failure) -> sending Result
        ) throws(Failure) -> sending Result {
            try mutex.withLock(body)
        }
    }

#endif
