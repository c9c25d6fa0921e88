// Darkroom
// SPDX-License-Identifier: Apache-2.0

import AzureStorage

/// Content that is safe to be pointed at by a row: small enough for the row itself, or durable in a file.
struct NewContent: Sendable {
    enum Place: Sendable {
        case inline([UInt8])
        case file(StagedFile)
    }

    let place: Place
    let length: Int64
    /// 16 bytes; nil when nobody needs it.
    let md5: [UInt8]?

    /// The file is a row's from now on.
    func keep() {
        if case .file(let file) = place { file.keep() }
    }
}
