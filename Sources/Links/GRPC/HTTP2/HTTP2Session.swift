// Darkroom
// SPDX-License-Identifier: Apache-2.0

import CNGHTTP2

/// What an ``HTTP2Session`` tells; called on its loop, while it receives or collects output.
protocol HTTP2SessionDelegate: AnyObject {
    /// A client's request or the fields of a stream that is known came.
    func received(_ fields: [HTTP2Field], on stream: Int32, isRequest: Bool, isLast: Bool)
    /// Data came.
    func received(_ bytes: Span<UInt8>, on stream: Int32)
    /// The peer sends no more on a stream.
    func receivedEnd(of stream: Int32)
    /// A frame that carries no call came; `type` is its number.
    func receivedControl(type: UInt8, isAnswer: Bool)
    /// The peer ends the connection after its present streams.
    func receivedGoAway()
    /// A stream is over.
    func closed(_ stream: Int32, error: UInt32)
    /// Asks what to send on a stream.
    @unsafe
    func fill(_ target: UnsafeMutableRawBufferPointer, on stream: Int32) -> StreamOutput.Filling?
}

/// The rules that one side tells the other at the start, and holds it to.
struct HTTP2Rules: Sendable {
    var isServer: Bool
    /// Streams that the peer may have open at once.
    var concurrentStreams: Int
    /// Bytes that the peer may send on a stream before somebody takes them.
    var windowBytes: Int
    /// Bytes of the fields of one head.
    var headerBytes: Int
    /// Streams that the peer may reset at once, and a second in the long run.
    var resets: (burst: Int, perSecond: Int) = (1000, 33)
}

/// The state of an HTTP/2 connection: frames in, frames out, no socket.
///
/// nghttp2 does the framing, the compression of heads, and the keeping of windows. A session is used on one thread.
@safe
final class HTTP2Session {
    /// The peer broke the protocol so that nothing can follow.
    struct Broken: Error, CustomStringConvertible {
        let description: String
    }

    private var session: OpaquePointer?
    private unowned let delegate: any HTTP2SessionDelegate
    private let headerBytes: Int
    private let isServer: Bool
    /// The head that is being received; heads never mix.
    private var fields: [HTTP2Field] = []
    private var fieldBytes = 0

    init(_ rules: HTTP2Rules, delegate: any HTTP2SessionDelegate) {
        self.delegate = delegate
        headerBytes = rules.headerBytes
        isServer = rules.isServer
        let callbacks = unsafe makeCallbacks()
        let options = unsafe makeOptions(rules)
        defer {
            unsafe nghttp2_session_callbacks_del(callbacks)
            unsafe nghttp2_option_del(options)
        }
        let context = unsafe Unmanaged.passUnretained(self).toOpaque()
        let status =
            rules.isServer
            ? unsafe nghttp2_session_server_new2(&session, callbacks, context, options)
            : unsafe nghttp2_session_client_new2(&session, callbacks, context, options)
        precondition(status == 0, "there is no memory for an HTTP/2 session")
        greet(rules)
    }

    deinit { unsafe nghttp2_session_del(session) }

    /// Announces the rules.
    private func greet(_ rules: HTTP2Rules) {
        var settings: [(nghttp2_settings_id, Int)] = [
            (NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, rules.windowBytes),
            (NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, rules.headerBytes),
        ]
        if rules.isServer {
            settings.append((NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, rules.concurrentStreams))
        } else {
            settings.append((NGHTTP2_SETTINGS_ENABLE_PUSH, 0))
        }
        let entries = settings.map {
            nghttp2_settings_entry(settings_id: Int32($0.0.rawValue), value: UInt32(clamping: $0.1))
        }
        unsafe nghttp2_submit_settings(session, 0, entries, entries.count)
        // Room of the whole connection is given back as bytes come, so that a stream that nobody reads does not stop
        // the others; what a stream may hold is bounded by its own window.
        let connection = Int32(clamping: max(1 << 20, rules.windowBytes))
        unsafe nghttp2_session_set_local_window_size(session, 0, 0, connection)
    }
}

// MARK: Bytes

extension HTTP2Session {
    /// Takes bytes from the peer.
    ///
    /// - Throws: ``Broken`` when they are not HTTP/2.
    @unsafe
    func receive(_ bytes: UnsafeRawBufferPointer) throws {
        let start = unsafe bytes.bindMemory(to: UInt8.self).baseAddress
        let status = unsafe nghttp2_session_mem_recv(session, start, bytes.count)
        if status < 0 { throw Broken(description: unsafe String(cString: nghttp2_strerror(Int32(status)))) }
    }

    /// Appends what is to be sent, until there are `limit` bytes.
    func collect(into output: inout [UInt8], upTo limit: Int) throws {
        while output.count < limit {
            var start: UnsafePointer<UInt8>?
            let count = unsafe nghttp2_session_mem_send(session, &start)
            if count < 0 { throw Broken(description: unsafe String(cString: nghttp2_strerror(Int32(count)))) }
            if count == 0 { return }
            unsafe output.append(contentsOf: UnsafeBufferPointer(start: start, count: count))
        }
    }

    /// Whether neither side has anything more to say.
    var isOver: Bool { unsafe nghttp2_session_want_read(session) == 0 && nghttp2_session_want_write(session) == 0 }
}

// MARK: What to send

