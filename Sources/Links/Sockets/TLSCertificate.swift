// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// The files of a certificate, both PEM.
public struct TLSCertificate: Sendable {
    /// The certificate, followed by those that vouch for it.
    public var chainFile: String
    /// The private key, without a pass phrase.
    public var keyFile: String

    /// The certificate in these files.
    public init(chainFile: String, keyFile: String) {
        self.chainFile = chainFile
        self.keyFile = keyFile
    }
}
