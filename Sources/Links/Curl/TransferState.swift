// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// One transfer's head, bytes on the way in and out, and its end; decides, never waits.
///
/// Whoever waits leaves a ``Wake`` here; each method returns the wakes to call once the lock is free.
struct TransferState {
    typealias Wake = @Sendable () -> Void

    /// What libcurl is told about bytes it offers or wants.
    enum Flow: Equatable {
        /// So many bytes were taken or given; none given means the end.
        case moved(Int)
        /// Ask again after an unpause.
        case paused
        /// Stop the transfer.
        case aborted
    }

    /// The bounds of what a transfer keeps in memory.
    struct Limits {
        /// Bytes received and not yet read.
        var incoming = 256 << 10
        /// Pieces accepted and not yet sent.
        var outgoingPieces = 2
        /// Bytes of one head.
        var head = 256 << 10
    }

    /// What somebody may wait for.
    enum Event: Hashable {
        /// The peer's head is complete.
        case head
        /// Something can be read.
        case incoming
        /// Another piece can be accepted.
        case room
    }

    let limits: Limits
    private(set) var head = CurlHead()
    private(set) var isHeadComplete = false
    private(set) var outcome: Result<Void, CurlError>?

    private var wakes: [Event: Wake] = [:]
    private var headBytes = 0
    private var incoming: [UInt8] = []
    private var isReceivingPaused = false
    private var outgoing: [[UInt8]] = []
    private var sentOfFirst = 0
    private var isWritingFinished = false
    private var isSendingPaused = false

    init(limits: Limits = Limits()) { self.limits = limits }

    /// Whether an event came, or cannot come any more.
    func isDue(_ event: Event) -> Bool {
        if outcome != nil { return true }
        return switch event {
        case .head: isHeadComplete
        case .incoming: !incoming.isEmpty
        case .room: outgoing.count < limits.outgoingPieces || isRefused
        }
    }

    /// Whether the peer refused the request: libcurl then sends no more of its body.
    private var isRefused: Bool { isHeadComplete && head.status >= 300 }

    /// Leaves a wake for an event that is not due.
    mutating func wait(for event: Event, _ wake: @escaping Wake) {
        precondition(wakes[event] == nil, "one task at a time waits for \(event)")
        wakes[event] = wake
    }

    /// A line of the peer's head, without its line break.
    mutating func receive(line: String) -> (flow: Flow, wakes: [Wake]) {
        headBytes += line.utf8.count
        guard headBytes <= limits.head else { return (.aborted, []) }
        if line.hasPrefix("HTTP/") {
            // A head after an interim one, such as "100 Continue".
            head = CurlHead(statusLine: line)
            isHeadComplete = false
        } else if !line.isEmpty {
            // Lines after the head are trailers, which nobody asked for.
            if !isHeadComplete { head.lines.append(line) }
        } else if head.status >= 200 {
            isHeadComplete = true
            return (
                .moved(line.utf8.count), [Event.head, .room].filter(isDue).compactMap { wakes.removeValue(forKey: $0) }
            )
        }
        return (.moved(line.utf8.count), [])
    }

    /// Bytes of the peer's body.
    mutating func receive(_ bytes: some Collection<UInt8>) -> (flow: Flow, wake: Wake?) {
        if !incoming.isEmpty && incoming.count + bytes.count > limits.incoming {
            isReceivingPaused = true
            return (.paused, nil)
        }
        incoming += bytes
        return (.moved(bytes.count), wakes.removeValue(forKey: .incoming))
    }

    /// All that was received; whether receiving goes on after a pause.
    mutating func read() -> (bytes: [UInt8], unpause: Bool) {
        var bytes: [UInt8] = []
        swap(&bytes, &incoming)
        defer { isReceivingPaused = false }
        return (bytes, isReceivingPaused)
    }

    /// Accepts a piece to send; whether sending goes on after a pause.
    ///
    /// It goes on after a refusal, too: libcurl ends no transfer whose sending is paused.
    mutating func write(_ piece: [UInt8]) -> (accepted: Bool, unpause: Bool) {
        precondition(!isWritingFinished, "nothing is written after the end")
        let isAccepted = outcome == nil && !isRefused
        if isAccepted && piece.isEmpty { return (true, false) }
        if isAccepted { outgoing.append(piece) }
        defer { isSendingPaused = false }
        return (isAccepted, isSendingPaused)
    }

    /// No piece follows; whether sending goes on after a pause.
    mutating func finishWriting() -> Bool {
        isWritingFinished = true
        defer { isSendingPaused = false }
        return isSendingPaused
    }

    /// Moves bytes to send into `buffer`.
    @unsafe
    mutating func send(into buffer: UnsafeMutableRawBufferPointer) -> (flow: Flow, wake: Wake?) {
        guard let first = outgoing.first else {
            if isWritingFinished || isRefused { return (.moved(0), nil) }
            isSendingPaused = true
            return (.paused, wakes.removeValue(forKey: .room))
        }
        let count = min(buffer.count, first.count - sentOfFirst)
        unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[..<count])
            .copyBytes(from: first[sentOfFirst..<sentOfFirst + count])
        sentOfFirst += count
        guard sentOfFirst == first.count else { return (.moved(count), nil) }
        outgoing.removeFirst()
        sentOfFirst = 0
        return (.moved(count), wakes.removeValue(forKey: .room))
    }

    /// The transfer ended; only the first end counts.
    mutating func finish(_ result: Result<Void, CurlError>) -> [Wake] {
        guard outcome == nil else { return [] }
        outcome = result
        outgoing = []
        defer { wakes = [:] }
        return Array(wakes.values)
    }
}

/// A peer's answer up to its body.
public struct CurlHead: Sendable, Equatable {
    /// The status of an HTTP answer; 0 without one.
    public internal(set) var status = 0
    /// The lines after the status line, in order; in mail, all that the server said.
    public internal(set) var lines: [String] = []

    init() {}

    init(statusLine: String) {
        let parts = statusLine.split(separator: " ", maxSplits: 2)
        status = parts.count > 1 ? Int(parts[1]) ?? 0 : 0
    }
}
