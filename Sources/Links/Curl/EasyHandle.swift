// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import CCurl
import CCurlShim

/// One of libcurl's transfer handles, used for one transfer after the other on the loop's thread.
@safe
final class EasyHandle {
    let pointer: UnsafeMutableRawPointer
    /// The transfer it works for.
    private(set) var core: TransferCore?

    private let errorText: UnsafeMutablePointer<CChar>
    private var lists: [UnsafeMutablePointer<curl_slist>]

    init() {
        guard let pointer = unsafe curl_easy_init() else { preconditionFailure("out of memory") }
        unsafe self.pointer = pointer
        unsafe errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
        unsafe lists = []
    }

    deinit {
        unsafe curl_easy_cleanup(pointer)
        freeLists()
        unsafe errorText.deallocate()
    }

    /// Forgets the transfer but keeps name lookups and TLS sessions.
    func reset() {
        unsafe curl_easy_reset(pointer)
        freeLists()
        core = nil
    }

    /// Lets libcurl ask and offer again, in both directions.
    func unpause() { unsafe curl_easy_pause(pointer, CURLPAUSE_CONT) }

    /// The transfer that a handle works for, as libcurl names it.
    @unsafe
    static func core(of pointer: UnsafeMutableRawPointer?) -> TransferCore? {
        var context: UnsafeMutableRawPointer?
        unsafe ccurl_get_private(pointer, &context)
        return unsafe transferCore(context)
    }

    /// How the transfer ended.
    func outcome(of result: CURLcode) -> Result<Void, CurlError> {
        if result == CURLE_OK { return .success(()) }
        var status = 0
        unsafe ccurl_get_long(pointer, CURLINFO_RESPONSE_CODE, &status)
        return .failure(CurlError(result: result, status: status, detail: unsafe String(cString: errorText)))
    }

    /// Sets every option of a transfer.
    ///
    /// - Throws: ``CurlError`` when libcurl refuses one.
    func prepare(_ request: CurlRequest, for core: TransferCore) throws {
        self.core = core
        unsafe errorText[0] = 0
        try unsafe set(CURLOPT_ERRORBUFFER, to: errorText)
        try set(CURLOPT_URL, to: request.url)
        // Time-outs without signals, which threads do not bear.
        try set(CURLOPT_NOSIGNAL, to: 1)
        // Proxies come from the program's configuration, never from the environment.
        try set(CURLOPT_PROXY, to: "")
        try set(CURLOPT_SSLVERSION, to: Int(CURL_SSLVERSION_TLSv1_2))
        if let file = request.authorityFile { try set(CURLOPT_CAINFO, to: file) }
        try set(CURLOPT_BUFFERSIZE, to: 128 << 10)
        try set(CURLOPT_UPLOAD_BUFFERSIZE, to: 256 << 10)
        try setTimeouts(request.timeouts)
        switch request.exchange {
        case .http(let method, let header): try setHTTP(method, header: header, body: request.body)
        case .mail(let envelope): try setMail(envelope)
        }
        try setBody(request.body)
        try setCallbacks(core)
    }

    private func setTimeouts(_ timeouts: CurlTimeouts) throws {
        try set(CURLOPT_CONNECTTIMEOUT_MS, to: milliseconds(timeouts.connect))
        try set(CURLOPT_LOW_SPEED_LIMIT, to: 1)
        try set(CURLOPT_LOW_SPEED_TIME, to: (milliseconds(timeouts.stall) + 999) / 1000)
        if let total = timeouts.total { try set(CURLOPT_TIMEOUT_MS, to: milliseconds(total)) }
    }

    private func setHTTP(_ method: String, header: [String], body: CurlRequest.Body) throws {
        try set(CURLOPT_PROTOCOLS_STR, to: "http,https")
        try set(CURLOPT_HTTP_VERSION, to: Int(CURL_HTTP_VERSION_1_1))
        try set(CURLOPT_PATH_AS_IS, to: 1)
        try set(CURLOPT_HTTPHEADER, to: header)
        switch method {
        case "HEAD": try set(CURLOPT_NOBODY, to: 1)
        case "GET" where body == .none: break
        default: try set(CURLOPT_CUSTOMREQUEST, to: method)
        }
    }

    private func setMail(_ envelope: CurlEnvelope) throws {
        try set(CURLOPT_PROTOCOLS_STR, to: "smtp,smtps")
        try set(CURLOPT_MAIL_FROM, to: "<\(envelope.sender)>")
        try set(CURLOPT_MAIL_RCPT, to: envelope.recipients.map { "<\($0)>" })
        switch envelope.encryption {
        case .required: try set(CURLOPT_USE_SSL, to: Int(CURLUSESSL_ALL.rawValue))
        case .preferred: try set(CURLOPT_USE_SSL, to: Int(CURLUSESSL_TRY.rawValue))
        case .none: try set(CURLOPT_USE_SSL, to: Int(CURLUSESSL_NONE.rawValue))
        }
        guard let login = envelope.login else { return }
        try set(CURLOPT_USERNAME, to: login.name)
        try set(CURLOPT_PASSWORD, to: login.password)
    }