extension HTTP2Session {
    /// Opens a stream whose data follows.
    ///
    /// - Returns: Its number; nil when no more can be opened on this connection.
    func open(_ fields: [HTTP2Field]) -> Int32? {
        let stream = unsafe withHeaders(fields) { headers, count in
            var source = unsafe dataSource()
            return unsafe nghttp2_submit_request(session, nil, headers, count, &source, nil)
        }
        return stream > 0 ? stream : nil
    }

    /// Sends a head; data follows unless it is the last.
    func respond(_ fields: [HTTP2Field], on stream: Int32, isLast: Bool) {
        unsafe withHeaders(fields) { headers, count in
            if isLast { return unsafe nghttp2_submit_response(session, stream, headers, count, nil) }
            var source = unsafe dataSource()
            return unsafe nghttp2_submit_response(session, stream, headers, count, &source)
        }
    }

    /// There is something to send again on a stream.
    func resume(_ stream: Int32) { unsafe nghttp2_session_resume_data(session, stream) }

    /// Breaks a stream off.
    func reset(_ stream: Int32, _ error: nghttp2_error_code) {
        unsafe nghttp2_submit_rst_stream(session, 0, stream, error.rawValue)
    }

    /// Lets the peer send so many bytes more on a stream.
    func giveRoom(_ count: Int, on stream: Int32) {
        if count > 0 { unsafe nghttp2_session_consume_stream(session, stream, count) }
    }

    /// Asks the peer for a sign.
    func ping() { unsafe nghttp2_submit_ping(session, 0, nil) }

    /// Says that the connection will end: new streams come to nothing soon.
    func announceEnd() { unsafe nghttp2_submit_shutdown_notice(session) }

    /// Says that streams after those that are here now come to nothing.
    func goAway() {
        let last = unsafe nghttp2_session_get_last_proc_stream_id(session)
        unsafe nghttp2_submit_goaway(session, 0, last, NGHTTP2_NO_ERROR.rawValue, nil, 0)
    }

    /// Ends the connection with an error.
    func terminate(_ error: nghttp2_error_code) { unsafe nghttp2_session_terminate_session(session, error.rawValue) }

    @unsafe
    private func dataSource() -> nghttp2_data_provider {
        var source = unsafe nghttp2_data_provider()
        unsafe source.read_callback = { _, stream, target, count, flags, _, context in
            unsafe fillFrame(stream, UnsafeMutableRawBufferPointer(start: target, count: count), flags, context)
        }
        return unsafe source
    }

    /// Lends the fields as nghttp2 wants them; it copies them.
    @unsafe
    @discardableResult
    private func withHeaders(
        _ fields: [HTTP2Field], _ body: (UnsafePointer<nghttp2_nv>?, Int) -> Int32
    ) -> Int32 {
        var text: [UInt8] = []
        for field in fields { text += Array(field.name.utf8) + Array(field.value.utf8) }
        return unsafe text.withUnsafeMutableBufferPointer { text in
            var offset = 0
            let headers = unsafe fields.map { field in
                let name = offset
                let value = name + field.name.utf8.count
                offset = value + field.value.utf8.count
                let start = text.baseAddress
                return unsafe nghttp2_nv(
                    name: start.map { unsafe $0 + name }, value: start.map { unsafe $0 + value },
                    namelen: value - name, valuelen: offset - value, flags: 0)
            }
            return unsafe body(headers, headers.count)
        }
    }
}

// MARK: From the callbacks

extension HTTP2Session {
    func beginHead() {
        fields = []
        fieldBytes = 0
    }

    /// - Returns: false when the head is too long.
    func add(_ field: HTTP2Field) -> Bool {
        fieldBytes += HTTP2Field.cost(nameBytes: field.name.utf8.count, valueBytes: field.value.utf8.count)
        guard fieldBytes <= headerBytes else { return false }
        fields.append(field)
        return true
    }

    func endHead(on stream: Int32, isRequest: Bool, isLast: Bool) {
        delegate.received(fields, on: stream, isRequest: isRequest, isLast: isLast)
        fields = []
    }

    func receiveData(_ bytes: Span<UInt8>, on stream: Int32) {
        unsafe nghttp2_session_consume_connection(session, bytes.count)
        delegate.received(bytes, on: stream)
    }

    func receiveEnd(of stream: Int32) { delegate.receivedEnd(of: stream) }

    /// This side has said its last on a stream; a client that is still sending need not go on.
    func endIsSent(on stream: Int32) {
        guard isServer, unsafe nghttp2_session_get_stream_remote_close(session, stream) == 0 else { return }
        reset(stream, NGHTTP2_NO_ERROR)
    }

    func receiveControl(type: UInt8, isAnswer: Bool) { delegate.receivedControl(type: type, isAnswer: isAnswer) }

    func receiveGoAway() { delegate.receivedGoAway() }

    func close(_ stream: Int32, error: UInt32) { delegate.closed(stream, error: error) }

    @unsafe
    func fill(_ target: UnsafeMutableRawBufferPointer, on stream: Int32) -> StreamOutput.Filling? {
        guard let filling = unsafe delegate.fill(target, on: stream) else { return nil }
        if filling.isLast, let trailers = filling.trailers {
            unsafe withHeaders(trailers) { unsafe nghttp2_submit_trailer(session, stream, $0, $1) }
        }
        return filling
    }
}
