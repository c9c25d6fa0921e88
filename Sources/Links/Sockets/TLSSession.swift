// Darkroom
// SPDX-License-Identifier: Apache-2.0

import COpenSSL

/// One TLS connection.
///
/// It is used on one thread only.
@safe
package final class TLSSession {
    /// What came of a call.
    enum Outcome {
        /// So many bytes moved; 0 when the peer has ended its side.
        case moved(Int)
        /// The socket has to become readable first.
        case wantsRead
        /// The socket has to become writable first.
        case wantsWrite
        /// The connection is broken.
        case failed
    }

    private let session: OpaquePointer
    /// It holds what the session's callbacks need.
    private let context: TLSContext

    /// Takes ownership.
    @unsafe
    init(owning session: OpaquePointer, of context: TLSContext) {
        unsafe self.session = unsafe session
        self.context = context
    }

    deinit { unsafe SSL_free(session) }

    /// Whether decrypted bytes wait to be read.
    var hasPending: Bool { unsafe SSL_pending(session) > 0 }

    /// Goes on with the handshake; `.moved` when it is done.
    func handshake() -> Outcome {
        ERR_clear_error()
        let result = unsafe SSL_do_handshake(session)
        return outcome(result)
    }

    /// What both sides agreed on by ALPN; nil for nothing.
    var agreedProtocol: String? {
        var name: UnsafePointer<UInt8>?
        var length: UInt32 = 0
        unsafe SSL_get0_alpn_selected(session, &name, &length)
        guard let name = unsafe name, length > 0 else { return nil }
        return unsafe String(decoding: UnsafeBufferPointer(start: name, count: Int(length)), as: UTF8.self)
    }

    /// Why the peer's certificate is not accepted; nil when it is.
    var certificateProblem: String? {
        let result = unsafe SSL_get_verify_result(session)
        return result == Int(X509_V_OK) ? nil : unsafe String(cString: X509_verify_cert_error_string(result))
    }

    /// Receives into `target`.
    @unsafe
    func read(into target: UnsafeMutableRawBufferPointer) -> Outcome {
        ERR_clear_error()
        let result = unsafe SSL_read(session, target.baseAddress, Int32(clamping: target.count))
        return outcome(result)
    }

    /// Sends the front of `source`.
    @unsafe
    func write(_ source: UnsafeRawBufferPointer) -> Outcome {
        ERR_clear_error()
        let result = unsafe SSL_write(session, source.baseAddress, Int32(clamping: source.count))
        return outcome(result)
    }

    /// Tells the peer that nothing more comes.
    func finish() {
        ERR_clear_error()
        unsafe SSL_shutdown(session)
    }

    private func outcome(_ result: Int32) -> Outcome {
        if result > 0 { return .moved(Int(result)) }
        switch unsafe SSL_get_error(session, result) {
        case SSL_ERROR_WANT_READ: return .wantsRead
        case SSL_ERROR_WANT_WRITE: return .wantsWrite
        case SSL_ERROR_ZERO_RETURN: return .moved(0)
        default: return .failed
        }
    }
}
