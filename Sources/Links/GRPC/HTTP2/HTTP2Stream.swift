// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// One call's part of a connection; used on its loop only.
protocol HTTP2Stream: AnyObject {
    /// What this side sends.
    var output: StreamOutput { get }

    /// A head or trailers came; `isLast` when the peer sends no more.
    func receive(_ fields: [HTTP2Field], isLast: Bool)

    /// Data came.
    ///
    /// - Returns: How many bytes the peer may send more.
    func receive(_ bytes: Span<UInt8>) -> Int

    /// The peer sends no more data, and no trailers either.
    func receiveEnd()

    /// The stream is over.
    ///
    /// - Parameter end: Why.
    func close(_ end: HTTP2StreamEnd)
}

/// Why a stream is over.
enum HTTP2StreamEnd {
    /// By one side's will, with an error of HTTP/2; 0 when both have sent their last.
    case stream(error: UInt32)
    /// The connection is gone.
    case connection(reason: String)
}

/// What this side still has to send on a stream; used on its loop only.
final class StreamOutput {
    /// What ``fill(_:)`` found.
    struct Filling {
        var count: Int
        var isLast = false
        /// What goes behind the last byte.
        var trailers: [HTTP2Field]?
    }

    private var queue = ByteQueue()
    private var trailers: [HTTP2Field]?
    private var isClosed = false
    private var waiters: [CheckedContinuation<Void, Never>] = []
    /// Whether everything was queued.
    private(set) var isEnded = false
    /// Whether the last byte was handed over.
    private(set) var isSent = false
    /// Whether the session asks no more until it is told to.
    var isParked = false

    /// Who writes waits while more bytes than these are queued.
    private static let comfortable = 64 << 10

    func append(_ bytes: [UInt8]) {
        if !isClosed && !isEnded { queue.append(bytes) }
    }

    /// Queues the end.
    func end(trailers: [HTTP2Field]? = nil) {
        guard !isEnded else { return }
        isEnded = true
        self.trailers = trailers
    }

    /// Returns when there is room for more, or the stream is over.
    func waitForRoom() async {
        await withCheckedContinuation { continuation in
            if isClosed || queue.count <= Self.comfortable {
                continuation.resume()
            } else {
                waiters.append(continuation)
            }
        }
    }

    /// Moves what is queued into `target`; nil when there is nothing now.
    @unsafe
    func fill(_ target: UnsafeMutableRawBufferPointer) -> Filling? {
        let count = unsafe queue.move(into: target)
        if queue.count <= Self.comfortable { wake() }
        if queue.isEmpty && isEnded {
            isSent = true
            return Filling(count: count, isLast: true, trailers: trailers)
        }
        isParked = count == 0
        return count == 0 ? nil : Filling(count: count)
    }

    /// Nothing is sent any more.
    func close() {
        isClosed = true
        queue.removeAll()
        wake()
    }

    private func wake() {
        let woken = waiters
        waiters = []
        for waiter in woken { waiter.resume() }
    }
}
