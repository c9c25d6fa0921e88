// Darkroom
// SPDX-License-Identifier: Apache-2.0

import COpenSSL

/// A certificate with its key, and the rules of TLS connections that show it: 1.2 or newer, no renegotiation.
///
/// Unchecked: OpenSSL counts a context's references atomically and it does not change once it is made.
@safe
final class TLSContext: @unchecked Sendable {
    private let context: OpaquePointer

    /// - Throws: ``HTTPServerError`` when the files cannot be read or do not belong together.
    init(_ certificate: HTTPServerConfiguration.Certificate) throws {
        guard let context = unsafe SSL_CTX_new(TLS_server_method()) else {
            throw HTTPServerError(.resources, "out of memory for TLS")
        }
        unsafe self.context = unsafe context
        unsafe SSL_CTX_ctrl(context, SSL_CTRL_SET_MIN_PROTO_VERSION, Int(TLS1_2_VERSION), nil)
        unsafe SSL_CTX_set_options(context, darkroom_ssl_no_renegotiation)
        // Writes may stop half way and go on from another address; an idle connection gives its buffers back.
        let mode = SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS
        unsafe SSL_CTX_ctrl(context, SSL_CTRL_MODE, Int(mode), nil)
        try load(certificate)
    }

    deinit { unsafe SSL_CTX_free(context) }

    private func load(_ certificate: HTTPServerConfiguration.Certificate) throws {
        ERR_clear_error()
        // A key with a pass phrase is refused; OpenSSL would otherwise ask for it on the terminal.
        unsafe SSL_CTX_set_default_passwd_cb(context) { _, _, _, _ in 0 }
        guard unsafe SSL_CTX_use_certificate_chain_file(context, certificate.chainFile) == 1 else {
            throw Self.unusable("the certificate chain \(certificate.chainFile) cannot be used")
        }
        guard unsafe SSL_CTX_use_PrivateKey_file(context, certificate.keyFile, SSL_FILETYPE_PEM) == 1,
            unsafe SSL_CTX_check_private_key(context) == 1
        else {
            throw Self.unusable("the key \(certificate.keyFile) cannot be used with \(certificate.chainFile)")
        }
    }

    private static func unusable(_ problem: String) -> HTTPServerError {
        var text = [CChar](repeating: 0, count: 256)
        unsafe ERR_error_string_n(ERR_get_error(), &text, text.count)
        let reason = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return HTTPServerError(.certificateUnusable, "\(problem) (\(reason)); both files must be PEM")
    }

    /// A server's side of one connection over a connected socket.
    func session(over socket: Int32) throws -> TLSSession {
        guard let session = unsafe SSL_new(context), unsafe SSL_set_fd(session, socket) == 1 else {
            throw HTTPServerError(.resources, "out of memory for a TLS connection")
        }
        return unsafe TLSSession(owning: session)
    }
}

/// One TLS connection.
///
/// It is used on one thread only.
@safe
final class TLSSession {
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

    /// Takes ownership.
    @unsafe
    init(owning session: OpaquePointer) { unsafe self.session = unsafe session }

    deinit { unsafe SSL_free(session) }

    /// Whether decrypted bytes wait to be read.
    var hasPending: Bool { unsafe SSL_pending(session) > 0 }

    /// Goes on with the handshake; `.moved` when it is done.
    func handshake() -> Outcome {
        ERR_clear_error()
        let result = unsafe SSL_accept(session)
        return outcome(result)
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
