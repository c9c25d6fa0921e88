// Darkroom
// SPDX-License-Identifier: Apache-2.0

import CNGHTTP2

/// The functions that nghttp2 calls; all of them go on in the session that is their context.
@unsafe
func makeCallbacks() -> OpaquePointer? {
    var callbacks: OpaquePointer?
    let status = unsafe nghttp2_session_callbacks_new(&callbacks)
    precondition(status == 0, "there is no memory for an HTTP/2 session")
    unsafe nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks) { _, _, context in
        unsafe session(context)?.beginHead()
        return 0
    }
    unsafe nghttp2_session_callbacks_set_on_header_callback(callbacks) {
        _, _, name, nameBytes, value, valueBytes, _, context in
        let field = unsafe HTTP2Field(text(name, nameBytes), text(value, valueBytes))
        let fits = unsafe session(context)?.add(field) ?? false
        return fits ? 0 : NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE.rawValue
    }
    unsafe nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks) { _, frame, context in
        if let frame = unsafe frame { unsafe receive(frame, in: session(context)) }
        return 0
    }
    unsafe nghttp2_session_callbacks_set_on_frame_send_callback(callbacks) { _, frame, context in
        if let header = unsafe frame?.pointee.hd, carriesCall(header), isLast(header) {
            unsafe session(context)?.endIsSent(on: header.stream_id)
        }
        return 0
    }
    unsafe nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks) { _, _, stream, start, count, context in
        if let start = unsafe start {
            unsafe session(context)?.receiveData(Span(_unsafeStart: start, count: count), on: stream)
        }
        return 0
    }
    unsafe nghttp2_session_callbacks_set_on_stream_close_callback(callbacks) { _, stream, error, context in
        unsafe session(context)?.close(stream, error: error)
        return 0
    }
    return unsafe callbacks
}

/// How nghttp2 is to behave.
@unsafe
func makeOptions(_ rules: HTTP2Rules) -> OpaquePointer? {
    var options: OpaquePointer?
    let status = unsafe nghttp2_option_new(&options)
    precondition(status == 0, "there is no memory for an HTTP/2 session")
    unsafe nghttp2_option_set_no_auto_window_update(options, 1)
    // Closed streams would be kept for a tree of priorities that nobody uses.
    unsafe nghttp2_option_set_no_closed_streams(options, 1)
    unsafe nghttp2_option_set_stream_reset_rate_limit(
        options, UInt64(rules.resets.burst), UInt64(rules.resets.perSecond))
    return unsafe options
}

/// Fills a frame with what is to be sent on a stream.
@unsafe
func fillFrame(
    _ stream: Int32, _ target: UnsafeMutableRawBufferPointer, _ flags: UnsafeMutablePointer<UInt32>?,
    _ context: UnsafeMutableRawPointer?
) -> Int {
    guard let filling = unsafe session(context)?.fill(target, on: stream) else {
        return Int(NGHTTP2_ERR_DEFERRED.rawValue)
    }
    if filling.isLast {
        unsafe flags?.pointee |= NGHTTP2_DATA_FLAG_EOF.rawValue
        if filling.trailers != nil { unsafe flags?.pointee |= NGHTTP2_DATA_FLAG_NO_END_STREAM.rawValue }
    }
    return filling.count
}

@unsafe
private func receive(_ frame: UnsafePointer<nghttp2_frame>, in session: HTTP2Session?) {
    let header = unsafe frame.pointee.hd
    let isLast = isLast(header)
    switch nghttp2_frame_type(UInt32(header.type)) {
    case NGHTTP2_HEADERS:
        let isRequest = unsafe frame.pointee.headers.cat == NGHTTP2_HCAT_REQUEST
        session?.endHead(on: header.stream_id, isRequest: isRequest, isLast: isLast)
    case NGHTTP2_DATA where isLast:
        session?.receiveEnd(of: header.stream_id)
    case NGHTTP2_GOAWAY:
        session?.receiveGoAway()
    case NGHTTP2_DATA where header.length > 0, NGHTTP2_WINDOW_UPDATE:
        break
    default:
        // The flag of an answer is the same in pings and settings.
        let isAnswer = header.flags & UInt8(NGHTTP2_FLAG_ACK.rawValue) != 0
        session?.receiveControl(type: header.type, isAnswer: isAnswer)
    }
}

private func isLast(_ header: nghttp2_frame_hd) -> Bool {
    header.flags & UInt8(NGHTTP2_FLAG_END_STREAM.rawValue) != 0
}

private func carriesCall(_ header: nghttp2_frame_hd) -> Bool {
    let type = nghttp2_frame_type(UInt32(header.type))
    return type == NGHTTP2_HEADERS || type == NGHTTP2_DATA
}

/// The session that stands behind a callback's context.
@unsafe
private func session(_ context: UnsafeMutableRawPointer?) -> HTTP2Session? {
    guard let context = unsafe context else { return nil }
    return unsafe Unmanaged<HTTP2Session>.fromOpaque(context).takeUnretainedValue()
}

@unsafe
private func text(_ start: UnsafePointer<UInt8>?, _ count: Int) -> String {
    unsafe String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
}
