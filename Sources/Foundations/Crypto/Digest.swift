// Darkroom
// SPDX-License-Identifier: Apache-2.0

import COpenSSL

/// A message digest by OpenSSL's libcrypto.
public enum Digest: Sendable {
    /// 16 bytes; for `Content-MD5`, never for trust.
    case md5
    /// 20 bytes; for protocols that ask for it, never for trust.
    case sha1
    /// 32 bytes.
    case sha256

    /// The digest of `bytes`.
    public func of(_ bytes: some Sequence<UInt8>) -> [UInt8] {
        var hasher = Hasher(self)
        hasher.update(Array(bytes))
        return hasher.finalize()
    }

    fileprivate var function: OpaquePointer? {
        switch self {
        case .md5: unsafe EVP_md5()
        case .sha1: unsafe EVP_sha1()
        case .sha256: unsafe EVP_sha256()
        }
    }

    /// A digest over bytes that arrive in pieces.
    ///
    /// Not shared between threads.
    @safe
    public struct Hasher: ~Copyable {
        private let context: OpaquePointer

        /// Starts a digest of the given kind.
        public init(_ digest: Digest) {
            guard let context = unsafe EVP_MD_CTX_new() else { preconditionFailure("out of memory") }
            unsafe self.context = unsafe context
            let status = unsafe EVP_DigestInit_ex(context, digest.function, nil)
            precondition(status == 1, "libcrypto refused \(digest)")
        }

        deinit { unsafe EVP_MD_CTX_free(context) }

        /// Takes the next piece.
        public mutating func update(_ bytes: [UInt8]) {
            unsafe bytes.withUnsafeBytes { unsafe update($0) }
        }

        /// Takes the next piece.
        @unsafe
        public mutating func update(_ bytes: UnsafeRawBufferPointer) {
            let status = unsafe EVP_DigestUpdate(context, bytes.baseAddress, bytes.count)
            precondition(status == 1, "libcrypto failed to hash")
        }

        /// The digest of all pieces.
        ///
        /// The hasher is spent.
        public consuming func finalize() -> [UInt8] {
            var digest = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
            var length: UInt32 = 0
            let status = unsafe EVP_DigestFinal_ex(context, &digest, &length)
            precondition(status == 1, "libcrypto failed to finish a digest")
            return Array(digest.prefix(Int(length)))
        }
    }
}

/// HMAC-SHA256 of `message` under `key` (RFC 2104).
public func hmacSHA256(key: [UInt8], message: [UInt8]) -> [UInt8] {
    var code = [UInt8](repeating: 0, count: 32)
    var length: UInt32 = 0
    let result = unsafe HMAC(
        EVP_sha256(), key, Int32(key.count), message, message.count, &code, &length)
    precondition(unsafe result != nil && length == 32, "libcrypto failed to authenticate")
    return code
}

/// Whether two codes are equal, in time that does not depend on where they differ.
public func equalInConstantTime(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    guard left.count == right.count else { return false }
    return unsafe CRYPTO_memcmp(left, right, left.count) == 0
}

/// Bytes that nobody can guess.
public func randomBytes(_ count: Int) -> [UInt8] {
    var generator = SystemRandomNumberGenerator()
    return (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
}

/// The version of OpenSSL in use, such as `OpenSSL 3.0.19 27 Jan 2026`.
public var opensslVersion: String { unsafe String(cString: OpenSSL_version(OPENSSL_VERSION)) }