    private func setBody(_ body: CurlRequest.Body) throws {
        guard body != .none else { return }
        try set(CURLOPT_UPLOAD, to: 1)
        guard case .length(let length) = body else { return }
        try check(unsafe ccurl_set_offset(pointer, CURLOPT_INFILESIZE_LARGE, curl_off_t(length)))
    }

    private func setCallbacks(_ core: TransferCore) throws {
        // The loop keeps the core while the handle works for it.
        let context = unsafe Unmanaged.passUnretained(core).toOpaque()
        try unsafe set(CURLOPT_PRIVATE, to: context)
        try unsafe set(CURLOPT_READDATA, to: context)
        try unsafe set(CURLOPT_WRITEDATA, to: context)
        try unsafe set(CURLOPT_HEADERDATA, to: context)
        try check(unsafe ccurl_set_callback(pointer, CURLOPT_READFUNCTION) { unsafe sendBody($0, $1 * $2, $3) })
        try check(unsafe ccurl_set_callback(pointer, CURLOPT_WRITEFUNCTION) { unsafe receiveBody($0, $1 * $2, $3) })
        try check(unsafe ccurl_set_callback(pointer, CURLOPT_HEADERFUNCTION) { unsafe receiveLine($0, $1 * $2, $3) })
    }

    private func set(_ option: CURLoption, to number: Int) throws {
        try check(unsafe ccurl_set_long(pointer, option, number))
    }

    private func set(_ option: CURLoption, to text: String) throws {
        try check(unsafe ccurl_set_text(pointer, option, text))
    }

    private func set(_ option: CURLoption, to lines: [String]) throws {
        var list: UnsafeMutablePointer<curl_slist>?
        for line in lines { unsafe list = curl_slist_append(list, line) }
        guard let list = unsafe list else { return }
        unsafe lists.append(list)
        try unsafe set(option, to: list)
    }

    @unsafe
    private func set(_ option: CURLoption, to pointer: UnsafeMutableRawPointer) throws {
        try check(unsafe ccurl_set_pointer(self.pointer, option, pointer))
    }

    private func check(_ result: CURLcode) throws {
        if result != CURLE_OK { throw CurlError(result: result) }
    }

    private func freeLists() {
        while let list = unsafe lists.popLast() { unsafe curl_slist_free_all(list) }
    }
}

private func milliseconds(_ duration: Duration) -> Int {
    let (seconds, attoseconds) = duration.components
    return Int(seconds) * 1000 + Int(attoseconds / 1_000_000_000_000_000)
}

@unsafe
private func sendBody(
    _ buffer: UnsafeMutablePointer<CChar>?, _ count: Int, _ context: UnsafeMutableRawPointer?
) -> Int {
    guard let buffer = unsafe buffer, let core = unsafe transferCore(context) else { return Int(CURL_READFUNC_ABORT) }
    let room = unsafe UnsafeMutableRawBufferPointer(start: buffer, count: count)
    let (flow, wake) = core.state.withLock { unsafe $0.send(into: room) }
    wake?()
    switch flow {
    case .moved(let count): return count
    case .paused: return Int(CURL_READFUNC_PAUSE)
    case .aborted: return Int(CURL_READFUNC_ABORT)
    }
}

@unsafe
private func receiveBody(
    _ bytes: UnsafeMutablePointer<CChar>?, _ count: Int, _ context: UnsafeMutableRawPointer?
) -> Int {
    guard let bytes = unsafe bytes, let core = unsafe transferCore(context) else { return 0 }
    let received = unsafe UnsafeRawBufferPointer(start: bytes, count: count)
    let (flow, wake) = core.state.withLock { unsafe $0.receive(received) }
    wake?()
    return taken(flow)
}

@unsafe
private func receiveLine(
    _ bytes: UnsafeMutablePointer<CChar>?, _ count: Int, _ context: UnsafeMutableRawPointer?
) -> Int {
    guard let bytes = unsafe bytes, let core = unsafe transferCore(context) else { return 0 }
    var line = unsafe UnsafeRawBufferPointer(start: bytes, count: count)[...]
    while let last = unsafe line.last, last == UInt8(ascii: "\n") || last == UInt8(ascii: "\r") {
        unsafe line.removeLast()
    }
    let text = unsafe String(decoding: line, as: UTF8.self)
    let (flow, wakes) = core.state.withLock { $0.receive(line: text) }
    for wake in wakes { wake() }
    return flow == .aborted ? 0 : count
}

@unsafe
private func transferCore(_ context: UnsafeMutableRawPointer?) -> TransferCore? {
    guard let context = unsafe context else { return nil }
    return unsafe Unmanaged<TransferCore>.fromOpaque(context).takeUnretainedValue()
}

/// What a write function answers; anything but the count offered or a pause stops the transfer.
private func taken(_ flow: TransferState.Flow) -> Int {
    switch flow {
    case .moved(let count): count
    case .paused: Int(CURL_WRITEFUNC_PAUSE)
    case .aborted: 0
    }
}
