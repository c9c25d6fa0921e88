// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import Crypto

/// What tells one mail from all others (RFC 5322, section 3.6.4).
///
/// The same key gives the same identifier, so that a mail sent twice can be seen to be one.
public struct MailID: Sendable, Hashable, CustomStringConvertible {
    /// Letters and digits only: it also names the mail's file.
    let unique: String
    private let domain: String

    /// The identifier that belongs to a key, under the sender's domain.
    public init(key: String, sender: MailAddress) {
        unique = hex(Digest.sha256.of(key.utf8).prefix(20))
        domain = sender.domain
    }

    /// `<unique@domain>`.
    public var description: String { "<\(unique)@\(domain)>" }
}
