// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Crypto
import Imaging
import SQLite

/// The program and the libraries it runs with.
public struct Program: Sendable, Encodable {
    /// As in CHANGELOG.md.
    public static let version = "0.1.0"

    /// The versions in use.
    public static var versions: Program { Program() }

    /// The program's own.
    public let darkroom = Program.version
    /// Decodes and encodes pictures.
    public let libvips = ImageWorker.libraryVersion
    /// Keeps rows.
    public let sqlite = SQLiteDatabase.libraryVersion
    /// Digests and TLS.
    public let openssl = opensslVersion
}
