// Darkroom
// SPDX-License-Identifier: Apache-2.0

import CNGHTTP2
import Sockets
import Telemetry

/// What a connection tells whoever runs it; called on its loop.
protocol HTTP2WireOwner: AnyObject {
    /// A client asks for something.
    ///
    /// - Returns: The stream that deals with it; nil refuses it.
    func accept(_ stream: Int32) -> (any HTTP2Stream)?
    /// The peer opens, or accepts, no more streams.
    func peerGoesAway()
    /// The peer has said its rules, which begins the conversation.
    func peerHasGreeted()
    /// The peer has answered a ping.
    func peerHasAnswered()
    /// The last stream is over.
    func isIdle()
}

/// An HTTP/2 connection over a socket: two tasks that move bytes, and the streams they belong to.
///
/// Unchecked: it is used on its loop only.
final class HTTP2Wire: HTTP2SessionDelegate, @unchecked Sendable {
    let loop: EventLoop
    let transport: Transport
    private let sendTime: Duration
    private weak var owner: (any HTTP2WireOwner)?
    private var session: HTTP2Session?
    private var streams: [Int32: any HTTP2Stream] = [:]
    private var floods: RateGuard
    private var writer: CheckedContinuation<Void, Never>?
    private var hasNews = true
    private var isClosed = false
    private var linger: LoopTimer?
    /// When bytes last came.
    private(set) var lastSign: Milliseconds

    /// - Parameters:
    ///   - transport: The connected and greeted socket.
    ///   - rules: What to tell the peer.
    ///   - sendTime: How long nothing may move while the peer takes no bytes.
    ///   - floods: How many frames without use may come.
    ///   - owner: Who is told.
    init(
        _ transport: Transport, rules: HTTP2Rules, sendTime: Duration, floods: RateGuard,
        owner: any HTTP2WireOwner
    ) {
        loop = transport.channel.loop
        self.transport = transport
        self.sendTime = sendTime
        self.floods = floods
        self.owner = owner
        lastSign = loop.now
        session = HTTP2Session(rules, delegate: self)
    }

    /// How long the peer has to end its side after this one has.
    private static let lingerTime: Milliseconds = 2000

    /// How many streams are open.
    var streamCount: Int { streams.count }

    /// Receives until one side has enough; streams get what is theirs.
    func readAll(_ afterEach: () -> Void) async {
        var reason = "the peer closed the connection"
        let size = 64 << 10
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 16)
        defer { unsafe buffer.deallocate() }
        do {
            while let session {
                guard transport.mayReceive, let count = try unsafe transport.receive(into: buffer) else {
                    try await transport.channel.waitReadable(until: .max)
                    continue
                }
                if count == 0 { break }
                // What comes after the last word is taken and thrown away: closing over it would reset the connection,
                // and make the peer forget what it has not read yet.
                if session.isOver { continue }
                lastSign = loop.now
                try unsafe session.receive(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
                afterEach()
                flush()
                await transport.breathe()
            }
        } catch let error as HTTP2Session.Broken {
            reason = "the peer broke the rules of HTTP/2: \(error)"
        } catch {
            reason = "the connection broke"
        }
        close(because: reason)
    }

    /// Sends what there is to send until the connection is closed.
    func writeAll() async {
        do {
            try await sendAll()
            transport.finish()
            linger = loop.schedule(at: loop.now + Self.lingerTime) { [weak self] in
                self?.close(because: "the connection is over")
            }
        } catch {
            close(because: "the connection broke")
        }
    }

    /// Sends until both sides have said their last.
    private func sendAll() async throws {
        var output: [UInt8] = []
        while let session, !isClosed {
            hasNews = false
            output.removeAll(keepingCapacity: true)
            try session.collect(into: &output, upTo: 64 << 10)
            if output.isEmpty {
                if session.isOver { return }
                await waitForNews()
                continue
            }
            var budget = RateBudget(progress: sendTime, grace: sendTime, bytesPerSecond: 1)
            try await transport.send(output, within: &budget)
            await transport.breathe()
        }
    }

    private func waitForNews() async {
        await withCheckedContinuation { continuation in
            if hasNews || isClosed { continuation.resume() } else { writer = continuation }
        }
    }

