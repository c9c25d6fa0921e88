// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics

/// A transfer under way, with backpressure in both directions.
///
/// At most one task reads and one writes. A cancelled task cancels the transfer it waits for; so does letting go of
/// the last reference.
public final class CurlTransfer: Sendable {
    private let core: TransferCore

    init(_ core: TransferCore) { self.core = core }

    deinit { core.cancel() }

    /// Waits for the peer's head; interim answers are skipped.
    ///
    /// - Throws: ``CurlError`` when the transfer fails before; `CancellationError` when the task is cancelled.
    public func head() async throws -> CurlHead {
        try await core.wait(for: .head)
        let (head, isComplete, outcome) = core.state.withLock { ($0.head, $0.isHeadComplete, $0.outcome) }
        if !isComplete { try outcome?.get() }
        return head
    }

    /// The next bytes of the peer's body, as many as have come; empty at the end.
    ///
    /// - Throws: ``CurlError`` when the transfer fails; `CancellationError` when the task is cancelled.
    public func read() async throws -> [UInt8] {
        try await core.wait(for: .incoming)
        let (bytes, unpause, outcome) = core.state.withLock { state in
            let (bytes, unpause) = state.read()
            return (bytes, unpause, state.outcome)
        }
        if unpause { core.unpause() }
        if bytes.isEmpty { try outcome?.get() }
        return bytes
    }

    /// Sends bytes of the body; returns when there is room for more.
    ///
    /// - Returns: False when nothing more is wanted, because the transfer ended or the peer refused it before the
    ///   end of the body: ``head()`` or ``completion()`` tells.
    /// - Throws: `CancellationError` when the task is cancelled.
    @discardableResult
    public func write(_ bytes: [UInt8]) async throws -> Bool {
        try await core.wait(for: .room)
        let (accepted, unpause) = core.state.withLock { $0.write(bytes) }
        if unpause { core.unpause() }
        return accepted
    }

    /// Says that the body is complete.
    public func finishWriting() {
        if core.state.withLock({ $0.finishWriting() }) { core.unpause() }
    }

    /// Waits for the end, dropping what the peer sends as a body, and returns its last head.
    ///
    /// - Throws: ``CurlError`` when the transfer fails; `CancellationError` when the task is cancelled.
    @discardableResult
    public func completion() async throws -> CurlHead {
        while try await !read().isEmpty {}
        return received
    }

    /// What of the peer's head has come so far: after a failure, its last words.
    public var received: CurlHead { core.state.withLock { $0.head } }

    /// Ends the transfer and its connection.
    public func cancel() { core.cancel() }
}

/// The part of a transfer that the loop keeps while it runs.
final class TransferCore: Sendable {
    let state: Lock<TransferState>
    private let loop: CurlLoop

    init(loop: CurlLoop, limits: TransferState.Limits) {
        self.loop = loop
        state = Lock(TransferState(limits: limits))
    }

    func cancel() {
        if state.withLock({ $0.outcome == nil }) { loop.submit(.cancel(self)) }
    }

    func unpause() { loop.submit(.unpause(self)) }

    func finish(_ result: Result<Void, CurlError>) {
        for wake in state.withLock({ $0.finish(result) }) { wake() }
    }

    /// Returns once an event is due; it is asked under the lock that the wake is left under, so no wake is lost.
    func wait(for event: TransferState.Event) async throws {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isDue = state.withLock { state in
                    if state.isDue(event) { return true }
                    state.wait(for: event) { continuation.resume() }
                    return false
                }
                if isDue { continuation.resume() }
            }
        } onCancel: {
            cancel()
        }
        try Task.checkCancellation()
    }
}
