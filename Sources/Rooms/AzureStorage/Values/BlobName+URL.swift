// Darkroom
// SPDX-License-Identifier: Apache-2.0

import HTTP

extension BlobName {
    /// The name as it stands in a URL, slashes kept.
    ///
    /// Everything is encoded that other clients encode, so that signatures over it agree everywhere.
    public var urlPath: String { percentEncoded(text, keeping: .unreserved.union(URICharacters("/"))) }
}