    /// Sends what was submitted, soon.
    func flush() {
        loop.assertCurrent()
        hasNews = true
        writer?.resume()
        writer = nil
    }

    /// Ends everything at once.
    func close(because reason: String) {
        guard !isClosed else { return }
        isClosed = true
        if let linger { loop.cancel(linger) }
        transport.channel.cut()
        flush()
        let ended = streams
        streams = [:]
        for stream in ended.values {
            stream.output.close()
            stream.close(.connection(reason: reason))
        }
    }
}

// MARK: What to send

extension HTTP2Wire {
    /// Opens a stream.
    ///
    /// - Returns: Its number; nil when this connection opens no more.
    func open(_ stream: any HTTP2Stream, _ fields: [HTTP2Field]) -> Int32? {
        guard !isClosed, let number = session?.open(fields) else { return nil }
        streams[number] = stream
        flush()
        return number
    }

    /// Sends a head.
    func respond(_ fields: [HTTP2Field], on stream: Int32, isLast: Bool) {
        session?.respond(fields, on: stream, isLast: isLast)
        flush()
    }

    /// Sends what was queued in a stream's output.
    func resume(_ stream: Int32) {
        guard let output = streams[stream]?.output, output.isParked else { return }
        output.isParked = false
        session?.resume(stream)
        flush()
    }

    /// Breaks a stream off.
    func reset(_ stream: Int32, _ error: nghttp2_error_code) {
        guard streams[stream] != nil else { return }
        session?.reset(stream, error)
        flush()
    }

    /// Lets the peer send more on a stream.
    func giveRoom(_ count: Int, on stream: Int32) {
        guard count > 0, streams[stream] != nil else { return }
        session?.giveRoom(count, on: stream)
        flush()
    }

    /// Asks the peer for a sign.
    func ping() {
        session?.ping()
        flush()
    }

    /// Says that the connection will end.
    func announceEnd() {
        session?.announceEnd()
        flush()
    }

    /// Says that only the present streams are dealt with.
    func goAway() {
        session?.goAway()
        flush()
    }

    /// Says that the connection ends now; it closes when that is sent.
    func terminate(_ error: nghttp2_error_code) {
        session?.terminate(error)
        flush()
    }
}

// MARK: From the session

extension HTTP2Wire {
    func received(_ fields: [HTTP2Field], on stream: Int32, isRequest: Bool, isLast: Bool) {
        if isRequest {
            guard let accepted = owner?.accept(stream) else {
                session?.reset(stream, NGHTTP2_REFUSED_STREAM)
                return
            }
            streams[stream] = accepted
        }
        streams[stream]?.receive(fields, isLast: isLast)
    }

    func received(_ bytes: Span<UInt8>, on stream: Int32) {
        guard let known = streams[stream] else { return }
        session?.giveRoom(known.receive(bytes), on: stream)
    }

    func receivedEnd(of stream: Int32) { streams[stream]?.receiveEnd() }

    func receivedControl(type: UInt8, isAnswer: Bool) {
        switch nghttp2_frame_type(UInt32(type)) {
        case NGHTTP2_PING where isAnswer: owner?.peerHasAnswered()
        case NGHTTP2_SETTINGS where isAnswer: break
        case NGHTTP2_SETTINGS:
            owner?.peerHasGreeted()
            fallthrough
        default:
            if !floods.admit(at: loop.now) { session?.terminate(NGHTTP2_ENHANCE_YOUR_CALM) }
        }
    }

    func receivedGoAway() { owner?.peerGoesAway() }

    func closed(_ stream: Int32, error: UInt32) {
        guard let ended = streams.removeValue(forKey: stream) else { return }
        ended.output.close()
        ended.close(.stream(error: error))
        if streams.isEmpty { owner?.isIdle() }
    }

    @unsafe
    func fill(_ target: UnsafeMutableRawBufferPointer, on stream: Int32) -> StreamOutput.Filling? {
        // A client that gets data has reason to ping: it measures how much the way there holds.
        floods.reset()
        return unsafe streams[stream]?.output.fill(target)
    }
}
