// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import Glibc

/// The threads that serve connections; several listeners and clients may share them.
///
/// Threads end when the last reference goes.
public final class EventLoops: Sendable {
    /// The loops.
    package let all: [EventLoop]
    private let turn = Lock(0)

    /// Starts the threads.
    ///
    /// - Parameter count: How many; nil for one per core.
    /// - Throws: ``SocketError`` when the system has no descriptors left.
    public init(count: Int? = nil) throws {
        let count = count ?? max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
        precondition(count > 0, "connections need at least one event loop")
        all = try (0..<count).map { _ in try EventLoop() }
    }

    deinit {
        for loop in all { loop.stop() }
    }

    /// Loops in turn: even where few clients hold long connections, the work spreads.
    package func next() -> EventLoop {
        turn.withLock { turn in
            turn = (turn + 1) % all.count
            return all[turn]
        }
    }
}
