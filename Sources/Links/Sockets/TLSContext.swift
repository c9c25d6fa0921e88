// Darkroom
// SPDX-License-Identifier: Apache-2.0

import COpenSSL

/// The rules of TLS connections, for one side: 1.2 or newer, no renegotiation.
///
/// Unchecked: OpenSSL counts a context's references atomically and it does not change once it is made.
@safe
package final class TLSContext: @unchecked Sendable {
    private let context: OpaquePointer
    private let protocols: ProtocolList
    private let isServer: Bool

    /// A server's side, which shows a certificate.
    ///
    /// - Parameters:
    ///   - certificate: What to show.
    ///   - protocols: What to agree on by ALPN, the best first; empty takes no part in it.
    /// - Throws: ``SocketError`` when the files cannot be read or do not belong together.
    init(_ certificate: TLSCertificate, protocols: [String] = []) throws {
        unsafe context = try unsafe Self.make(TLS_server_method())
        isServer = true
        self.protocols = ProtocolList(protocols)
        try load(certificate)
        guard !protocols.isEmpty else { return }
        let argument = unsafe Unmanaged.passUnretained(self.protocols).toOpaque()
        unsafe SSL_CTX_set_alpn_select_cb(
            context, { unsafe chooseProtocol($1, $2, $3, $4, $5) }, argument)
    }

    /// A client's side, which wants to see a certificate that somebody it trusts vouches for.
    ///
    /// - Parameters:
    ///   - trust: Whom it trusts.
    ///   - protocols: What it offers by ALPN, the best first.
    /// - Throws: ``SocketError`` when the file cannot be used.
    package init(trusting trust: TLSTrust, protocols: [String]) throws {
        unsafe context = try unsafe Self.make(TLS_client_method())
        isServer = false
        self.protocols = ProtocolList(protocols)
        unsafe SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nil)
        let loaded =
            switch trust {
            case .system: unsafe SSL_CTX_set_default_verify_paths(context)
            case .file(let path): unsafe SSL_CTX_load_verify_locations(context, path, nil)
            }
        if loaded != 1 { throw Self.unusable("the certificates to trust (\(trust)) cannot be used") }
        let offer = self.protocols.wire
        unsafe SSL_CTX_set_alpn_protos(context, offer, UInt32(offer.count))
    }

    deinit { unsafe SSL_CTX_free(context) }

    @unsafe
    private static func make(_ method: OpaquePointer) throws -> OpaquePointer {
        guard let context = unsafe SSL_CTX_new(method) else {
            throw SocketError(.resources, "out of memory for TLS")
        }
        unsafe SSL_CTX_ctrl(context, SSL_CTRL_SET_MIN_PROTO_VERSION, Int(TLS1_2_VERSION), nil)
        unsafe SSL_CTX_set_options(context, darkroom_ssl_no_renegotiation)
        // Writes may stop half way and go on from another address; an idle connection gives its buffers back.
        let mode = SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS
        unsafe SSL_CTX_ctrl(context, SSL_CTRL_MODE, Int(mode), nil)
        return unsafe context
    }

    private func load(_ certificate: TLSCertificate) throws {
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

    private static func unusable(_ problem: String) -> SocketError {
        var text = [CChar](repeating: 0, count: 256)
        unsafe ERR_error_string_n(ERR_get_error(), &text, text.count)
        let reason = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return SocketError(.certificateUnusable, "\(problem) (\(reason)); both files must be PEM")
    }

    /// This side of one connection over a connected socket.
    ///
    /// - Parameter name: For a client: the host name or IP address that the certificate has to be for.
    /// - Throws: ``SocketError`` when there is no memory, or the name is none.
    package func session(over socket: Int32, name: String? = nil) throws -> TLSSession {
        guard let session = unsafe SSL_new(context), unsafe SSL_set_fd(session, socket) == 1 else {
            throw SocketError(.resources, "out of memory for a TLS connection")
        }
        let owned = unsafe TLSSession(owning: session, of: self)
        if isServer {
            unsafe SSL_set_accept_state(session)
        } else {
            unsafe SSL_set_connect_state(session)
        }
        guard let name else { return owned }
        if unsafe X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(session), name) != 1 {
            guard unsafe SSL_set1_host(session, name) == 1, unsafe darkroom_ssl_set_server_name(session, name) == 1
            else { throw SocketError(.addressUnusable, "\(name) is not a host's name") }
        }
        return owned
    }
}

/// Whom a TLS client trusts to vouch for servers.
public enum TLSTrust: Sendable {
    /// The authorities that this machine trusts.
    case system
    /// The certificates in a PEM file alone.
    case file(String)
}

/// Names of protocols as ALPN writes them: each behind its length.
private final class ProtocolList: Sendable {
    let wire: [UInt8]

    init(_ names: [String]) {
        wire = names.flatMap { name in
            precondition((1...255).contains(name.utf8.count), "a protocol's name has 1 to 255 bytes")
            return [UInt8(name.utf8.count)] + Array(name.utf8)
        }
    }

    /// The best of ours that is among the offered, as its place in the offer.
    func choose(from offered: Span<UInt8>) -> Range<Int>? {
        var own = 0
        while own < wire.count {
            let name = wire[(own + 1)...].prefix(Int(wire[own]))
            if let place = Self.find(name, in: offered) { return place }
            own += 1 + name.count
        }
        return nil
    }

    private static func find(_ name: ArraySlice<UInt8>, in offered: Span<UInt8>) -> Range<Int>? {
        var start = 0
        while start < offered.count {
            let place = start + 1..<start + 1 + Int(offered[start])
            guard place.upperBound <= offered.count else { return nil }
            if place.count == name.count
                && place.indices.allSatisfy({ offered[$0] == name[name.startIndex + $0 - start - 1] })
            {
                return place
            }
            start = place.upperBound
        }
        return nil
    }
}

@unsafe
private func chooseProtocol(
    _ chosen: UnsafeMutablePointer<UnsafePointer<UInt8>?>?, _ length: UnsafeMutablePointer<UInt8>?,
    _ offered: UnsafePointer<UInt8>?, _ count: UInt32, _ argument: UnsafeMutableRawPointer?
) -> Int32 {
    guard let argument = unsafe argument, let offered = unsafe offered else { return SSL_TLSEXT_ERR_ALERT_FATAL }
    let list = unsafe Unmanaged<ProtocolList>.fromOpaque(argument).takeUnretainedValue()
    let span = unsafe Span(_unsafeStart: offered, count: Int(count))
    guard let place = list.choose(from: span) else { return SSL_TLSEXT_ERR_ALERT_FATAL }
    unsafe chosen?.pointee = offered + place.lowerBound
    unsafe length?.pointee = UInt8(place.count)
    return SSL_TLSEXT_ERR_OK
}
