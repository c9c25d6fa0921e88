// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Crypto
import FoundationEssentials

/// The secret of a storage account.
public struct AccountKey: Sendable, Equatable, CustomStringConvertible {
    private let bytes: [UInt8]

    /// A key as the portal shows it, in base64.
    ///
    /// - Throws: ``InvalidAccount`` when it is not base64 of at least 16 bytes.
    public init(base64 text: String) throws {
        guard let bytes = Data(base64Encoded: text), bytes.count >= 16 else {
            throw InvalidAccount(reason: "an account key is base64 of at least 16 bytes")
        }
        self.bytes = Array(bytes)
    }

    /// A key that nobody else has.
    public static func random() -> AccountKey { AccountKey(bytes: randomBytes(64)) }

    fileprivate init(bytes: [UInt8]) { self.bytes = bytes }

    /// The secret itself, in base64: for connection strings, never for logs.
    public var secret: String { Data(bytes).base64EncodedString() }

    /// HMAC-SHA256 of `text`, in base64.
    public func signature(of text: String) -> String {
        Data(hmacSHA256(key: bytes, message: Array(text.utf8))).base64EncodedString()
    }

    /// Whether `signature` is this key's for `text`, in time that does not tell how much of it fits.
    public func verifies(_ signature: String, of text: String) -> Bool {
        guard let given = Data(base64Encoded: signature) else { return false }
        return equalInConstantTime(Array(given), hmacSHA256(key: bytes, message: Array(text.utf8)))
    }

    /// Never the secret.
    public var description: String { "(secret)" }
}

/// A storage account: a name, and the keys that open it.
public struct StorageAccount: Sendable, Equatable {
    /// 3 to 24 lower-case letters and digits.
    public let name: String
    /// One key, or two while they are being changed.
    public let keys: [AccountKey]

    /// An account of this name and these keys.
    ///
    /// - Throws: ``InvalidAccount``.
    public init(name: String, keys: [AccountKey]) throws {
        let letters = name.utf8.allSatisfy { (0x61...0x7a).contains($0) || (0x30...0x39).contains($0) }
        guard letters, (3...24).contains(name.utf8.count) else {
            throw InvalidAccount(reason: "an account name is 3 to 24 lower-case letters and digits, not \"\(name)\"")
        }
        guard (1...2).contains(keys.count) else {
            throw InvalidAccount(reason: "the account \(name) needs one key or two")
        }
        self.init(unchecked: name, keys: keys)
    }

    private init(unchecked name: String, keys: [AccountKey]) {
        self.name = name
        self.keys = keys
    }

    /// The account that every tool for this service knows, with the key that everybody knows.
    public static let development = StorageAccount(
        unchecked: "devstoreaccount1", keys: [AccountKey(bytes: developmentKey)])

    /// The development account's key as tools carry it.
    private static let developmentKey = Array(
        Data(
            base64Encoded:
                "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==") ?? Data())

    /// Whether anybody can open it, because one of its keys is the well-known one.
    public var isOpenToEverybody: Bool { keys.contains { Self.development.keys.contains($0) } }
}

/// An account's name or key is not acceptable.
public struct InvalidAccount: Error, Sendable, CustomStringConvertible {
    /// What is wrong with it; never the key.
    public let reason: String

    /// What is wrong with it.
    public var description: String { reason }
}

extension [StorageAccount] {
    /// Throws when listening on `host` would let strangers in: the well-known key is for the loopback addresses only.
    ///
    /// - Throws: ``InvalidAccount``.
    public func checkListening(on host: String) throws {
        guard !isLoopback(host), let open = first(where: \.isOpenToEverybody) else { return }
        throw InvalidAccount(
            reason: "the account \(open.name) has the well-known development key, which everybody has; listen on "
                + "127.0.0.1 instead of \(host), or give the account a key of its own")
    }
}

private func isLoopback(_ host: String) -> Bool {
    let numbers = host.split(separator: ".", omittingEmptySubsequences: false).map { UInt8($0) }
    if numbers.count == 4, !numbers.contains(nil) { return numbers[0] == 127 }
    return ["localhost", "::1", "[::1]"].contains(host)
}
