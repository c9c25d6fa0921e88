// Darkroom
// SPDX-License-Identifier: Apache-2.0

public import HTTP

/// What a request carries.
public enum HTTPUpload: Sendable {
    /// Nothing; `Content-Length: 0` where the method usually has a body.
    case empty
    /// Bytes from memory.
    case bytes([UInt8])
    /// A stretch of a file, read piece by piece.
    case file(HTTPFileRegion)
    /// Bytes as they come; chunked when `length` is nil. When the closure throws, the connection is cut and the
    /// error passed on.
    case stream(length: Int64?, @Sendable (any HTTPBodyWriter) async throws -> Void)
}
