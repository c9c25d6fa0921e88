// Darkroom
// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc

/// Why a wait on a channel ended without the channel being ready.
package enum ChannelError: Error {
    /// The deadline passed.
    case timedOut
    /// The channel was closed or cut from this side, or has failed.
    case closed
}

/// A descriptor on a loop, and what is known about its readiness.
///
/// Readiness is remembered because it is reported once per change: it holds until a call says that it would block. At
/// most one task waits to read and one to write.
///
/// Unchecked: it is touched on its loop's thread only.
package final class Channel: @unchecked Sendable {
    private enum Wake {
        case ready
        case timedOut
        case cut
    }

    @safe
    private struct Waiter {
        let continuation: UnsafeContinuation<Wake, Never>
        let deadline: Milliseconds
    }

    /// The socket.
    package let descriptor: Int32
    /// Where the channel is used.
    package let loop: EventLoop
    /// What epoll reports, as its flags.
    let interest: UInt32
    /// Whether a read may find something, the end included; watching a descriptor reports what is there already.
    package var isReadable = false
    /// Whether a write may find room.
    package var isWritable = true
    /// Whether the peer has sent its last byte, or the connection is broken.
    package private(set) var isPeerDone = false
    /// Whether the connection is broken in both directions.
    package private(set) var isBroken = false
    /// Whether all waits end at once.
    package private(set) var isCut = false
    private var isClosed = false
    private var reader: Waiter?
    private var writer: Waiter?
    /// Called when ``isPeerDone`` or ``isBroken`` has become true.
    package var onPeerLeaving: (() -> Void)?

    /// Takes ownership of an open, non-blocking descriptor.
    package init(owning descriptor: Int32, on loop: EventLoop, interest: UInt32) {
        self.descriptor = descriptor
        self.loop = loop
        self.interest = interest
    }

    /// What a connected socket is watched for.
    package static let connection = EPOLLIN.rawValue | EPOLLOUT.rawValue | EPOLLRDHUP.rawValue

    /// Returns when a read may find something.
    ///
    /// A peer that sends byte after byte never waits long, so a deadline that has passed ends the next wait at once.
    package func waitReadable(until deadline: Milliseconds) async throws {
        let wake = unsafe await withUnsafeContinuation { (continuation: UnsafeContinuation<Wake, Never>) in
            // Looked at here and not by the caller: an await may let an event pass before it comes to wait.
            if isCut { return unsafe continuation.resume(returning: .cut) }
            if isReadable { return unsafe continuation.resume(returning: .ready) }
            if deadline <= loop.now { return unsafe continuation.resume(returning: .timedOut) }
            precondition(reader == nil, "one task at a time reads from a connection")
            reader = unsafe Waiter(continuation: continuation, deadline: deadline)
            loop.deadlines += 1
        }
        try check(wake)
    }

    /// Returns when a write may find room.
    package func waitWritable(until deadline: Milliseconds) async throws {
        let wake = unsafe await withUnsafeContinuation { (continuation: UnsafeContinuation<Wake, Never>) in
            if isCut { return unsafe continuation.resume(returning: .cut) }
            if isWritable { return unsafe continuation.resume(returning: .ready) }
            if deadline <= loop.now { return unsafe continuation.resume(returning: .timedOut) }
            precondition(writer == nil, "one task at a time writes to a connection")
            writer = unsafe Waiter(continuation: continuation, deadline: deadline)
            loop.deadlines += 1
        }
        try check(wake)
    }

    private func check(_ wake: Wake) throws {
        switch wake {
        case .ready: return
        case .timedOut: throw ChannelError.timedOut
        case .cut: throw ChannelError.closed
        }
    }

    /// Ends all waits, now and later.
    package func cut() {
        isCut = true
        wakeReader(.cut)
        wakeWriter(.cut)
    }

    /// Forgets and closes the descriptor.
    ///
    /// - Parameter reset: Whether the peer is to see an error instead of an orderly end.
    package func close(reset: Bool = false) {
        guard !isClosed else { return }
        cut()
        loop.unwatch(self)
        isClosed = true
        onPeerLeaving = nil
        if reset { clinux_close_with_reset(descriptor) } else { Glibc.close(descriptor) }
    }

    /// Wakes the reader although nothing was reported.
    func nudge() {
        isReadable = true
        wakeReader(.ready)
    }
}

// MARK: From the loop

extension Channel {
    /// Takes note of what epoll reports.
    func happened(_ events: UInt32) {
        let broken = events & (EPOLLHUP.rawValue | EPOLLERR.rawValue) != 0
        let ended = broken || events & EPOLLRDHUP.rawValue != 0
        if ended || events & EPOLLIN.rawValue != 0 { isReadable = true }
        if broken || events & EPOLLOUT.rawValue != 0 { isWritable = true }
        if isReadable { wakeReader(.ready) }
        if isWritable { wakeWriter(.ready) }
        if (ended && !isPeerDone) || (broken && !isBroken) {
            isPeerDone = true
            isBroken = broken
            onPeerLeaving?()
        }
    }

    /// Ends waits whose deadline has passed.
    func expire(at now: Milliseconds) {
        if let reader, reader.deadline <= now { wakeReader(.timedOut) }
        if let writer, writer.deadline <= now { wakeWriter(.timedOut) }
    }

    private func wakeReader(_ wake: Wake) {
        guard let waiter = reader else { return }
        reader = nil
        loop.deadlines -= 1
        unsafe waiter.continuation.resume(returning: wake)
    }

    private func wakeWriter(_ wake: Wake) {
        guard let waiter = writer else { return }
        writer = nil
        loop.deadlines -= 1
        unsafe waiter.continuation.resume(returning: wake)
    }
}
