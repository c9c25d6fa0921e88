// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics

/// Any number of transfers on one thread, sharing connections.
///
/// The thread ends with ``close()`` or with the last reference; transfers still under way are then cancelled.
public final class CurlSession: Sendable {
    /// The bounds of a session.
    public struct Limits: Sendable {
        /// Connections to one host at once; further transfers wait, which no time-out but the total one counts.
        public var connectionsPerHost = 64
        /// Idle connections kept open.
        public var idleConnections = 64
        /// Bytes a transfer has received and its reader not yet taken.
        public var unreadBytes = 256 << 10
        /// Bytes of an answer's header.
        public var headBytes = 256 << 10

        /// The defaults.
        public init() {}
    }

    private let loop: CurlLoop
    private let transferLimits: TransferState.Limits

    /// Starts the thread.
    public init(limits: Limits = Limits()) {
        loop = CurlLoop(limits: limits)
        transferLimits = TransferState.Limits(incoming: limits.unreadBytes, head: limits.headBytes)
        loop.start()
    }

    deinit { loop.stop() }

    /// Starts a transfer and returns at once.
    public func start(_ request: CurlRequest) -> CurlTransfer {
        let core = TransferCore(loop: loop, limits: transferLimits)
        loop.submit(.start(core, request))
        return CurlTransfer(core)
    }

    /// Cancels what is under way and ends the thread without waiting for it; later transfers fail.
    public func close() { loop.stop() }
}
